import { expect, test } from 'bun:test';
import type { IngestOperation } from '../../src/engine/ingest/operations.ts';
import type { Store } from '../../src/engine/ports/store.ts';
import { parseJournal } from '../../src/flow/journal/journal.ts';
import { configOf, engineWorld, flagged, World } from './world.ts';

/*
 * Whatever is interrupted and repeated, a run does the same things: here for a flow with every command. Chance follows the run's
 * id, and so do events' ids: worlds are only the same where ids begin anew with each. (On the embedded store only.)
 */

const CONFIG = configOf({
  segments: `vip: ${flagged('vip')}, nobody: ${flagged('never')}`,
  transactions: `order: { event: 'order', subject: 'Order', component }`,
  campaigns: `c: { segments: ['everyone'], behavior: 'static', flow: function* (ctx, rt) {
      if (!ctx.state) {
        yield rt.sendEmail('hello', { subject: 'One' });
        yield rt.updateUser({ step: 1 });
        const vip = yield* rt.inSegment('vip');
        const first = yield* rt.race({ bought: rt.waitForEvent('purchase', { match: { n: 2 } }), late: rt.wait({ days: 9 }) });
        yield rt.emit('order', { vip, first: first.label });
        const joined = yield* rt.waitForSegment('vip', { timeout: { days: 5 } });
        yield rt.waitUntil({ time: '09:00' });
        const draw = [yield* rt.random(), yield* rt.uuid(), yield* rt.variant('x', { a: 1, b: 1 }), yield* rt.patched('p')];
        yield rt.continueAsNew({ joined, draw });
      }
      yield rt.startCampaign('d');
      const events = yield* rt.query((db) => db.select({ name: schema.events.name }).from(schema.events).orderBy(schema.events.id));
      const attempt = yield* rt.run('hook', ({ attempt }) => { if (attempt < 3) throw new Error('down'); return attempt; });
      const later = yield* rt.waitForEvent('purchase', { timeout: { hours: 5 } });
      yield rt.updateUser({ end: [ctx.state.joined, events.map(({ name }) => name), attempt, later === null] });
      yield rt.sleep({ hours: 1 });
      yield rt.sendEmail('hello', { subject: 'Two' });
      yield rt.exit('done');
    } },
    d: { segments: ['nobody'], behavior: 'static', flow: function* (ctx, rt) { yield rt.sendEmail('hello', { subject: 'Started' }); } }`,
});

const OPERATIONS: IngestOperation[] = [
  {
    type: 'user',
    id: 'ada',
    attributes: { email: 'ada@example.com', timezone: 'Europe/Berlin' },
    mode: 'upsert',
  },
  { type: 'event', userId: 'ada', name: 'purchase', attributes: { n: 1 }, messageId: 'p1' },
  { type: 'event', userId: 'ada', name: 'purchase', attributes: { n: 2 }, messageId: 'p2' },
  { type: 'user', id: 'ada', attributes: { vip: true, timezone: 'America/New_York' }, mode: 'merge' },
  { type: 'user', id: 'ada', attributes: { other: 1 }, mode: 'merge' },
];

async function play(world: World, between: () => Promise<void> = async () => {}): Promise<unknown> {
  for (;;) {
    try {
      await world.push(CONFIG);
      break;
    } catch (error) {
      if (!String(error).includes('interrupted')) throw error;
    }
  }
  for (const operation of OPERATIONS) {
    for (;;) {
      try {
        await world.submit(operation);
        break;
      } catch (error) {
        if (!String(error).includes('interrupted')) throw error;
      }
    }
    for (let hours = 0; hours < 12; hours += 4) {
      await world.advance('4h');
      await between();
    }
  }
  await world.advance('3d');
  const runs = await world.store.runsOfUser('ada', 10);
  return {
    runs: runs.map((run) => ({
      campaign: run.campaignId,
      status: run.status,
      reason: run.reason,
      journal: parseJournal(run.journal).entries.map(({ kind, key, attempts }) => [
        kind,
        key,
        attempts.length,
      ]),
      state: parseJournal(run.journal).state,
    })),
    attributes: (await world.store.getUser('ada'))!.attributes,
    events: (await world.store.eventsOfUser('ada', 100)).map(({ name, attributes, messageId }) => [
      name,
      attributes,
      messageId,
    ]),
    mail: world.postmark.accepted.map(({ message }) => message.Subject).sort(),
    counts: await world.store.counts(),
  };
}

async function plainTrace(): Promise<unknown> {
  await using world = await engineWorld();
  return await play(world);
}

test('a flow with every command comes to its end', async () => {
  expect(await plainTrace()).toMatchObject({
    mail: ['One', 'Order', 'Started', 'Two'],
    attributes: { step: 1, end: [true, ['purchase', 'purchase', 'order'], 3, true] },
    counts: { runs: { completed: 2 }, messages: { sent: 4 } },
  });
});

test('restarts between everything change nothing', async () => {
  await using world = await engineWorld();
  expect(await play(world, () => world.restart())).toEqual(await plainTrace());
});

test.each([1, 2, 3])(
  'transactions that are undone at their end, and repeated, change nothing (seed %d)',
  async (seed) => {
    await using plain = await engineWorld();
    await plain.engine.stop();
    let state = seed;
    let undone = 0;
    const fails = () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state / 2 ** 32 < 0.4;
    };
    const store: Store = {
      ...plain.store,
      transaction: (work, fence) => {
        if (!fails()) return plain.store.transaction(work, fence);
        return plain.store.transaction(async (tx) => {
          // What the provider answered is written again by the mailer itself, on a clock that stands still here.
          let mail = false;
          const result = await work({
            ...tx,
            saveMessages: (updates) => {
              mail = true;
              return tx.saveMessages(updates);
            },
          });
          if (mail) return result;
          undone++;
          throw new Error('interrupted');
        }, fence);
      },
    };
    const world = new World({ clock: plain.clock, postmark: plain.postmark, store, host: plain.host });
    await world.start();
    const trace = await play(world);
    await world.engine.stop();
    expect(undone).toBeGreaterThan(10);
    expect(trace).toEqual(await plainTrace());
  },
  180_000,
);
