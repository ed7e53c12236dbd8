import { describe, expect, test } from 'bun:test';
import type { UserContext } from '../../src/config/types.ts';
import type { Runtime } from '../../src/flow/commands/runtime.ts';
import { DrivenRun } from './drive.ts';

type Look = () => unknown;

function looking(look: Look, runId?: number) {
  const log: unknown[] = [];
  const run = new DrivenRun(
    function* (_ctx: UserContext, rt: Runtime) {
      log.length = 0;
      for (let i = 0; i < 3; i++) {
        log.push(look());
        yield rt.wait({ days: 1 });
      }
    },
    runId === undefined ? {} : { runId },
  );
  return { run, log };
}

function* never() {}

describe('inside a flow', () => {
  test('the clock stands at the activation', () => {
    const { run, log } = looking(() => [
      Date.now(),
      new Date().toISOString(),
      Date().slice(0, 10),
      new Date(0).toISOString(),
      new Date() instanceof Date,
      Date.UTC(2020, 1),
      Math.round(performance.timeOrigin + performance.now()),
    ]);
    run.at = Date.UTC(2026, 4, 5);
    run.step();
    run.at = Date.UTC(2026, 4, 7);
    run.step(null);
    const at = (ms: number, day: string) => [
      ms,
      new Date(ms).toISOString(),
      day,
      '1970-01-01T00:00:00.000Z',
      true,
      Date.UTC(2020, 1),
      ms,
    ];
    expect(log).toEqual([at(Date.UTC(2026, 4, 5), 'Tue May 05'), at(Date.UTC(2026, 4, 7), 'Thu May 07')]);
  });

  test('Temporal shows the same time', () => {
    const temporal = (globalThis as { Temporal?: { Now: Record<string, () => { toString(): string }> } })
      .Temporal;
    if (!temporal) return;
    const { run, log } = looking(() => [
      String(temporal.Now.instant!()),
      String(temporal.Now.plainDateISO!()),
    ]);
    run.at = Date.UTC(2026, 4, 5, 6);
    run.step();
    expect(log).toEqual([['2026-05-05T06:00:00Z', '2026-05-05']]);
  });

  test('chance repeats itself in a replay, and differs by run and position', () => {
    const look = () => [
      Math.random(),
      Math.random(),
      crypto.randomUUID(),
      crypto.getRandomValues(new Uint16Array(3)).join(),
    ];
    const one = looking(look);
    one.run.step();
    const first = structuredClone(one.log[0]);
    one.run.step(null);
    one.run.step(null);
    expect(one.log[0]).toEqual(first);
    const two = looking(look, 8);
    two.run.step();
    const all = [...one.log, two.log[0]].flat();
    expect(new Set(all).size).toBe(all.length);
    for (const value of all) if (typeof value === 'number') expect(value >= 0 && value < 1).toBe(true);
    expect((one.log[0] as string[])[2]).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
  });

  // Numbers a flow once drew must be drawn again by every later version.
  test('chance is the same in every version', () => {
    const { run, log } = looking(() => Math.random());
    run.step();
    expect(log).toEqual([0.25501274395385465]);
  });

  test('is evenly spread', () => {
    const { run, log } = looking(() => Array.from({ length: 10_000 }, () => Math.random()));
    run.step();
    const buckets = new Array<number>(10).fill(0);
    for (const value of log[0] as number[]) buckets[Math.floor(value * 10)]!++;
    for (const count of buckets) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });
});

test('all is put back afterwards, even when the flow throws', () => {
  const before = [Date, Math.random, crypto.randomUUID, crypto.getRandomValues, performance.now];
  const throwing = new DrivenRun(function* () {
    if (Date.now() > 0) throw new Error('x');
    yield* never();
  });
  expect(throwing.step().outcome).toBe('failed');
  expect([Date, Math.random, crypto.randomUUID, crypto.getRandomValues, performance.now]).toEqual(before);
  expect(new Date().toISOString()).not.toBe(new Date(throwing.at).toISOString());
  expect(Math.random()).not.toBe(Math.random());
});
