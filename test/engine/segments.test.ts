import { expect, test } from 'bun:test';
import { configOf, engineWorld, flagged } from './world.ts';

const DAY = 86_400_000;

/** Who has an event of this name within the last `days`, by the clock of the database. */
const recently = (name: string, days: number, triggers = '') => `{
  evaluator: (db) => db.select({ id: schema.events.userId }).from(schema.events)
    .where(and(eq(schema.events.name, '${name}'), sql\`\${schema.events.createdAt} > now() - interval ${days} day\`))
    .groupBy(schema.events.userId), ${triggers} }`;

test('time alone changes the members of a segment with a clock in its SQL, within a minute', async () => {
  await using world = await engineWorld();
  await world.push(configOf({ segments: `active: ${recently('login', 7)}` }));
  await world.add('ada');
  await world.emit('ada', 'login');
  expect(await world.segmentsOf('ada')).toEqual(['active', 'everyone']);
  await world.advance('6d');
  expect(await world.segmentsOf('ada')).toEqual(['active', 'everyone']);
  await world.advance('1d2m');
  expect(await world.segmentsOf('ada')).toEqual(['everyone']);
});

test('so does a date that the evaluator computes', async () => {
  await using world = await engineWorld();
  await world.push(
    configOf({
      segments: `fresh: { evaluator: (db) => db.select({ id: schema.users.id }).from(schema.users)
        .where(gt(schema.users.createdAt, new Date(Date.now() - ${DAY}))) }`,
    }),
  );
  await world.add('ada');
  expect(await world.segmentsOf('ada')).toEqual(['everyone', 'fresh']);
  await world.advance('23h');
  expect(await world.segmentsOf('ada')).toEqual(['everyone', 'fresh']);
  await world.advance('1h2m');
  expect(await world.segmentsOf('ada')).toEqual(['everyone']);
});

test('a segment that time does not change is left alone', async () => {
  await using world = await engineWorld();
  await world.push(configOf({ segments: `vip: ${flagged('vip')}` }));
  await world.add('ada', { vip: true });
  await world.advance('1d');
  const { segments } = await world.store.counts();
  expect(segments.map(({ id, evaluatedAt }) => [id, evaluatedAt])).toEqual([
    ['everyone', null],
    ['vip', null],
  ]);
});

test('triggers.every: evaluated for everyone that often, not every minute', async () => {
  await using world = await engineWorld();
  await world.push(configOf({ segments: `active: ${recently('login', 1, "triggers: { every: '6h' }")}` }));
  const pushed = world.clock.now();
  await world.add('ada');
  await world.advance('1h');
  await world.emit('ada', 'login');
  await world.advance('28h');
  expect(await world.segmentsOf('ada')).toContain('active');
  expect((await world.store.counts()).segments[0]!.evaluatedAt).toBe(pushed + 24 * 3_600_000);
  await world.advance('1h');
  expect(await world.segmentsOf('ada')).not.toContain('active');
});

test('triggers.cron: evaluated for everyone at those times, UTC', async () => {
  await using world = await engineWorld();
  world.clock.set('2026-03-02T09:30:00Z');
  await world.push(
    configOf({ segments: `active: ${recently('login', 1, "triggers: { cron: '0 9 * * *' }")}` }),
  );
  await world.add('ada');
  await world.emit('ada', 'login');
  await world.advance('24h');
  expect(await world.segmentsOf('ada')).toContain('active');
  await world.advance('24h');
  expect(await world.segmentsOf('ada')).not.toContain('active');
  expect((await world.store.counts()).segments[0]!.evaluatedAt).toBe(Date.parse('2026-03-04T09:00:00Z'));
});

test('triggers.events: other events do not cause an evaluation, changed attributes do', async () => {
  await using world = await engineWorld();
  const counting = `{ evaluator: (db) => db.select({ id: schema.events.userId }).from(schema.events)
    .groupBy(schema.events.userId).having(sql\`count(*) >= 2\`), triggers: { events: ['purchase'] } }`;
  await world.push(configOf({ segments: `busy: ${counting}` }));
  await world.add('ada');
  await world.emit('ada', 'login');
  await world.emit('ada', 'login');
  expect(await world.segmentsOf('ada')).toEqual(['everyone']);
  await world.emit('ada', 'purchase');
  expect(await world.segmentsOf('ada')).toEqual(['busy', 'everyone']);

  await world.add('bob');
  await world.emit('bob', 'login');
  await world.emit('bob', 'login');
  await world.add('bob', { plan: 'pro' });
  expect(await world.segmentsOf('bob')).toEqual(['busy', 'everyone']);
});

test('a segment over everyone moves people whose own data did not change', async () => {
  await using world = await engineWorld();
  await world.push(
    configOf({
      segments: `oldest: { evaluator: (db) => db.select({ id: schema.users.id }).from(schema.users).orderBy(schema.users.createdAt).limit(1) }`,
    }),
  );
  await world.add('ada');
  world.clock.advance(1_000);
  await world.add('bob');
  expect(await world.segmentsOf('ada')).toContain('oldest');
  expect(await world.segmentsOf('bob')).not.toContain('oldest');
  await world.submit({ type: 'delete', id: 'ada' });
  await world.advance('5s');
  await world.add('cleo');
  await world.advance('5s');
  expect(await world.segmentsOf('bob')).toContain('oldest');
});

test('an evaluation that became due while nothing ran happens at the start', async () => {
  await using world = await engineWorld();
  await world.push(configOf({ segments: `active: ${recently('login', 7)}` }));
  await world.add('ada');
  await world.emit('ada', 'login');
  await world.engine.stop();
  world.clock.advance(8 * DAY);
  await world.start();
  await world.settle();
  expect(await world.segmentsOf('ada')).toEqual(['everyone']);
});
