import { describe, expect, test } from 'bun:test';
import { count, desc, eq, sql } from 'drizzle-orm';
import type { UserContext } from '../../src/config/types.ts';
import type { Json, JsonObject } from '../../src/core/json.ts';
import type { Runtime } from '../../src/flow/commands/runtime.ts';
import { variantOf } from '../../src/flow/commands/variants.ts';
import { parseJournal } from '../../src/flow/journal/journal.ts';
import { events, users } from '../../src/schema/index.ts';
import { DrivenRun } from './drive.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const AT = Date.UTC(2026, 0, 1);
const EVENT = { name: 'purchase', attributes: { value: 5 }, createdAt: '2026-01-02T03:04:05.678Z' };

type Body = (rt: Runtime, ctx: UserContext<JsonObject>) => Generator<unknown, unknown, unknown>;

/** A run of `body`, which then waits once more, and all that body saw: what it returned each time the flow was replayed. */
function running(body: Body, options?: ConstructorParameters<typeof DrivenRun>[1]) {
  const returned: unknown[] = [];
  const run = new DrivenRun(function* (
    ctx: UserContext<JsonObject>,
    rt: Runtime,
  ): Generator<unknown, void, never> {
    returned.push((yield* body(rt, ctx)) ?? null);
    yield rt.wait({ days: 9 });
  }, options);
  return { run, returned };
}

const END = { kind: 'wait', until: AT + 9 * DAY } as const;

/** What it waits for, and what the flow is told for each of the results; live and replayed. */
function waiting(body: Body, result: Json, options?: ConstructorParameters<typeof DrivenRun>[1]) {
  const { run, returned } = running(body, options);
  const pending = run.pending();
  expect(run.follows()).toBe(true);
  expect(run.pending(result)).toEqual(END);
  expect(run.follows()).toBe(true);
  expect(run.pending(null)).toBeNull();
  expect(run.follows()).toBe(true);
  expect(returned).toHaveLength(4);
  for (const again of returned) expect(again).toEqual(returned[0]);
  return { pending, told: returned[0], steps: stepsOf(run) };
}

function stepsOf(run: DrivenRun): string[] {
  return parseJournal(run.journal).entries.map(
    ({ kind, key, id }) => `${kind} ${key}${id === null ? '' : ` #${id}`}`,
  );
}

describe('sendEmail', () => {
  test('with options', () => {
    const outcome = { status: 'failed', messageId: 'm', reason: 'bounced' };
    const { pending, told, steps } = waiting(function* (rt) {
      return yield* rt.sendEmail('tips', {
        props: { a: [1], at: new Date(0) },
        subject: 'Hi',
        id: 'the tips',
      });
    }, outcome);
    expect(pending).toEqual({
      kind: 'email',
      template: 'tips',
      options: { props: { a: [1], at: '1970-01-01T00:00:00.000Z' }, subject: 'Hi' },
    });
    expect(told).toEqual(outcome);
    expect(steps[0]).toBe('email tips #the tips');
  });
});

describe('waits', () => {
  test('wait and sleep', () => {
    for (const name of ['wait', 'sleep'] as const) {
      const { pending, told } = waiting(function* (rt) {
        return String(yield* rt[name]({ hours: 1.5 }));
      }, null);
      expect(pending).toEqual({ kind: 'wait', until: AT + 1.5 * HOUR });
      expect(told).toBe('undefined');
    }
  });

  test('sleepUntil: a Date, a text, a number, the past', () => {
    const moments: [Date | string | number, number][] = [
      [new Date(AT + 5), AT + 5],
      ['2026-01-02T03:04+01:00', Date.UTC(2026, 0, 2, 2, 4)],
      ['2026-01-02', Date.UTC(2026, 0, 2)],
      [AT + 7, AT + 7],
      [5, 5],
    ];
    for (const [moment, until] of moments) {
      const { pending, steps } = waiting(function* (rt) {
        yield rt.sleepUntil(moment);
      }, null);
      expect(pending).toEqual({ kind: 'wait', until });
      expect(steps[0]).toBe(`until ${new Date(until).toISOString()}`);
    }
  });

  test('waitUntil: the zone given, the user’s, or UTC', () => {
    const zones: [JsonObject, string | undefined, number][] = [
      [{}, undefined, 9],
      [{ timezone: 'America/New_York' }, undefined, 14],
      [{ timezone: 'America/New_York' }, 'Asia/Kathmandu', 3.25],
      [{ timezone: '' }, undefined, 9],
    ];
    for (const [attributes, timezone, hour] of zones) {
      const { pending } = waiting(
        function* (rt) {
          yield rt.waitUntil({ time: '09:00', ...(timezone !== undefined && { timezone }) });
        },
        null,
        { attributes },
      );
      expect(pending).toEqual({
        kind: 'daytime',
        until: AT + hour * HOUR,
        time: '09:00',
        weekdays: null,
        timezone: timezone ?? null,
      });
    }
    const { pending, steps } = waiting(function* (rt) {
      yield rt.waitUntil({ time: '09:00', weekdays: ['sun', 'sat', 'sun'], timezone: 'UTC' });
    }, null);
    expect(pending).toMatchObject({ weekdays: [6, 7], until: AT + 2 * DAY + 9 * HOUR });
    expect(steps[0]).toBe('daytime 09:00 sat sun UTC');
  });

  test('waitUntil: in UTC when the attribute names no zone; one that the flow names must be known', () => {
    for (const timezone of ['Mars/Base', 5]) {
      const { run } = running(
        function* (rt) {
          yield rt.waitUntil({ time: '09:00' });
        },
        { attributes: { timezone } },
      );
      expect(run.pending()).toMatchObject({ kind: 'daytime', until: AT + 9 * HOUR, timezone: null });
    }
    const { run } = running(function* (rt) {
      yield rt.waitUntil({ time: '09:00', timezone: 'Mars/Base' });
    });
    expect(run.step()).toMatchObject({ outcome: 'failed', position: 0, appended: `@${AT.toString(36)}\n` });
  });

  test('waitForEvent: the event with a Date, or null', () => {
    const body: Body = function* (rt) {
      const event = yield* rt.waitForEvent('purchase', { timeout: { days: 2 }, match: { value: 5 } });
      return event && [event.name, event.createdAt.getTime(), event.attributes];
    };
    const { pending, told } = waiting(body, EVENT);
    expect(pending).toEqual({ kind: 'event', name: 'purchase', match: { value: 5 }, until: AT + 2 * DAY });
    expect(told).toEqual(['purchase', Date.parse(EVENT.createdAt), { value: 5 }]);
    expect(waiting(body, null).told).toBeNull();
    const forEver = waiting(function* (rt) {
      yield rt.waitForEvent('purchase');
    }, EVENT);
    expect(forEver.pending).toEqual({ kind: 'event', name: 'purchase', match: null, until: null });
  });

  test('waitForSegment', () => {
    const body: Body = function* (rt) {
      return yield* rt.waitForSegment('vip', { timeout: { hours: 1 } });
    };
    const { pending, told } = waiting(body, true);
    expect(pending).toEqual({ kind: 'segment', segment: 'vip', until: AT + HOUR });
    expect([told, waiting(body, false).told]).toEqual([true, false]);
  });

  test('race: the label and the result of the first', () => {
    const body: Body = function* (rt) {
      const first = yield* rt.race({
        bought: rt.waitForEvent('purchase'),
        vip: rt.waitForSegment('vip'),
        late: rt.wait({ days: 3 }),
        morning: rt.waitUntil({ time: '09:00' }),
        newYear: rt.sleepUntil('2027-01-01T00:00:00Z'),
      });
      if (first.label === 'bought') return [first.label, first.value?.createdAt.getTime()];
      return [first.label, String(first.value)];
    };
    const { pending, told, steps } = waiting(body, { label: 'bought', value: EVENT });
    expect(pending).toEqual({
      kind: 'race',
      branches: {
        bought: { kind: 'event', name: 'purchase', match: null, until: null },
        vip: { kind: 'segment', segment: 'vip', until: null },
        late: { kind: 'wait', until: AT + 3 * DAY },
        morning: { kind: 'daytime', until: AT + 9 * HOUR, time: '09:00', weekdays: null, timezone: null },
        newYear: { kind: 'wait', until: Date.UTC(2027, 0, 1) },
      },
    });
    expect(told).toEqual(['bought', Date.parse(EVENT.createdAt)]);
    expect(waiting(body, { label: 'late', value: null }).told).toEqual(['late', 'undefined']);
    expect(waiting(body, { label: 'vip', value: true }).told).toEqual(['vip', 'true']);
    expect(steps[0]).toBe('race bought, late, morning, newYear, vip');
  });
});

describe('questions', () => {
  test('inSegment', () => {
    const { pending, told } = waiting(function* (rt) {
      return yield* rt.inSegment('vip');
    }, true);
    expect(pending).toEqual({ kind: 'member', segment: 'vip' });
    expect(told).toBe(true);
    const { run } = running(function* (rt) {
      yield rt.inSegment('vip');
    });
    for (const lost of [undefined, undefined, null]) {
      expect(run.pending(lost)).toEqual({ kind: 'member', segment: 'vip' });
    }
  });

  async function asking(body: Body, rows: Json) {
    const { run, returned } = running(body);
    const pending = await run.pendingAsync();
    expect(run.follows()).toBe(true);
    expect(await run.pendingAsync(rows)).toEqual(END);
    expect(run.follows()).toBe(true);
    expect(returned[1]).toEqual(returned[0]);
    return { pending, told: returned[0] };
  }

  test('query: a select of columns, expressions and tables', async () => {
    const { pending, told } = await asking(
      function* (rt) {
        const rows = yield* rt.query((db, userId) =>
          db
            .select({
              name: events.name,
              total: sql<number>`sum(1)`.mapWith(Number),
              times: count().as('times'),
              nested: { last: sql`max(id)`, at: events.createdAt, attributes: events.attributes },
            })
            .from(events)
            .where(eq(events.userId, userId))
            .groupBy(events.name, events.createdAt, events.attributes)
            .orderBy(desc(sql`times`)),
        );
        return rows.map((row) => ({ ...row, at: row.nested.at.getTime() }));
      },
      [{ _0: 'login', _1: '7', times: 3, _3: 9, _4: '2026-01-02 03:04:05.678', _5: '{"a":1}' }],
    );
    expect(pending).toEqual({
      kind: 'query',
      sql:
        'select `name` as `_0`, sum(1) as `_1`, count(*) as `times`, max(id) as `_3`, `created_at` as `_4`, ' +
        '`attributes` as `_5` from `events` where `events`.`user_id` = ? group by `events`.`name`, `events`.`created_at`, `events`.`attributes` order by times desc',
      params: ['ada'],
    });
    const at = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
    expect(told).toEqual([
      { name: 'login', total: 7, times: 3, nested: { last: 9, at: new Date(at), attributes: { a: 1 } }, at },
    ]);
  });

  test('query: whole tables, joined', async () => {
    const { pending, told } = await asking(
      function* (rt) {
        return yield* rt.query((db) =>
          db.select().from(users).leftJoin(events, eq(events.userId, users.id)).limit(3),
        );
      },
      [{ _0: 'ada', _1: { plan: 'pro' }, _2: 1_767_225_600_000, _3: '2026-01-01T00:00:00.000Z', _4: 12 }],
    );
    expect((pending as { sql: string }).sql).toStartWith(
      'select `users`.`id` as `_0`, `users`.`attributes` as `_1`, `users`.`created_at` as `_2`, ',
    );
    const createdAt = new Date(AT);
    expect(told).toEqual([
      {
        users: { id: 'ada', attributes: { plan: 'pro' }, createdAt, updatedAt: createdAt, slot: 12 },
        events: null,
      },
    ]);
  });

  test('query: a union, a table in whole, SQL text', async () => {
    const union = await asking(
      function* (rt) {
        return yield* rt.query((db) =>
          db
            .select({ id: users.id })
            .from(users)
            .union(db.select({ id: events.userId }).from(events)),
        );
      },
      [{ _0: 'ada' }],
    );
    expect(union.told).toEqual([{ id: 'ada' }]);
    const text = await asking(
      function* (rt) {
        return yield* rt.query(() => sql`select count(*) as n from events where name = ${'a'}`);
      },
      [{ n: 4 }],
    );
    expect(text.pending).toEqual({
      kind: 'query',
      sql: 'select count(*) as n from events where name = ?',
      params: ['a'],
    });
    expect(text.told).toEqual([{ n: 4 }]);
  });

  test('query: asked again when its answer was lost; dates as parameters stand still', async () => {
    const { run } = running(function* (rt) {
      return yield* rt.query((db) =>
        db.select({ id: users.id }).from(users).where(eq(users.createdAt, new Date())),
      );
    });
    const first = await run.pendingAsync();
    expect(first).toMatchObject({ kind: 'query', params: ['2026-01-01 00:00:00.000'] });
    expect(await run.pendingAsync()).toEqual(first);
    expect(await run.pendingAsync([])).toEqual(END);
  });

  test.each<[string, () => unknown, RegExp]>([
    ['nothing', () => undefined, /returns no query/],
    ['a promise', async () => {}, /returns a promise/],
    ['what writes', () => sql`delete from users`, /is not a SELECT/],
    ['two statements', () => sql`select 1; select 2`, /more than one statement/],
    [
      'an error',
      () => {
        throw new Error('oops');
      },
      /oops/,
    ],
    ['a parameter that is an object', () => sql`select ${{ a: 1 }}`, /parameter 1 of its query is an object/],
  ])('query: refuses %s', async (_what, build, message) => {
    const { run } = running(function* (rt) {
      yield rt.query(build as () => ReturnType<typeof sql>);
    });
    const output = await run.stepAsync();
    expect(output).toMatchObject({
      outcome: 'failed',
      position: 0,
      error: { message: expect.stringMatching(message) },
    });
  });
});

describe('changes', () => {
  test('updateUser, seen in ctx.attributes at once and in every replay', () => {
    const { run, returned } = running(
      function* (rt, ctx) {
        const seen = [{ ...ctx.attributes }];
        yield rt.updateUser({ stage: 2, gone: null, prefs: { a: null, c: 3 } });
        seen.push({ ...ctx.attributes });
        yield* rt.updateUser({ stage: 3 });
        seen.push({ ...ctx.attributes });
        return seen;
      },
      { attributes: { stage: 1, gone: true, prefs: { a: 1, b: 2 } } },
    );
    expect(run.pending()).toEqual(END);
    expect(run.effects).toEqual([
      { kind: 'update', position: 0, patch: { stage: 2, gone: null, prefs: { a: null, c: 3 } } },
      { kind: 'update', position: 1, patch: { stage: 3 } },
    ]);
    run.attributes = { stage: 3, prefs: { b: 2, c: 3 } };
    expect(run.pending(null)).toBeNull();
    const prefs = { b: 2, c: 3 };
    expect(returned).toEqual([
      [
        { stage: 1, gone: true, prefs: { a: 1, b: 2 } },
        { stage: 2, prefs },
        { stage: 3, prefs },
      ],
      returned[0],
    ]);
  });

  test('updateUser, read for the first time after it', () => {
    const log: unknown[] = [];
    const run = new DrivenRun(
      function* (ctx: UserContext<JsonObject>, rt: Runtime) {
        log.length = 0;
        yield rt.updateUser({ plan: 'pro', prefs: { new: true } });
        yield rt.wait({ days: 1 });
        log.push(ctx.attributes.plan, ctx.attributes.prefs);
        yield rt.updateUser({ prefs: { newer: true } });
        log.push(ctx.attributes.prefs);
        yield rt.wait({ days: 1 });
        log.push(ctx.attributes.plan);
      },
      { attributes: { plan: 'free' } },
    );
    run.step();
    run.attributes = { plan: 'pro', prefs: { new: true } };
    run.step(null);
    run.attributes = { plan: 'gold' };
    run.step(null);
    expect(log).toEqual(['pro', { new: true }, { new: true, newer: true }, 'gold']);
  });

  test('emit and startCampaign', () => {
    const { run } = running(function* (rt) {
      yield rt.emit('a');
      yield rt.startCampaign('other');
      yield* rt.emit('b', { at: new Date(0) });
    });
    expect(run.pending()).toEqual(END);
    expect(run.effects).toEqual([
      { kind: 'emit', position: 0, name: 'a', attributes: {} },
      { kind: 'start', position: 1, campaignId: 'other' },
      { kind: 'emit', position: 2, name: 'b', attributes: { at: '1970-01-01T00:00:00.000Z' } },
    ]);
    expect(run.pending(null)).toBeNull();
    expect(run.effects).toHaveLength(3);
  });

  test('are told of when the flow fails afterwards, and not done again', () => {
    let broken = true;
    const { run } = running(function* (rt) {
      yield rt.emit('a');
      if (broken) throw new Error('later');
      yield rt.emit('b');
    });
    expect(run.step()).toMatchObject({ outcome: 'failed', position: 1, effects: [{ name: 'a' }] });
    broken = false;
    expect(run.pending()).toEqual(END);
    expect(run.effects.map((effect) => effect.kind === 'emit' && effect.name)).toEqual(['a', 'b']);
  });

  test('of a loop without end are not done at all', () => {
    const { run } = running(function* (rt) {
      yield rt.wait({ days: 1 });
      while (true) yield rt.emit('a');
    });
    run.step();
    const output = run.step(null);
    expect(output).toMatchObject({
      outcome: 'failed',
      position: 1,
      appended: expect.stringMatching(/^@.*\n<null\n$/),
    });
    expect(run.effects).toEqual([]);
  });
});

describe('run', () => {
  test('gives the result, as JSON carries it, and does it once', async () => {
    let times = 0;
    const { run, returned } = running(function* (rt) {
      const one = yield* rt.run('sync', () => ({ times: ++times, at: new Date(0), no: undefined }));
      const two = yield* rt.run('async', async () => ++times);
      const three = yield* rt.run('nothing', async () => {});
      return [one, two, three];
    });
    expect(await run.pendingAsync()).toEqual(END);
    expect(await run.pendingAsync(null)).toBeNull();
    expect(returned[0]).toEqual([{ times: 1, at: '1970-01-01T00:00:00.000Z' }, 2, null]);
    expect(returned[1]).toEqual(returned[0]);
    expect(times).toBe(2);
    expect(run.journal).toContain('>run sync -\n<{"times":1,');
  });

  test('has the real clock, and the flow its own', async () => {
    const { run, returned } = running(function* (rt) {
      const real = yield* rt.run('clock', async () => {
        await Promise.resolve();
        return Date.now();
      });
      return [real > AT + 1, Date.now(), Math.random()];
    });
    await run.pendingAsync();
    await run.pendingAsync(null);
    expect(returned[0]).toEqual([true, AT, expect.any(Number)]);
    expect(returned[1]).toEqual(returned[0]);
  });

  test('is repeated after 1, 2, 4, … seconds, and throws after the last attempt', async () => {
    const attempts: unknown[] = [];
    const { run, returned } = running(function* (rt) {
      try {
        yield* rt.run('hook', ({ attempt, idempotencyKey }) => {
          attempts.push([attempt, idempotencyKey]);
          throw new Error(`no ${attempt}`);
        });
      } catch (error) {
        return String(error);
      }
    });
    for (const [index, seconds] of [1, 2, 4, 8, 16].entries()) {
      expect(await run.pendingAsync()).toEqual({
        kind: 'retry',
        until: run.at + seconds * 1000,
        error: `no ${index + 1}`,
      });
      expect(run.follows()).toBe(true);
      run.at += seconds * 1000;
    }
    expect(await run.pendingAsync()).toEqual({ kind: 'wait', until: run.at + 9 * DAY });
    expect(run.follows()).toBe(true);
    // The run, the step in it, and when the run began: the run 7 of another instance began at another time.
    const key = `7.0.${Date.UTC(2026, 0, 1).toString(36)}`;
    expect(attempts).toEqual([1, 2, 3, 4, 5, 6].map((attempt) => [attempt, key]));
    expect(new Set(returned)).toEqual(new Set(['SegflowError: the side effect "hook" failed: no 6']));
    const [entry] = parseJournal(run.journal).entries;
    expect(entry).toMatchObject({ error: { message: 'no 6' }, attempts: [{}, {}, {}, {}, {}] });
  });

  test('fails the flow when nobody catches, and is tried again when the run is taken up', async () => {
    let broken = true;
    const { run, returned } = running(function* (rt) {
      return yield* rt.run(
        'hook',
        ({ attempt }) => (broken ? Promise.reject(new Error('refused')) : attempt),
        { retries: 0 },
      );
    });
    expect(await run.stepAsync()).toMatchObject({
      outcome: 'failed',
      position: 1,
      error: { message: 'the side effect "hook" failed: refused' },
    });
    expect(run.journal).toEndWith('>run hook -\n-{"message":"refused"}\n');
    // What the engine takes for its result is none.
    expect(await run.stepAsync(null)).toMatchObject({ outcome: 'failed', position: 1 });
    broken = false;
    expect(await run.pendingAsync()).toEqual(END);
    expect(returned).toEqual([3]);
  });

  test('that failed for good stays so when the flow went on from there', async () => {
    const { run } = running(function* (rt) {
      try {
        yield* rt.run('hook', () => Promise.reject(new Error('refused')), { retries: 0 });
      } catch (error) {
        yield rt.emit('refused');
        throw error;
      }
    });
    for (let i = 0; i < 2; i++)
      expect(await run.stepAsync()).toMatchObject({ outcome: 'failed', position: 2 });
    expect(run.effects).toHaveLength(1);
    expect(parseJournal(run.journal).entries[0]).toMatchObject({
      error: { message: 'refused' },
      attempts: [],
    });
  });

  test('succeeds at a later attempt', async () => {
    const { run, returned } = running(function* (rt) {
      return yield* rt.run('hook', ({ attempt }) => {
        if (attempt < 3) throw new Error('not yet');
        return attempt;
      });
    });
    expect(await run.pendingAsync()).toMatchObject({ kind: 'retry' });
    expect(await run.pendingAsync()).toMatchObject({ kind: 'retry' });
    expect(await run.pendingAsync()).toEqual(END);
    expect(returned).toEqual([3]);
  });

  test('has a time limit, which the signal tells', async () => {
    let aborted = false;
    const { run } = running(function* (rt) {
      yield* rt.run(
        'slow',
        ({ signal }) => {
          signal.addEventListener('abort', () => {
            aborted = true;
          });
          return new Promise(() => {});
        },
        { timeout: { milliseconds: 20 } },
      );
    });
    expect(await run.pendingAsync()).toMatchObject({ kind: 'retry', error: 'it took longer than 0.02 s' });
    expect(aborted).toBe(true);
  });

  test('takes no result that is no JSON', async () => {
    const { run } = running(function* (rt) {
      yield* rt.run('odd', () => 5n, { retries: 0 });
    });
    expect(await run.stepAsync()).toMatchObject({
      outcome: 'failed',
      error: { message: expect.stringContaining('the result of a side effect must be JSON') },
    });
  });

  test('is not done in a dry run', async () => {
    let times = 0;
    const { run } = running(
      function* (rt) {
        yield* rt.run('hook', () => ++times);
      },
      { dryRun: true },
    );
    expect(await run.pendingAsync()).toEqual({ kind: 'retry', until: AT, error: '' });
    expect(times).toBe(0);
  });

  test('other flows go on while one waits', async () => {
    const gate = Promise.withResolvers<number>();
    const slow = running(function* (rt) {
      const before = Math.random();
      return [before, yield* rt.run('slow', () => gate.promise), Math.random(), Date.now()];
    });
    const working = slow.run.stepAsync();
    const other = running(
      function* () {
        yield* [];
        return [Math.random(), Date.now()];
      },
      { runId: 8 },
    );
    other.run.at += 5;
    other.run.step();
    expect(Date.now()).toBeGreaterThan(AT + DAY);
    gate.resolve(1);
    await working;
    await slow.run.stepAsync(null);
    expect(slow.returned[1]).toEqual(slow.returned[0]);
    expect((other.returned[0] as unknown[])[1]).toBe(AT + 5);
  });
});

describe('in place, without a record', () => {
  test('now, random, uuid, variant', () => {
    const { run, returned } = running(function* (rt) {
      const seen: unknown[] = [yield* rt.now(), yield* rt.random(), yield* rt.random(), yield* rt.uuid()];
      yield rt.emit('between');
      seen.push(yield* rt.random(), yield* rt.variant('color', { red: 1, blue: 1 }));
      return seen;
    });
    run.step();
    run.at += DAY;
    run.step(null);
    const [now, one, two, uuid, three, variant] = returned[0] as unknown[];
    expect(now).toEqual(new Date(AT));
    expect(new Set([one, two, three]).size).toBe(3);
    expect(uuid).toMatch(/^[0-9a-f-]{36}$/);
    expect(['red', 'blue']).toContain(variant as string);
    expect(returned[1]).toEqual(returned[0]);
    expect(stepsOf(run)).toEqual(['emit between', 'wait 9d']);
  });

  // What a person was shown must be shown to that person by every later version.
  test('variant: the same in every version, whatever the order of the labels', () => {
    const ids = ['ada', 'bob', 'eve', 'user-123', 'Zoë'];
    const of = (weights: Record<string, number>) => ids.map((id) => variantOf(id, 'subject', weights));
    expect(of({ a: 50, b: 50 })).toEqual(of({ b: 50, a: 50 }));
    expect(of({ a: 50, b: 50 })).toEqual(['b', 'b', 'a', 'a', 'a']);
  });

  test('variant: by the weights, and independent of other experiments', () => {
    const counts: Record<string, number> = {};
    let both = 0;
    for (let i = 0; i < 20_000; i++) {
      const one = variantOf(`user-${i}`, 'one', { a: 1, b: 3, never: 0 });
      counts[one] = (counts[one] ?? 0) + 1;
      if (one === 'a' && variantOf(`user-${i}`, 'two', { a: 1, b: 3 }) === 'a') both++;
    }
    expect(Object.keys(counts).sort()).toEqual(['a', 'b']);
    expect(Math.abs(counts.a! - 5_000)).toBeLessThan(250);
    expect(Math.abs(both - 1_250)).toBeLessThan(150);
  });
});

describe('the end and the beginning', () => {
  test('exit', () => {
    const { run } = running(function* (rt) {
      yield rt.emit('a');
      yield* rt.exit('bought');
    });
    expect(run.step()).toMatchObject({ outcome: 'advanced', pending: null, exit: 'bought', position: 2 });
    expect(stepsOf(run)).toEqual(['emit a', 'exit bought']);
    expect(run.follows()).toBe(true);
    expect(run.step()).toMatchObject({ pending: null, exit: 'bought' });
  });

  test('continueAsNew', () => {
    const log: unknown[] = [];
    const run = new DrivenRun(
      function* (ctx: UserContext<JsonObject>, rt: Runtime): Generator<unknown, void, never> {
        log.length = 0;
        const cycle = (ctx.state as { cycle: number } | null)?.cycle ?? 0;
        log.push(cycle, ctx.attributes.n, Math.random());
        yield rt.sendEmail('a');
        log.push(Math.random());
        yield rt.updateUser({ n: cycle });
        yield rt.continueAsNew({ cycle: cycle + 1 });
      },
      { attributes: { n: 'first' } },
    );
    expect(run.step()).toMatchObject({ position: 1 });
    const before = [...log];
    const output = run.step({ status: 'sent', messageId: 'm' });
    expect(output).toMatchObject({
      outcome: 'advanced',
      fresh: true,
      position: 4,
      pending: { kind: 'email' },
      effects: [{ kind: 'update', position: 1, patch: { n: 0 } }],
    });
    // The flow began anew within the activation that changed the attribute.
    expect(log).toEqual([1, 0, expect.any(Number)]);
    expect(log[2]).not.toBe(before[2]);
    expect(run.journal.split('\n').slice(1)).toEqual(['=3 {"cycle":1}', '~a', '!{"n":0}', '>email a -', '']);
    expect(parseJournal(run.journal)).toMatchObject({
      base: 3,
      state: { cycle: 1 },
      entries: [{ kind: 'email' }],
    });
    expect(run.follows()).toBe(true);
    const kept = [...log];
    run.attributes = { n: 'other' };
    run.step({ status: 'sent', messageId: 'm' });
    expect(run.journal).toContain('=6 {"cycle":2}');
    expect(kept[2]).not.toBe(log[2]);
  });

  test('continueAsNew: state that the flow changes does not leak', () => {
    const seen: unknown[] = [];
    const run = new DrivenRun(function* (ctx: UserContext, rt: Runtime): Generator<unknown, void, never> {
      if (ctx.state === null) yield rt.continueAsNew({ list: [] });
      const { list } = ctx.state as { list: number[] };
      list.push(1);
      seen.push(structuredClone(list));
      yield rt.wait({ days: 1 });
    });
    run.step();
    run.step(null);
    expect(seen).toEqual([[1], [1]]);
  });

  test('ctx: event, entry, state', () => {
    const { run, returned } = running(
      function* (_rt, ctx) {
        yield* [];
        return [ctx.entry, ctx.event, ctx.state];
      },
      { entry: 3, event: { name: 'signup', attributes: { a: 1 }, createdAt: AT } },
    );
    run.step();
    expect(returned[0]).toEqual([3, { name: 'signup', attributes: { a: 1 }, createdAt: new Date(AT) }, null]);
  });
});

describe('patched', () => {
  const flow = (log: unknown[], ids: string[]) =>
    function* (_ctx: UserContext, rt: Runtime): Generator<unknown, void, never> {
      log.length = 0;
      for (let i = 0; i < 3; i++) {
        for (const id of ids) log.push(yield* rt.patched(id));
        yield rt.wait({ days: 1 });
      }
    };

  test('is true for what is new', () => {
    const log: unknown[] = [];
    const run = new DrivenRun(flow(log, ['x']));
    for (const result of [undefined, null, null, null]) {
      run.step(result);
      expect(run.follows()).toBe(true);
    }
    expect(log).toEqual([true, true, true]);
    expect(stepsOf(run)).toEqual(['patch x', 'wait 1d', 'patch x', 'wait 1d', 'patch x', 'wait 1d']);
  });

  test('is false where a run had come further, and consumes nothing', () => {
    const log: unknown[] = [];
    const run = new DrivenRun(flow(log, []));
    run.step();
    run.step(null);
    run.flow = flow(log, ['x', 'y']);
    expect(run.follows()).toBe(true);
    expect(log).toEqual([false, false, false, false]);
    run.step(null);
    expect(log).toEqual([false, false, false, false, true, true]);
    run.flow = flow(log, ['new', 'y']);
    expect(run.follows()).toBe(true);
    expect(log).toEqual([false, false, false, false, false, true]);
    expect(run.pending(null)).toBeNull();
  });

  test('may be taken out again', () => {
    const log: unknown[] = [];
    const run = new DrivenRun(flow(log, ['x', 'y']));
    run.step();
    run.step(null);
    for (const ids of [['y'], ['x'], []]) {
      run.flow = flow(log, ids);
      expect(run.follows(), ids.join()).toBe(true);
    }
    const { position } = run.step(null);
    expect(position).toBe(7);
    expect(run.pending(null)).toBeNull();
    expect(stepsOf(run)).toEqual(
      [...'xyw xyw w'.replaceAll(' ', '')].map((it) => (it === 'w' ? 'wait 1d' : `patch ${it}`)),
    );
  });

  test('at the end of a history that failed there', () => {
    let broken = true;
    const run = new DrivenRun(function* (_ctx: UserContext, rt: Runtime) {
      if (broken) yield rt.patched('x');
      if (broken) throw new Error('oops');
      yield rt.sendEmail('a');
    });
    run.step();
    broken = false;
    expect(run.pending()).toEqual({ kind: 'email', template: 'a' });
    expect(run.follows()).toBe(true);
  });
});

describe('arguments that make no sense are refused:', () => {
  const NONSENSE: Record<string, [run: (rt: never) => unknown, message: RegExp][]> = {
    sendEmail: [
      [(rt: Runtime) => rt.sendEmail(''), /sendEmail takes the id of a template .*, got ""/],
      [(rt: Runtime) => rt.sendEmail(5 as never), /got 5/],
      [(rt: Runtime) => rt.sendEmail('\ud800'), /takes the id/],
      [(rt: Runtime) => rt.sendEmail('a', { to: 'x' } as never), /no option "to"/],
      [(rt: Runtime) => rt.sendEmail('a', { subject: ' ' }), /subject/],
      [(rt: Runtime) => rt.sendEmail('a', { props: [1] as never }), /props of sendEmail must be an object/],
      [(rt: Runtime) => rt.sendEmail('a', { props: { a: 1n } }), /must be JSON/],
      [(rt: Runtime) => rt.sendEmail('a', { id: '' }), /id of sendEmail/],
      [(rt: Runtime) => rt.sendEmail('a', null as never), /options of sendEmail/],
    ],
    wait: [
      [(rt: Runtime) => rt.wait({ days: -1 }), /negative/],
      [(rt: Runtime) => rt.wait({} as never), /at least one unit/],
      [(rt: Runtime) => rt.sleep('1d' as never), /a duration is an object/],
      [(rt: Runtime) => rt.wait({ days: 1 }, { name: 'x' } as never), /wait has no option "name"/],
    ],
    sleepUntil: [
      [(rt: Runtime) => rt.sleepUntil('tomorrow'), /ISO 8601/],
      [(rt: Runtime) => rt.sleepUntil('2026-01-01T09:00:00'), /with time and offset/],
      [(rt: Runtime) => rt.sleepUntil('2026-13-01T09:00:00Z'), /sleepUntil takes/],
      [(rt: Runtime) => rt.sleepUntil(new Date(Number.NaN)), /impossible Date/],
      [(rt: Runtime) => rt.sleepUntil(Number.POSITIVE_INFINITY), /Infinity/],
      [(rt: Runtime) => rt.sleepUntil(undefined as never), /undefined/],
    ],
    waitUntil: [
      [(rt: Runtime) => rt.waitUntil('09:00' as never), /options of waitUntil/],
      [(rt: Runtime) => rt.waitUntil(undefined as never), /takes a time of day/],
      [(rt: Runtime) => rt.waitUntil({ time: '9' }), /HH:MM/],
      [
        (rt: Runtime) => rt.waitUntil({ time: '09:00', timezone: 'Mars/Base' }),
        /unknown time zone "Mars\/Base"/,
      ],
      [(rt: Runtime) => rt.waitUntil({ time: '09:00', weekdays: [] }), /at least one/],
      [(rt: Runtime) => rt.waitUntil({ time: '09:00', weekdays: ['Monday' as never] }), /one of mon, tue/],
    ],
    waitForEvent: [
      [(rt: Runtime) => rt.waitForEvent(''), /name of an event/],
      [(rt: Runtime) => rt.waitForEvent('a', { timeout: '3 days' as never }), /timeout of waitForEvent/],
      [(rt: Runtime) => rt.waitForEvent('a', { match: 'b' as never }), /match of waitForEvent/],
    ],
    waitForSegment: [
      [(rt: Runtime) => rt.waitForSegment(undefined as never), /id of a segment/],
      [(rt: Runtime) => rt.waitForSegment('a', { match: {} } as never), /no option "match"/],
    ],
    race: [
      [(rt: Runtime) => rt.race({}), /at least one/],
      [(rt: Runtime) => rt.race([rt.wait({ days: 1 })] as never), /commands by label/],
      [(rt: Runtime) => rt.race(rt.wait({ days: 1 }) as never), /commands by label/],
      [(rt: Runtime) => rt.race({ a: rt.sendEmail('x') as never }), /"a" is the command "email"/],
      [(rt: Runtime) => rt.race({ a: 5 as never }), /"a" is 5/],
    ],
    inSegment: [[(rt: Runtime) => rt.inSegment({} as never), /got an object/]],
    query: [[(rt: Runtime) => rt.query('select 1' as never), /takes a function/]],
    updateUser: [
      [(rt: Runtime) => rt.updateUser(undefined as never), /patch of updateUser must be JSON/],
      [(rt: Runtime) => rt.updateUser('x' as never), /must be an object/],
      [(rt: Runtime) => rt.updateUser({ a: 'x'.repeat(70_000) }), /too large/],
    ],
    emit: [
      [(rt: Runtime) => rt.emit(''), /name of an event/],
      [(rt: Runtime) => rt.emit('a', 5 as never), /attributes of emit must be an object/],
    ],
    startCampaign: [[(rt: Runtime) => rt.startCampaign(null as never), /id of a campaign/]],
    run: [
      [(rt: Runtime) => rt.run('' as never, () => 1), /run takes an id/],
      [(rt: Runtime) => rt.run('a', Promise.resolve() as never), /takes a function, got a promise/],
      [(rt: Runtime) => rt.run('a', () => 1, { retries: -1 }), /retries/],
      [(rt: Runtime) => rt.run('a', () => 1, { retries: 1.5 }), /retries/],
      [(rt: Runtime) => rt.run('a', () => 1, { timeout: { minutes: 2 } }), /from 1 ms to 60 s/],
    ],
    variant: [
      [(rt: Runtime) => rt.variant('', { a: 1 }), /name of an experiment/],
      [(rt: Runtime) => rt.variant('x', {} as never), /above 0/],
      [(rt: Runtime) => rt.variant('x', { a: -1, b: 2 }), /"a" is a number from 0, got -1/],
      [(rt: Runtime) => rt.variant('x', ['a', 'b'] as never), /got an array/],
    ],
    exit: [
      [(rt: Runtime) => rt.exit(''), /takes a reason/],
      [(rt: Runtime) => rt.exit(undefined as never), /takes a reason/],
    ],
    continueAsNew: [[(rt: Runtime) => rt.continueAsNew(() => {}), /must be JSON, got a function/]],
    patched: [[(rt: Runtime) => rt.patched(undefined as never), /id of a change/]],
  };
  for (const [name, cases] of Object.entries(NONSENSE)) {
    test(name, () => {
      for (const [make, message] of cases) {
        const { run } = running(function* (rt) {
          yield make(rt as never);
        });
        const output = run.step();
        expect(output).toMatchObject({
          outcome: 'failed',
          position: 0,
          error: { message: expect.stringMatching(message) },
        });
      }
    });
  }
});

test('commands do nothing until they are yielded', () => {
  const { run } = running(function* (rt) {
    rt.emit('a');
    rt.exit('never');
    rt.sendEmail('b');
    const later = rt.emit('c');
    yield later;
    yield later;
  });
  expect(run.pending()).toEqual(END);
  expect(run.effects).toHaveLength(2);
});

describe('a flow that changes while people are in it', () => {
  const flow = (...steps: ((rt: Runtime) => unknown)[]) =>
    function* (_ctx: UserContext, rt: Runtime): Generator<unknown, void, never> {
      for (const step of steps) yield step(rt);
    };
  const mail = (template: string, id?: string) => (rt: Runtime) =>
    rt.sendEmail(template, id === undefined ? undefined : { id });
  const wait = (days: number) => (rt: Runtime) => rt.wait({ days });
  const SENT = { status: 'sent', messageId: 'm' };

  /** Runs that have come to each step of the flow. */
  const runsOf = (steps: ((rt: Runtime) => unknown)[]) =>
    steps.map((_, index) => {
      const run = new DrivenRun(flow(...steps));
      run.step();
      for (let i = 0; i < index; i++) run.step(SENT);
      return run;
    });
  const whoFollows = (before: ((rt: Runtime) => unknown)[], after: ((rt: Runtime) => unknown)[]) =>
    runsOf(before).map((run) => {
      run.flow = flow(...after);
      return run.follows();
    });

  const before = [mail('a'), wait(2), mail('b'), wait(4)];
  test.each<[string, ((rt: Runtime) => unknown)[], boolean[]]>([
    ['a step put in', [mail('a'), mail('new'), wait(2), mail('b'), wait(4)], [true, false, false, false]],
    ['a step taken out', [mail('a'), mail('b'), wait(4)], [true, false, false, false]],
    ['a step added at the end', [...before, mail('c')], [true, true, true, true]],
    ['a wait that is longer', [mail('a'), wait(9), mail('b'), wait(4)], [true, true, true, true]],
    [
      'other props',
      [(rt) => rt.sendEmail('a', { subject: 'new' }), ...before.slice(1)],
      [true, true, true, true],
    ],
    ['another template', [mail('z'), ...before.slice(1)], [false, false, false, false]],
  ])('%s', (_name, after, expected) => {
    expect(whoFollows(before, after)).toEqual(expected);
  });

  test('with ids, what a step is about may change', () => {
    const named = [mail('a', 'first'), wait(1), mail('b', 'second')];
    expect(whoFollows(named, [mail('z', 'first'), wait(1), mail('y', 'second')])).toEqual([true, true, true]);
    expect(whoFollows(named, [mail('a', 'second'), wait(1), mail('b', 'first')])).toEqual([
      false,
      false,
      false,
    ]);
    expect(whoFollows(named, [mail('a'), wait(1), mail('b')])).toEqual([false, false, false]);
    expect(whoFollows([mail('#first/a')], [mail('a', 'first')])).toEqual([false]);
  });

  test('names with every sort of character are told apart', () => {
    const names = ['a', 'a b', 'a%20b', '#a', 'a/b', '#a/b', '-', 'ä\u{1F600}', 'a\nb'];
    for (const one of names) {
      for (const other of names) expect(whoFollows([mail(one)], [mail(other)])).toEqual([one === other]);
      for (const id of names) expect(whoFollows([mail('x', one)], [mail('y', id)])).toEqual([one === id]);
    }
  });

  test('races are known by their labels, events and segments by their names', () => {
    const race =
      (a: number, label = 'late') =>
      (rt: Runtime) =>
        rt.race({ bought: rt.waitForEvent('purchase'), [label]: rt.wait({ days: a }) });
    expect(whoFollows([race(1)], [race(5)])).toEqual([true]);
    expect(whoFollows([race(1)], [race(1, 'later')])).toEqual([false]);
    const event = (name: string, days: number) => (rt: Runtime) =>
      rt.waitForEvent(name, { timeout: { days } });
    expect(whoFollows([event('a', 1)], [event('a', 2)])).toEqual([true]);
    expect(whoFollows([event('a', 1)], [event('b', 1)])).toEqual([false]);
  });
});
