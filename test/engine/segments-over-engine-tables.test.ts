import { expect, test } from 'bun:test';
import { configOf, engineWorld, flagged, type World } from './world.ts';

/* Members of a segment over the engine's own tables change without their attributes or events changing. */

const from = (table: string, where: string) =>
  `{ evaluator: (db) => db.select({ id: schema.${table}.userId }).from(schema.${table}).where(${where}).groupBy(schema.${table}.userId) }`;

/** Written with Drizzle, and as SQL of one's own. */
const SEGMENTS = {
  mailed: from('messages', "eq(schema.messages.status, 'sent')"),
  finished: from('runs', "eq(schema.runs.status, 'completed')"),
  members: from('segmentMembers', "eq(schema.segmentMembers.segmentId, 'vip')"),
  'mailed-raw':
    "{ evaluator: (db) => sql`select distinct user_id as id from messages where status = 'sent'` }",
  'of-members':
    "{ evaluator: (db) => sql`select user_id from segment_members where segment_id = 'members'` }",
  // Who is counted depends on others.
  'much-mailed':
    "{ evaluator: (db) => sql`select id from users where (select count(*) from messages where status = 'sent') >= 1` }",
  // Changes what it reads, for ever.
  restless:
    "{ evaluator: (db) => sql`select id from users where id not in (select user_id from segment_members where segment_id = 'restless')` }",
};

const CONFIG = configOf({
  segments: `vip: ${flagged('vip')}, ${Object.entries(SEGMENTS)
    .map(([name, source]) => `'${name}': ${source}`)
    .join(', ')}`,
  campaigns: `c: { segments: ['everyone'], behavior: 'static', flow: function* (ctx, rt) {
    yield rt.wait({ days: 1 }); yield rt.sendEmail('hello'); yield rt.wait({ days: 1 }); } }`,
});

async function isIn(world: World, segment: keyof typeof SEGMENTS): Promise<boolean> {
  return (await world.segmentsOf('ada')).includes(segment);
}

test.each(['mailed', 'mailed-raw', 'much-mailed'] as const)(
  '%s: follows the messages within seconds',
  async (segment) => {
    await using world = await engineWorld();
    await world.push(CONFIG);
    await world.add('ada');
    await world.advance('23h');
    expect(await isIn(world, segment)).toBe(false);
    await world.advance('1h');
    await world.advance('5s');
    expect(world.mail).toHaveLength(1);
    expect(await isIn(world, segment)).toBe(true);
  },
);

test('follows the runs', async () => {
  await using world = await engineWorld();
  await world.push(CONFIG);
  await world.add('ada');
  await world.advance('47h');
  expect(await isIn(world, 'finished')).toBe(false);
  await world.advance('1h');
  await world.advance('5s');
  expect(await isIn(world, 'finished')).toBe(true);
});

test('follows the members of another segment, and those who follow these', async () => {
  await using world = await engineWorld();
  await world.push(CONFIG);
  await world.add('ada');
  await world.advance('2m');
  expect(await isIn(world, 'members')).toBe(false);
  for (const vip of [true, false]) {
    await world.add('ada', { vip });
    await world.advance('20s');
    expect(await isIn(world, 'members')).toBe(vip);
    expect(await isIn(world, 'of-members')).toBe(vip);
  }
});

test('a segment that changes what it reads does not keep the engine busy', async () => {
  await using world = await engineWorld();
  await world.push(CONFIG);
  await world.add('ada');
  let changes = 0;
  let before = await isIn(world, 'restless');
  for (let second = 0; second < 300; second++) {
    await world.advance('1s');
    const now = await isIn(world, 'restless');
    if (now !== before) changes++;
    before = now;
  }
  expect(changes).toBeGreaterThan(3);
  expect(changes).toBeLessThan(15);
});
