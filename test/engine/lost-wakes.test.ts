import { expect, test } from 'bun:test';
import type { Host } from '../../src/engine/ports/host.ts';
import { configOf, engineWorld, flagged, World } from './world.ts';

/** A world in which something happens while a step is being computed: after the host has answered, before the commit. */
async function interrupted(): Promise<
  { world: World; during: (work: () => Promise<void>) => void } & AsyncDisposable
> {
  const plain = await engineWorld();
  await plain.engine.stop();
  let work: (() => Promise<void>) | undefined;
  const host: Host = {
    ...plain.host,
    async advance(bundle, requests) {
      const results = await plain.host.advance(bundle, requests);
      const once = work;
      work = undefined;
      await once?.();
      return results;
    },
  };
  const world = new World({ clock: plain.clock, postmark: plain.postmark, store: plain.store, host });
  await world.start();
  return {
    world,
    during: (next) => {
      work = next;
    },
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

const waiting = (wait: string) =>
  configOf({
    segments: `vip: ${flagged('vip')}`,
    campaigns: `c: { segments: ['everyone'], behavior: 'static', flow: function* (ctx, rt) { const got = yield* ${wait}; if (got) yield rt.sendEmail('hello'); } }`,
  });

const evaluated = async (world: World, userId: string) => {
  expect(await world.engine.evaluated(userId, 5_000)).toBe(true);
};

test('an event that comes, and is evaluated, while its wait is being committed is not missed', async () => {
  await using interrupt = await interrupted();
  const { world, during } = interrupt;
  await world.push(waiting(`rt.waitForEvent('purchase')`));
  during(async () => {
    await world.submit({ type: 'event', userId: 'ada', name: 'purchase', attributes: {} });
    await evaluated(world, 'ada');
  });
  await world.add('ada');
  expect(world.mail).toEqual(['hello → ada@example.com']);
});

test('a membership that comes while its wait is being committed is not missed', async () => {
  await using interrupt = await interrupted();
  const { world, during } = interrupt;
  await world.push(waiting(`rt.waitForSegment('vip')`));
  during(async () => {
    await world.submit({ type: 'user', id: 'ada', attributes: { vip: true }, mode: 'merge' });
    await evaluated(world, 'ada');
  });
  await world.add('ada');
  expect(world.mail).toEqual(['hello → ada@example.com']);
});

test('who came into the segment and left it before the run was advanced has been in it', async () => {
  await using interrupt = await interrupted();
  const { world, during } = interrupt;
  await world.push(waiting(`rt.waitForSegment('vip', { timeout: { days: 1 } })`));
  await world.add('ada');
  // The runner is busy with bob while ada comes and goes.
  during(async () => {
    for (const vip of [true, false]) {
      await world.submit({ type: 'user', id: 'ada', attributes: { vip }, mode: 'merge' });
      await evaluated(world, 'ada');
    }
  });
  await world.add('bob');
  expect(world.mail).toEqual(['hello → ada@example.com']);
});

test('a run that was cancelled while it was advanced stays so, and does nothing of what it was about to do', async () => {
  await using interrupt = await interrupted();
  const { world, during } = interrupt;
  await world.push(
    configOf({
      segments: `on: ${flagged('on')}`,
      campaigns: `c: { segments: ['on'], behavior: 'dynamic', flow: function* (ctx, rt) {
        yield rt.emit('note'); yield rt.updateUser({ done: true }); yield rt.sendEmail('hello'); } }`,
    }),
  );
  during(async () => {
    await world.submit({ type: 'user', id: 'ada', attributes: { on: false }, mode: 'merge' });
    await evaluated(world, 'ada');
  });
  await world.add('ada', { on: true });
  expect((await world.runsOf('ada'))[0]).toMatchObject({ status: 'cancelled', steps: [] });
  expect(await world.store.eventsOfUser('ada', 10)).toEqual([]);
  expect((await world.store.getUser('ada'))!.attributes).toEqual({ email: 'ada@example.com', on: false });
  expect(world.mail).toEqual([]);
});

test('a move while the wait for a time of day is being committed is not missed', async () => {
  await using interrupt = await interrupted();
  const { world, during } = interrupt;
  await world.push(waiting(`rt.waitUntil({ time: '09:00' })`));
  during(async () => {
    await world.submit({ type: 'user', id: 'ada', attributes: { timezone: 'Europe/Berlin' }, mode: 'merge' });
    await evaluated(world, 'ada');
  });
  await world.add('ada', { timezone: 'America/New_York' });
  expect((await world.store.runsOfUser('ada', 1))[0]!.wakeAt).toBe(Date.parse('2026-01-01T08:00:00Z'));
});

test('who came into the segment and left it while the run was looked at for something else has been in it', async () => {
  await using world = await engineWorld();
  await world.push(
    waiting(
      `rt.race({ a: rt.waitForEvent('purchase', { match: { n: 1 } }), b: rt.waitForSegment('vip'), c: rt.wait({ days: 9 }) })`,
    ),
  );
  await world.add('ada');
  const { store } = world;
  await world.engine.stop();
  // The runner has found that this event is none it waits for, and is about to write so.
  const answersBefore = store.eventsAfter.bind(store);
  let once = true;
  const slow = {
    ...store,
    eventsAfter: async (queries: Parameters<typeof answersBefore>[0]) => {
      const found = await answersBefore(queries);
      if (queries.length === 0 || !once) return found;
      once = false;
      for (const vip of [true, false]) {
        await other.submit({ type: 'user', id: 'ada', attributes: { vip }, mode: 'merge' });
        await evaluated(other, 'ada');
      }
      return found;
    },
  };
  const other = new World({ clock: world.clock, postmark: world.postmark, store: slow, host: world.host });
  await other.start();
  await other.emit('ada', 'purchase', { n: 2 });
  await other.engine.stop();
  expect(world.mail).toEqual(['hello → ada@example.com']);
});
