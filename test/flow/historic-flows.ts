import type { UserContext } from '../../src/config/types.ts';
import type { Json, JsonObject } from '../../src/core/json.ts';
import type { Runtime } from '../../src/flow/commands/runtime.ts';
import { users } from '../../src/schema/index.ts';

/*
 * The flows of test/fixtures/histories, with what each is told. They stay as they are, for ever: the histories of people in the
 * midst of such flows do. Add flows, and record them with record-histories.ts.
 */

export interface Historic {
  flow: (log: unknown[]) => (ctx: UserContext<JsonObject>, rt: Runtime) => Generator<unknown, void, unknown>;
  /** The result with which each activation but the first begins; `undefined` for a side effect that is tried again. */
  results: (Json | undefined)[];
}

const SENT = { status: 'sent', messageId: 'msg_0193' };
const EVENT = {
  name: 'purchase',
  attributes: { value: 12.5, tags: ['a'] },
  createdAt: '2026-02-03T04:05:06.789Z',
};

export const HISTORIC_FLOWS: Record<string, Historic> = {
  winback: {
    flow: (log) =>
      function* (_ctx, rt) {
        for (let i = 0; i < 8; i++) {
          const { status } = yield* rt.sendEmail('winback-email');
          log.push(status);
          yield rt.wait({ days: 2 ** i });
        }
      },
    results: Array.from({ length: 16 }, (_, i) => (i % 2 === 0 ? SENT : null)),
  },

  waits: {
    flow: (log) =>
      function* (ctx, rt) {
        yield rt.wait({ weeks: 1, days: 0.5, milliseconds: 7 }, { id: 'first pause / #1' });
        yield rt.sleep({ minutes: 5 });
        yield rt.sleepUntil('2026-03-01T00:00:00Z');
        yield rt.waitUntil({ time: '09:30', weekdays: ['mon', 'fri'], timezone: 'Europe/Berlin' });
        yield rt.waitUntil({ time: '23:59:59', id: 'night' });
        log.push(yield* rt.waitForEvent('purchase', { timeout: { days: 2 }, match: { value: 12.5 } }));
        log.push(yield* rt.waitForEvent('a rare ünïcode event %20'));
        log.push(yield* rt.waitForSegment('vip', { timeout: { hours: 1 }, id: 'is vip' }));
        log.push(yield* rt.inSegment('vip'));
        for (let i = 0; i < 3; i++) {
          const first = yield* rt.race({
            bought: rt.waitForEvent('purchase'),
            vip: rt.waitForSegment('vip'),
            late: rt.wait({ days: 3 }),
            morning: rt.waitUntil({ time: '09:00' }),
            'new year': rt.sleepUntil(Date.UTC(2027, 0, 1)),
          });
          log.push(first, ctx.attributes.timezone);
        }
        yield* rt.exit('has waited enough');
      },
    results: [
      ...[null, null, null, null, null],
      ...[EVENT, null, true, false],
      { label: 'bought', value: EVENT },
      { label: 'late', value: null },
      { label: 'vip', value: true },
    ],
  },

  changes: {
    flow: (log) =>
      function* (ctx, rt) {
        log.push({ ...ctx.attributes });
        yield rt.updateUser({ plan: 'pro', prefs: { news: null, tips: true }, gone: null });
        log.push({ ...ctx.attributes });
        yield rt.emit('upgraded', { from: 'free' });
        yield rt.startCampaign('onboarding', { id: 'start it' });
        yield rt.sendEmail('upgraded', {
          props: { a: [1, { b: 2 }] },
          subject: 'Well done',
          id: 'well-done',
        });
        log.push(ctx.attributes.plan, ctx.attributes.n, 'gone' in ctx.attributes, ctx.event, ctx.entry);
        yield rt.updateUser({ ['__proto__']: 1, n: null }, { id: 'second change' });
        yield rt.wait({ days: 1 });
        log.push(JSON.stringify(ctx.attributes));
        yield rt.emit('done');
      },
    results: [SENT, null],
  },

  chance: {
    flow: (log) =>
      function* (ctx, rt) {
        for (let i = 0; i < 3; i++) {
          log.push(
            yield* rt.now(),
            yield* rt.random(),
            yield* rt.uuid(),
            Math.random(),
            new Date(),
            Date.now(),
          );
          log.push(
            yield* rt.variant('color', { red: 1, green: 2, blue: 0.5 }),
            crypto.randomUUID(),
            ctx.enteredAt,
          );
          if ((yield* rt.random()) < 0.5) yield rt.sendEmail('heads');
          else yield rt.sendEmail('tails');
          yield rt.emit('tossed', { luck: yield* rt.random() });
        }
      },
    results: [SENT, { status: 'failed', messageId: 'msg_2', reason: 'no such "mailbox"\n' }, SENT],
  },

  'side effects': {
    flow: (log) =>
      function* (_ctx, rt) {
        log.push(yield* rt.run('sync', () => ({ answer: 42, at: new Date(0) })));
        log.push(yield* rt.run('nothing', async () => {}));
        const flaky = yield* rt.run('flaky', async ({ attempt }) => {
          if (attempt < 3) throw new Error(`attempt ${attempt}: "refused"\n`);
          return attempt;
        });
        log.push(flaky);
        try {
          yield* rt.run('broken', () => Promise.reject(new Error('for good')), { retries: 1 });
        } catch (error) {
          log.push(String(error));
        }
        log.push(
          yield* rt.query((db, id) =>
            db.select({ id: users.id, at: users.createdAt }).from(users).limit(id.length),
          ),
        );
        yield rt.wait({ days: 1 });
      },
    results: [undefined, undefined, undefined, [{ _0: 'ada', _1: '2026-01-02 03:04:05.678' }], null],
  },

  'begins anew': {
    flow: (log) =>
      function* (ctx, rt) {
        const { round = 1 } = (ctx.state ?? {}) as { round?: number };
        log.push(round, ctx.attributes.plan, Math.random());
        yield rt.sendEmail(`round-${round % 2}`);
        yield rt.wait({ days: 7 });
        if (round === 3) yield* rt.exit('three rounds');
        yield rt.updateUser({ round });
        yield* rt.continueAsNew({ round: round + 1, note: 'a\nb' });
      },
    results: [SENT, null, SENT, null, SENT, null],
  },

  hurries: {
    flow: (log) =>
      function* (ctx, rt) {
        const round = typeof ctx.state === 'number' ? ctx.state : 1;
        log.push(round);
        yield rt.wait({ days: 1 });
        log.push(yield* rt.inSegment('vip'));
        yield rt.sendEmail('hello');
        if (round < 3) yield* rt.continueAsNew(round + 1);
      },
    results: [null, true, SENT, null, false, SENT, null, true, SENT],
  },

  patched: {
    flow: (log) =>
      function* (_ctx, rt) {
        for (let i = 0; i < 2; i++) {
          const isNew = yield* rt.patched('two mails');
          log.push(isNew);
          yield rt.sendEmail('first');
          if (isNew) yield rt.sendEmail('second');
          if (yield* rt.patched('shorter / wait')) yield rt.wait({ days: 1 });
        }
      },
    results: [SENT, SENT, null, SENT, SENT, null],
  },

  fails: {
    flow: (log) =>
      function* (_ctx, rt) {
        yield rt.emit('begun');
        yield rt.wait({ hours: 1 });
        log.push('woke');
        yield rt.emit('before the end');
        throw new Error('as it must');
      },
    results: [null],
  },
};
