import { expect, setDefaultTimeout, test } from 'bun:test';
import { configOf, engineWorld, flagged, type World } from './world.ts';

setDefaultTimeout(180_000);

const withFlow = (body: string) =>
  configOf({
    segments: `nobody: ${flagged('nobody')}`,
    campaigns: `c: { segments: ['everyone'], behavior: 'static', flow: function* (ctx, rt) { ${body} } }`,
  });

/** What those who would enter are foreseen to be mailed. */
async function foreseen(world: World, body: string) {
  const made = await world.engine.plans.make(await world.prepare(withFlow(body)), {}, 60_000);
  if (!('plan' in made)) throw new Error('the plan takes too long');
  return made.plan.campaigns[0]!.messages;
}

test('a flow that fails for those who enter is told before', async () => {
  await using world = await engineWorld();
  for (let i = 0; i < 6; i++) await world.add(`u${i}`, { vip: i % 3 === 0 });
  const failing = await foreseen(
    world,
    `yield rt.sendEmail('hello'); if (ctx.attributes.vip) ctx.attributes.plan.name;`,
  );
  expect(failing).toMatchObject({ now: 6, failing: { count: 2 } });
  expect(failing.failing!.reason).toMatch(/^TypeError: .*\n {4}at .*\(segflow\.config\.tsx?:\d+:\d+\)$/);
  expect(await foreseen(world, `yield rt.sendEmail('hello');`)).not.toHaveProperty('failing');
});

test('of several reasons why a flow fails, the one of most people is told', async () => {
  await using world = await engineWorld();
  for (let i = 0; i < 6; i++) await world.add(`u${i}`, { n: i });
  // The rarer ones come first and last.
  const body = `if (ctx.attributes.n < 1) throw new Error('first'); if (ctx.attributes.n > 4) throw new Error('last');
    if (ctx.attributes.n > 1) throw new Error('most');`;
  const { failing } = await foreseen(world, body);
  expect(failing).toMatchObject({ count: 5, reason: expect.stringMatching(/^Error: most/) });
});

test.each([
  ['nothing is waited for', '', { now: 2, later: 0, more: false }],
  ['a wait', 'yield rt.wait({ days: 3 });', { now: 1, later: 1, more: false }],
  [
    'a wait beyond the year that is looked ahead',
    'yield rt.wait({ days: 366 });',
    { now: 1, later: 0, more: true },
  ],
  ['a time of the day', "yield rt.waitUntil({ time: '09:30' });", { now: 1, later: 1, more: false }],
  [
    'an event that does not come',
    "yield rt.waitForEvent('x', { timeout: { days: 2 } });",
    { now: 1, later: 1, more: false },
  ],
  ['an event without a timeout', "yield rt.waitForEvent('x');", { now: 1, later: 0, more: true }],
  ['a segment they are in', "yield rt.waitForSegment('everyone');", { now: 2, later: 0, more: false }],
  [
    'a segment they are not in',
    "yield rt.waitForSegment('nobody', { timeout: { days: 2 } });",
    { now: 1, later: 1, more: false },
  ],
  [
    'the earliest of a race',
    `const won = yield* rt.race({ late: rt.wait({ days: 400 }), soon: rt.wait({ days: 1 }), later: rt.wait({ days: 2 }) });
     if (won.label !== 'soon') throw new Error('the wrong one won: ' + won.label);`,
    { now: 1, later: 1, more: false },
  ],
])('the second mail after %s', async (_what, wait, expected) => {
  await using world = await engineWorld();
  await world.add('ada', { timezone: 'UTC' });
  const found = await foreseen(world, `yield rt.sendEmail('hello'); ${wait} yield rt.sendEmail('hello');`);
  expect(found).not.toHaveProperty('failing');
  expect(found).toMatchObject(expected);
});
