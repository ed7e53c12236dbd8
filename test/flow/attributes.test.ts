import { describe, expect, test } from 'bun:test';
import type { UserContext } from '../../src/config/types.ts';
import type { JsonObject } from '../../src/core/json.ts';
import type { Runtime } from '../../src/flow/commands/runtime.ts';
import { parseJournal } from '../../src/flow/journal/journal.ts';
import { DrivenRun } from './drive.ts';

const PROTO = '__proto__';

/** A flow that waits a day between looks, and the log of what each look saw. */
function watched(attributes: JsonObject, ...looks: ((attributes: JsonObject) => unknown)[]) {
  const log: unknown[] = [];
  const run = new DrivenRun(
    function* (ctx: UserContext<JsonObject>, rt: Runtime) {
      log.length = 0;
      for (const look of looks) {
        log.push(look(ctx.attributes as JsonObject));
        yield rt.wait({ days: 1 });
      }
    },
    { attributes },
  );
  const seen = () => parseJournal(run.journal).activations.map((activation) => activation.seen);
  return { run, log, seen };
}

describe('attributes', () => {
  test('have the values of the activation that read them', () => {
    const plan = (a: JsonObject) => a.plan;
    const { run, log, seen } = watched({ plan: 'free', age: 3 }, plan, plan, plan);
    run.step();
    run.attributes = { plan: 'pro', age: 4 };
    run.step(null);
    run.attributes = { plan: 'gold' };
    run.step(null);
    expect(log).toEqual(['free', 'pro', 'gold']);
    expect(seen()).toEqual([{ plan: 'free' }, { plan: 'pro' }, { plan: 'gold' }]);
  });

  test('are recorded only when they were read and differ', () => {
    const tags = (a: JsonObject) => JSON.stringify(a.tags);
    const { run, seen } = watched({ tags: { a: 1, b: [2] }, other: 1 }, tags, tags, tags);
    run.step();
    run.attributes = { tags: { b: [2], a: 1 }, other: 2 };
    run.step(null);
    run.attributes = { tags: { b: [3], a: 1 }, other: 3 };
    run.step(null);
    expect(seen()).toEqual([{ tags: { a: 1, b: [2] } }, {}, { tags: { a: 1, b: [3] } }]);
    expect(run.journal.match(/!/g)).toHaveLength(2);
  });

  test('that were absent stay absent in a replay', () => {
    const has = (a: JsonObject) => [a.vip, 'vip' in a, Object.hasOwn(a, 'vip')];
    const { run, log, seen } = watched({}, has, has);
    run.step();
    run.attributes = { vip: true };
    run.step(null);
    expect(log).toEqual([
      [undefined, false, false],
      [true, true, true],
    ]);
    expect(seen()).toEqual([{ vip: null }, { vip: true }]);
  });

  test('can be listed, spread and turned into JSON', () => {
    const look = (a: JsonObject) => [Object.keys(a), { ...a }, JSON.stringify(a)];
    const { run, log, seen } = watched({ b: 1, a: 2 }, look, look, look);
    run.step();
    run.attributes = { c: 3, b: 1 };
    run.step(null);
    run.attributes = { a: 5 };
    run.step(null);
    expect(log).toEqual([
      [['a', 'b'], { a: 2, b: 1 }, '{"a":2,"b":1}'],
      [['b', 'c'], { b: 1, c: 3 }, '{"b":1,"c":3}'],
      [['a'], { a: 5 }, '{"a":5}'],
    ]);
    expect(seen()).toEqual([
      { a: 2, b: 1 },
      { a: null, c: 3 },
      { a: 5, b: null, c: null },
    ]);
  });

  test('are copies: what a flow does to one does not reach the next activation', () => {
    const grow = (a: JsonObject) => {
      const list = a.list as number[];
      list.push(9);
      expect(a.list).toBe(list);
      return [...list];
    };
    const { run, log, seen } = watched({ list: [1] }, grow, grow, grow);
    for (const result of [undefined, null, null]) run.step(result);
    expect(log).toEqual([
      [1, 9],
      [1, 9],
      [1, 9],
    ]);
    expect(seen()).toEqual([{ list: [1] }, {}, {}]);
    expect(run.attributes).toEqual({ list: [1] });
  });

  test('cannot be written', () => {
    const write = (a: JsonObject) => {
      a.plan = 'pro';
    };
    const { run } = watched({}, write);
    expect(run.step()).toMatchObject({
      outcome: 'failed',
      error: { message: expect.stringContaining('read-only') },
    });
  });

  test('may have any name', () => {
    const attributes = JSON.parse('{"__proto__":{"x":1},"toString":"mine","a b":1}') as JsonObject;
    const look = (a: JsonObject) => [a[PROTO], a.toString, a['a b'], typeof a.valueOf, Object.keys(a)];
    const { run, log } = watched(attributes, look, look);
    run.step();
    run.attributes = {};
    run.step(null);
    const names = ['__proto__', 'a b', 'toString'];
    expect(log[0]).toEqual([{ x: 1 }, 'mine', 1, 'function', names]);
    expect(log[1]).toEqual([null, Object.prototype.toString, undefined, 'function', []]);
  });

  test('a changed flow looks at for the first time: the earliest record, else the present value', () => {
    const { run } = watched(
      { plan: 'free' },
      () => 0,
      () => 0,
    );
    run.step();
    const log: unknown[] = [];
    run.flow = function* (ctx: UserContext<JsonObject>, rt: Runtime) {
      log.push(ctx.attributes.plan);
      yield rt.wait({ days: 1 });
      log.push(ctx.attributes.plan);
      yield rt.wait({ days: 1 });
    };
    run.attributes = { plan: 'pro' };
    run.step(null);
    expect(log.splice(0)).toEqual(['pro', 'pro']);
    run.attributes = { plan: 'gold' };
    run.step(null);
    expect(log).toEqual(['pro', 'pro']);
  });

  test('user, time of entry', () => {
    const log: unknown[] = [];
    const run = new DrivenRun(function* (ctx: UserContext, _rt: Runtime) {
      log.push(ctx.id, ctx.enteredAt, ctx.enteredAt instanceof Date);
      yield* [];
    });
    run.step();
    expect(log).toEqual(['ada', new Date(Date.UTC(2026, 0, 1)), true]);
  });
});
