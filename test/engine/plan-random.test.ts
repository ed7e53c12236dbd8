import { expect, setDefaultTimeout, test } from 'bun:test';
import type { Existing, InFlight } from '../../src/engine/deployments/plan-shape.ts';
import type { RunView } from '../../src/engine/ports/reads.ts';
import { isLive } from '../../src/engine/rules/qualification.ts';
import { seededRandom } from '../helpers/random.ts';
import { configOf, engineWorld, type World } from './world.ts';

setDefaultTimeout(180_000);

/* Random people, a random config, some time, another random config: what the plan says of it is what happens. */

const SEEDS = Number(process.env.SEGFLOW_TEST_SEEDS ?? 12);
const FIRST = Number(process.env.SEGFLOW_TEST_SEED ?? 1);
const PEOPLE = 60;
const FLAGS = ['a', 'b', 'c', 'd'];

const seeds = Array.from({ length: SEEDS }, (_, i) => FIRST + i);

test.each(seeds)('seed %d', async (seed) => {
  const random = seededRandom(seed);
  await using world = await engineWorld();
  const ids = Array.from({ length: PEOPLE }, (_, i) => `u${i}`);
  await world.submit(...ids.map((id) => upsert(id, random)));
  await world.push(randomConfig(random));
  await world.settle();
  for (let turn = 0; turn < 3; turn++) {
    await world.submit(...ids.filter(() => random() < 0.2).map((id) => upsert(id, random)));
    await world.advance(`${1 + Math.floor(random() * 40)}h`);
  }

  const inFlight = pick<InFlight>(random, ['migrate', 'migrate', 'migrate', 'pin', 'restart', 'cancel']);
  const existing = pick<Existing>(random, ['enter', 'enter', 'skip']);
  const before = await look(world, ids);
  const prepared = await world.prepare(randomConfig(random));
  const made = await world.engine.plans.make(prepared, { inFlight, existing }, 60_000);
  if (!('plan' in made)) throw new Error('no plan');
  const { plan } = made;
  expect(await look(world, ids)).toEqual(before);

  await world.engine.activate(prepared, { inFlight, existing, plan: plan.token });
  await world.settle();
  const after = await look(world, ids);
  for (const { id, enter, leave, members } of plan.segments) {
    const was = before.members.get(id) ?? new Set();
    const is = after.members.get(id) ?? new Set();
    expect([id, members, enter, leave]).toEqual([
      id,
      was.size,
      is.difference(was).size,
      was.difference(is).size,
    ]);
  }

  const old = new Set([...before.runs.keys()]);
  const begun = [...after.runs.values()].filter(({ id }) => !old.has(id));
  const ended = [...before.runs.values()].filter(
    (run) => isLive(run) && after.runs.get(run.id)!.status === 'cancelled',
  );
  for (const { id, enter, skip, runs, messages } of plan.campaigns) {
    const mine = (list: RunView[]) => list.filter(({ campaignId }) => campaignId === id);
    const skipped = mine(begun).filter(({ ending }) => ending === 'skipped');
    const anew = new Set(mine(begun).map(({ userId }) => userId));
    const restarted = mine(ended).filter(({ userId }) => inFlight === 'restart' && anew.has(userId));
    const sent = after.messages.filter(
      ({ campaignId, runId }) => campaignId === id && runId !== null && !old.has(runId),
    );
    expect({ id, enter, skip, now: messages.now, restart: runs.restart, cancel: runs.cancel }).toEqual({
      id,
      enter: mine(begun).length - skipped.length,
      skip: skipped.length,
      now: sent.length,
      restart: restarted.length,
      cancel: mine(ended).length - restarted.length,
    });
  }

  // Each run in flight takes up the new code, or not, when it wakes.
  await world.advance('20d');
  const later = await look(world, ids);
  for (const { id, runs } of plan.campaigns) {
    const flying = [...before.runs.values()].filter((run) => run.campaignId === id && isLive(run));
    expect([id, runs.live]).toEqual([id, flying.length]);
    if (inFlight === 'restart' || inFlight === 'cancel' || runs.cancel > 0) continue;
    const moved = flying.filter((run) => later.runs.get(run.id)!.deploymentId === prepared.id);
    expect([id, runs.migrate, runs.stay, runs.block]).toEqual([
      id,
      moved.length,
      flying.length - moved.length,
      0,
    ]);
  }
  expect(world.errors).toEqual([]);
});

// --- internal ---

type Random = () => number;

function upsert(id: string, random: Random) {
  const flags = Object.fromEntries(FLAGS.map((flag) => [flag, random() < 0.5]));
  const attributes = { email: `${id}@example.com`, ...flags };
  return { type: 'user' as const, id, attributes, mode: 'upsert' as const };
}

function pick<T>(random: Random, list: readonly T[]): T {
  return list[Math.floor(random() * list.length)]!;
}

function randomConfig(random: Random): string {
  const segments = ['s0', 's1', 's2'].filter(() => random() < 0.8);
  const rules = segments.map((id) => `${id}: ${randomSegment(random)}`).join(', ');
  const names = ['everyone', ...segments];
  const campaigns = ['c0', 'c1', 'c2']
    .filter(() => random() < 0.8)
    .map((id) => {
      const required = pick(random, names);
      const excluded = pick(random, names);
      const exclude = excluded !== required && random() < 0.3 ? `excludeSegments: ['${excluded}'],` : '';
      return `${id}: { segments: ['${required}'], ${exclude} behavior: '${pick(random, ['static', 'dynamic'])}',
        flow: function* (ctx, rt) { ${randomFlow(random)} } },`;
    });
  return configOf({
    templates: `x: { subject: 'x', component }, y: { subject: 'y', component }`,
    segments: rules,
    campaigns: campaigns.join('\n'),
  });
}

function randomSegment(random: Random): string {
  const condition = () => `\${schema.users.attributes}->'$.${pick(random, FLAGS)}' = ${random() < 0.5}`;
  const sql = random() < 0.5 ? condition() : `${condition()} ${pick(random, ['and', 'or'])} ${condition()}`;
  return `{ evaluator: (db) => db.select({ id: schema.users.id }).from(schema.users).where(sql\`${sql}\`) }`;
}

function randomFlow(random: Random): string {
  const steps = [
    `yield rt.sendEmail('x');`,
    `yield rt.sendEmail('y');`,
    'yield rt.wait({ hours: 7 });',
    'yield rt.wait({ days: 2 });',
    `if (ctx.attributes.${pick(random, FLAGS)}) yield rt.sendEmail('y');`,
  ];
  return Array.from({ length: 1 + Math.floor(random() * 5) }, () => pick(random, steps)).join(' ');
}

async function look(world: World, ids: string[]) {
  const members = new Map<string, Set<string>>();
  for (const { userId, segmentId } of await world.store.memberships(ids)) {
    const found = members.get(segmentId);
    if (found) found.add(userId);
    else members.set(segmentId, new Set([userId]));
  }
  const runs = new Map<number, RunView>();
  for (const id of ids) for (const run of await world.store.runsOfUser(id, 100)) runs.set(run.id, run);
  return { members, runs, messages: await world.store.listMessages({ limit: 10_000 }) };
}
