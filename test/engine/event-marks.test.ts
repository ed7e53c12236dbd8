import { expect, test } from 'bun:test';
import { configOf, engineWorld, type World } from './world.ts';

/** Users who did `name`. */
const did = (name: string) =>
  `{ evaluator: (db) => db.select({ id: schema.events.userId }).from(schema.events).where(eq(schema.events.name, '${name}')) }`;

/** What the store is told to evaluate because of these operations. */
async function marksOf(world: World, work: () => Promise<unknown>): Promise<string[]> {
  await world.engine.stop();
  const marks: string[] = [];
  const { store } = world;
  const spied = {
    ...store,
    transaction: ((run, fence) =>
      store.transaction((tx) => {
        const markDirty: typeof tx.markDirty = (list) => {
          marks.push(...list.map(({ userId, cause, subject }) => `${userId} ${cause} ${subject}`));
          return tx.markDirty(list);
        };
        return run({ ...tx, markDirty });
      }, fence)) as World['store']['transaction'],
  };
  Object.assign(world, { store: spied });
  await world.start();
  await work();
  await world.engine.stop();
  Object.assign(world, { store });
  await world.start();
  return marks;
}

test('an event that nothing reads is stored, and nobody is evaluated for it', async () => {
  await using world = await engineWorld();
  await world.push(configOf({ segments: `buyers: ${did('purchase')}` }));
  await world.add('ada');
  const marks = await marksOf(world, async () => {
    await world.emit('ada', 'viewed');
    await world.emit('ada', 'purchase');
  });
  expect(marks).toEqual(['ada event purchase']);
  expect((await world.store.eventsOfUser('ada', 10)).map(({ name }) => name).toSorted()).toEqual([
    'purchase',
    'viewed',
  ]);
});

test('an event that only a run waits for wakes that run', async () => {
  await using world = await engineWorld();
  await world.push(
    configOf({
      campaigns: `c: { segments: ['everyone'], behavior: 'static', flow: function* (ctx, rt) {
        yield rt.waitForEvent('viewed', { match: { page: 2 } }); yield rt.sendEmail('hello'); } }`,
    }),
  );
  await world.add('ada');
  await world.add('bob');
  const marks = await marksOf(world, async () => {
    await world.emit('ada', 'other');
    await world.emit('ada', 'viewed', { page: 1 });
    await world.emit('ada', 'viewed', { page: 2 });
    await world.emit('ada', 'viewed', { page: 2 });
  });
  expect(marks).toEqual(['ada event viewed', 'ada event viewed']);
  expect(world.mail).toEqual(['hello → ada@example.com']);
});

test('exitWhen and goal are reached by events that no segment reads', async () => {
  await using world = await engineWorld();
  await world.push(
    configOf({
      campaigns: `
        left: { segments: ['everyone'], behavior: 'static', exitWhen: { event: 'cancelled' }, flow: function* (ctx, rt) { yield rt.wait({ days: 1 }); } },
        won: { segments: ['everyone'], behavior: 'static', goal: { event: 'paid', within: { days: 1 } }, flow: function* (ctx, rt) { yield rt.wait({ days: 1 }); } }`,
    }),
  );
  await world.add('ada');
  await world.advance('1 minute');
  await world.emit('ada', 'cancelled');
  await world.emit('ada', 'paid');
  const runs = new Map((await world.store.runsOfUser('ada', 10)).map((run) => [run.campaignId, run]));
  expect(runs.get('left')!.status).toBe('cancelled');
  expect(runs.get('won')!.convertedAt).not.toBeNull();
});

test('a deployment whose segments read events that nothing read before finds who did them', async () => {
  await using world = await engineWorld();
  await world.push(configOf({}));
  await world.add('ada');
  await world.add('bob');
  await world.emit('ada', 'viewed');
  await world.push(configOf({ segments: `viewers: ${did('viewed')}` }));
  await world.settle();
  const members = await world.store.memberships(['ada', 'bob']);
  expect(members.filter(({ segmentId }) => segmentId === 'viewers')).toEqual([
    { userId: 'ada', segmentId: 'viewers' },
  ]);
});

test('of events sent again together with new ones, only the new ones are stored', async () => {
  await using world = await engineWorld();
  await world.push(configOf({}));
  await world.add('ada');
  const event = (messageId: string) =>
    ({ type: 'event', userId: 'ada', name: 'viewed', attributes: {}, messageId }) as const;
  await world.submit(event('1'), event('2'));
  const answers = await world.submit(event('3'), event('2'), event('4'), event('4'), event('1'));
  expect(answers.map((answer) => answer.ok && answer.type === 'event' && answer.duplicate)).toEqual([
    false,
    true,
    false,
    true,
    true,
  ]);
  expect((await world.store.eventsOfUser('ada', 10)).map(({ messageId }) => messageId).toSorted()).toEqual([
    '1',
    '2',
    '3',
    '4',
  ]);
});
