import { expect, setDefaultTimeout, test } from 'bun:test';
import type { DeploymentChoice } from '../../src/engine/deployments/deployments.ts';
import { configOf, engineWorld, flagged, type World } from './world.ts';

setDefaultTimeout(180_000);

/** Runs in flight; SEGFLOW_TEST_RUNS=10000 for the full measure. */
const RUNS = Number(process.env.SEGFLOW_TEST_RUNS ?? 300);
const GROUPS = 6;

/* The seed's winback flow, and three deployments that change it under way. */

function winback(body: string): string {
  return configOf({
    templates: `'winback-email': { subject: 'We miss you', component }, survey: { subject: 'Why?', component }`,
    segments: `'winback-eligible': ${flagged('winback')}`,
    campaigns: `'winback-campaign': { segments: ['winback-eligible'], behavior: 'dynamic', flow: function* (ctx, rt) { ${body} } }`,
  });
}

const SEED = winback(`
  for (let i = 0; i < 8; i++) {
    yield rt.sendEmail('winback-email');
    yield rt.wait({ days: 2 ** i });
  }`);
/** A survey after the third email. */
const INSERTED = winback(`
  for (let i = 0; i < 8; i++) {
    yield rt.sendEmail('winback-email');
    if (i === 2) yield rt.sendEmail('survey');
    yield rt.wait({ days: 2 ** i });
  }`);
/** The fifth email and all after it are left out. */
const REMOVED = winback(`
  for (let i = 0; i < 4; i++) {
    yield rt.sendEmail('winback-email');
    yield rt.wait({ days: 2 ** i });
  }`);
/** The second wait is longer. */
const CHANGED = winback(`
  for (let i = 0; i < 8; i++) {
    yield rt.sendEmail('winback-email');
    yield rt.wait({ days: i === 1 ? 5 : 2 ** i });
  }`);

/** People who entered at different times, so that their runs are at different steps. */
async function runsInFlight(world: World): Promise<void> {
  await world.push(SEED);
  // They are now 0, 1, 3, 7, 15 and 31 days in: after the 1st, 2nd, … 6th email.
  for (const days of [16, 8, 4, 2, 1]) {
    await enter(world, days);
    await world.advance(`${days}d`);
  }
  await enter(world, 0);
}

async function enter(world: World, days: number): Promise<void> {
  await world.submit(
    ...Array.from({ length: RUNS / GROUPS }, (_, i) => ({
      type: 'user' as const,
      id: `u${days}-${i}`,
      attributes: { email: `u${days}-${i}@example.com`, winback: true },
      mode: 'upsert' as const,
    })),
  );
  await world.settle();
}

async function planned(world: World, source: string, choice: DeploymentChoice = {}) {
  const made = await world.engine.plans.make(await world.prepare(source), choice, 120_000);
  if (!('plan' in made)) throw new Error('the plan takes too long');
  return { plan: made.plan, runs: made.plan.campaigns[0]!.runs };
}

/** How many live runs follow which deployment, and how many are blocked. */
async function following(world: World) {
  const counts = new Map<string, number>();
  let blocked = 0;
  for (const campaignId of await world.store.liveCampaigns()) {
    const { groups } = await world.store.liveRunGroups(campaignId, 0, RUNS + 1);
    for (const group of groups) {
      counts.set(group.deploymentId, (counts.get(group.deploymentId) ?? 0) + group.count);
      if (group.blocked) blocked += group.count;
    }
  }
  return { counts, blocked };
}

const GROUP = RUNS / GROUPS;
const cases: [
  string,
  string,
  {
    migrate: number;
    stay: number;
    divergences: [count: number, step: number, recorded: string, yielded: string][];
  },
][] = [
  // Runs wait after their 1st to 6th email; those after the third or later have passed the place of the survey.
  ['an inserted step', INSERTED, { migrate: 2, stay: 4, divergences: [[4, 6, 'wait 4d', 'email survey']] }],
  // Those after the fifth email have done what the flow now leaves out.
  [
    'removed steps',
    REMOVED,
    { migrate: 4, stay: 2, divergences: [[2, 9, 'email winback-email', 'the end of the flow']] },
  ],
  // A wait is a wait: who is in it keeps the deadline it had, who comes to it gets the new one.
  ['a changed wait', CHANGED, { migrate: 6, stay: 0, divergences: [] }],
];

test.each(cases)('%s: runs move and stay as the plan said', async (_name, source, expected) => {
  await using world = await engineWorld();
  await runsInFlight(world);
  const old = (await world.store.activeDeployment())!.id;
  const sent = world.mail.length;
  const { plan, runs } = await planned(world, source);
  expect(runs).toMatchObject({
    live: RUNS,
    migrate: expected.migrate * GROUP,
    stay: expected.stay * GROUP,
    block: 0,
    cancel: 0,
    estimated: false,
  });
  expect(runs.divergences).toEqual(
    expected.divergences.map(([groups, step, recorded, yielded]) => ({
      count: groups * GROUP,
      step,
      recorded,
      yielded,
      deployment: old,
    })),
  );
  expect(plan.people).toBe(0);
  await world.push(source, { plan: plan.token });
  await world.settle();
  expect(world.mail).toHaveLength(sent);

  // By 32 days everyone has woken once; runs that reached their end meanwhile are told by their deployment too.
  await world.advance('32d');
  const { counts, blocked } = await following(world);
  expect(blocked).toBe(0);
  const ended = (await world.store.counts()).runs.completed ?? 0;
  const active = (await world.store.activeDeployment())!.id;
  expect(counts.get(old) ?? 0).toBe(runs.stay);
  expect((counts.get(active) ?? 0) + ended).toBe(runs.migrate);
  expect(world.errors).toEqual([]);
});

test('code that goes by an attribute nobody had asked for yet is tried on each run of a history', async () => {
  await using world = await engineWorld();
  await runsInFlight(world);
  await world.submit(
    ...Array.from({ length: GROUP / 5 }, (_, i) => ({
      type: 'user' as const,
      id: `u0-${i}`,
      attributes: { vip: true },
      mode: 'merge' as const,
    })),
  );
  await world.settle();
  const source = winback(`
    if (ctx.attributes.vip) yield rt.sendEmail('survey');
    for (let i = 0; i < 8; i++) {
      yield rt.sendEmail('winback-email');
      yield rt.wait({ days: 2 ** i });
    }`);
  const { runs } = await planned(world, source);
  expect(runs).toMatchObject({
    live: RUNS,
    migrate: RUNS - GROUP / 5,
    stay: GROUP / 5,
    block: 0,
    estimated: false,
  });
  await world.push(source);
  await world.advance('32d');
  const { counts } = await following(world);
  expect(counts.get((await world.store.activeDeployment())!.id)).toBe(runs.migrate);
});

test('a run that its own code does not follow any more would block, blocks, and is freed by a fix', async () => {
  await using world = await engineWorld();
  // Code that goes by something outside of the flow follows no history for long.
  const fickle = winback(`
    yield rt.sendEmail(globalThis.fickle ? 'survey' : 'winback-email');
    globalThis.fickle = true;
    yield rt.wait({ days: 1 });`);
  await world.push(fickle);
  await enter(world, 0);
  // In each child process the first run that continues makes the code take another way for all the others. On a busy
  // machine a slow batch is retried in another child.
  expect((await following(world)).blocked).toBeGreaterThan(GROUP / 2);
  const other = winback(`yield rt.sendEmail('survey'); yield rt.wait({ days: 2 });`);
  const { runs } = await planned(world, other);
  expect(runs).toMatchObject({ live: GROUP, migrate: 0, stay: 0, block: GROUP });
  await world.push(other);
  await world.advance('1d');
  expect((await following(world)).blocked).toBe(GROUP);
  const fix = winback(`yield rt.sendEmail('winback-email'); yield rt.wait({ days: 2 });`);
  const after = await planned(world, fix);
  expect(after.runs).toMatchObject({ migrate: GROUP, unblock: GROUP, block: 0 });
  await world.push(fix);
  await world.advance('3d');
  expect((await world.store.counts()).runs).toEqual({ completed: GROUP });
  expect(world.mail).toHaveLength(GROUP);
});

test('what diverged runs back to a deployment that follows it', async () => {
  await using world = await engineWorld();
  await runsInFlight(world);
  await world.push(CHANGED);
  await world.settle();
  const former = await world.engine.deployments.former();
  const made = await world.engine.plans.make(former, {}, 60_000);
  if (!('plan' in made)) throw new Error('no plan');
  expect(made.plan.campaigns[0]!.runs).toMatchObject({ live: RUNS, migrate: RUNS, stay: 0 });
  await world.engine.activate(former, { plan: made.plan.token });
  await world.advance('32d');
  expect([...(await following(world)).counts.keys()]).toEqual([former.id]);
});
