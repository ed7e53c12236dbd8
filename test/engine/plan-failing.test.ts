import { expect, setDefaultTimeout, test } from 'bun:test';
import { configOf, engineWorld } from './world.ts';

setDefaultTimeout(180_000);

const withFlow = (body: string) =>
  configOf({
    campaigns: `c: { segments: ['everyone'], behavior: 'static', flow: function* (ctx, rt) { ${body} } }`,
  });

test('a flow that fails for those who enter is told before', async () => {
  await using world = await engineWorld();
  for (let i = 0; i < 6; i++) await world.add(`u${i}`, { vip: i % 3 === 0 });
  const foreseen = async (body: string) => {
    const made = await world.engine.plans.make(await world.prepare(withFlow(body)), {}, 60_000);
    if (!('plan' in made)) throw new Error('the plan takes too long');
    return made.plan.campaigns[0]!.messages;
  };
  const failing = await foreseen(
    `yield rt.sendEmail('hello'); if (ctx.attributes.vip) ctx.attributes.plan.name;`,
  );
  expect(failing).toMatchObject({ now: 6, failing: { count: 2 } });
  expect(failing.failing!.reason).toMatch(/^TypeError: .*\n {4}at .*\(segflow\.config\.tsx?:\d+:\d+\)$/);
  expect(await foreseen(`yield rt.sendEmail('hello');`)).not.toHaveProperty('failing');
});
