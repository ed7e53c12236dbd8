import { expect, setDefaultTimeout, test } from 'bun:test';
import type { DeploymentChoice } from '../../src/engine/deployments/deployments.ts';
import type { Plan } from '../../src/protocol/plan.ts';
import { configOf, engineWorld, flagged, type World } from './world.ts';

setDefaultTimeout(180_000);

const TEMPLATES = ['a', 'b', 'c'].map((id) => `${id}: { subject: '${id}', component }`).join(', ');

/** A config with the campaign `c` over `everyone`, or over another segment. */
function withFlow(
  body: string,
  options: { segment?: string; behavior?: string; more?: string } = {},
): string {
  const { segment = 'everyone', behavior = 'static', more = '' } = options;
  return configOf({
    templates: TEMPLATES,
    segments: `vip: ${flagged('vip')}, lapsed: ${flagged('lapsed')}`,
    campaigns: `c: { segments: ['${segment}'], behavior: '${behavior}', flow: function* (ctx, rt) { ${body} } }, ${more}`,
  });
}

async function planOf(world: World, source: string, choice: DeploymentChoice = {}): Promise<Plan> {
  const made = await world.engine.plans.make(await world.prepare(source), choice, 60_000);
  if (!('plan' in made)) throw new Error('the plan takes too long');
  return made.plan;
}

function campaign(plan: Plan, id = 'c') {
  return plan.campaigns.find((item) => item.id === id)!;
}

async function addMany(
  world: World,
  count: number,
  attributes: (i: number) => Record<string, boolean> = () => ({}),
) {
  await world.submit(
    ...Array.from({ length: count }, (_, i) => ({
      type: 'user' as const,
      id: `u${i}`,
      attributes: { email: `u${i}@example.com`, ...attributes(i) },
      mode: 'upsert' as const,
    })),
  );
  await world.settle();
}

test('who would enter and what they would be sent is what then happens', async () => {
  await using world = await engineWorld();
  await addMany(world, 1_500, (i) => ({ vip: i % 3 === 0, lapsed: i % 2 === 0 }));
  const source = withFlow(
    `yield rt.sendEmail('a'); yield rt.sendEmail('b'); yield rt.wait({ days: 3 }); if (ctx.attributes.lapsed) yield rt.sendEmail('c');`,
    { segment: 'vip' },
  );
  const plan = await planOf(world, source);
  expect(world.mail).toEqual([]);
  expect(await world.store.activeDeployment()).toBeUndefined();
  expect(plan).toMatchObject({ changed: true, people: 500, confirm: false });
  expect(plan.segments).toEqual([
    { id: 'everyone', change: 'added', members: 0, enter: 1_500, leave: 0 },
    { id: 'vip', change: 'added', members: 0, enter: 500, leave: 0 },
    { id: 'lapsed', change: 'added', members: 0, enter: 750, leave: 0 },
  ]);
  expect(campaign(plan)).toMatchObject({
    change: 'added',
    enter: 500,
    messages: { now: 1_000, later: 250, more: false, estimated: false },
    runs: { live: 0 },
  });
  expect(plan.templates).toEqual({ added: ['hello', 'a', 'b', 'c'], removed: [], changed: [] });

  await world.push(source);
  await world.settle();
  expect(world.mail).toHaveLength(1_000);
  await world.advance('3d');
  expect(world.mail).toHaveLength(1_250);
});

test('whoever enters several campaigns is mailed as one, and who is not mailed is not counted', async () => {
  await using world = await engineWorld();
  await addMany(world, 30, (i) => ({ vip: i < 10, lapsed: i >= 20 }));
  const more = `
    d: { segments: ['vip'], behavior: 'static', flow: function* (ctx, rt) { yield rt.sendEmail('b'); } },
    silent: { segments: ['lapsed'], behavior: 'static', flow: function* (ctx, rt) { yield rt.wait({ days: 1 }); } },`;
  const plan = await planOf(world, withFlow(`yield rt.sendEmail('a');`, { segment: 'vip', more }));
  expect(plan.campaigns.map(({ id, enter }) => [id, enter])).toEqual([
    ['c', 10],
    ['d', 10],
    ['silent', 10],
  ]);
  expect(plan.people).toBe(10);
});

test('an endless flow is foreseen for a year', async () => {
  await using world = await engineWorld();
  await addMany(world, 3);
  const plan = await planOf(
    world,
    withFlow(`while (true) { yield rt.sendEmail('a'); yield rt.wait({ days: 30 }); }`),
  );
  expect(campaign(plan).messages).toEqual({ now: 3, later: 36, more: true, estimated: false });
});

test('an email a day is counted to the end of the year', async () => {
  await using world = await engineWorld();
  await addMany(world, 2);
  const plan = await planOf(
    world,
    withFlow(`while (true) { yield rt.sendEmail('a'); yield rt.wait({ days: 1 }); }`),
  );
  expect(campaign(plan).messages).toEqual({ now: 2, later: 2 * 365, more: true, estimated: false });
});

test('side effects are not done for a plan', async () => {
  await using world = await engineWorld();
  await addMany(world, 3);
  const plan = await planOf(
    world,
    withFlow(
      `yield rt.sendEmail('a'); yield rt.run('hook', () => { throw new Error('was called'); }); yield rt.sendEmail('b');`,
    ),
  );
  expect(campaign(plan).messages).toEqual({ now: 3, later: 0, more: true, estimated: false });
});

test('a segment that changes moves people, and ends runs of a dynamic campaign', async () => {
  await using world = await engineWorld();
  await addMany(world, 300, (i) => ({ vip: i < 100, lapsed: i >= 60 && i < 200 }));
  const flow = `while (true) { yield rt.sendEmail('a'); yield rt.wait({ days: 7 }); }`;
  await world.push(withFlow(flow, { segment: 'vip', behavior: 'dynamic' }));
  await world.settle();
  expect(world.mail).toHaveLength(100);

  // The same segment by another rule: 60 leave, 40 stay, 100 come.
  const changed = withFlow(flow, { segment: 'vip', behavior: 'dynamic' }).replace("'$.vip'", "'$.lapsed'");
  const plan = await planOf(world, changed);
  expect(plan.segments.find(({ id }) => id === 'vip')).toEqual({
    id: 'vip',
    change: 'changed',
    members: 100,
    enter: 100,
    leave: 60,
  });
  expect(campaign(plan)).toMatchObject({ enter: 100, runs: { live: 100, migrate: 100, cancel: 60 } });
  await world.push(changed);
  await world.settle();
  expect(world.mail).toHaveLength(200);
  expect((await world.store.counts()).runs).toEqual({ sleeping: 140, cancelled: 60 });
});

test('a campaign and a segment that go', async () => {
  await using world = await engineWorld();
  await addMany(world, 30, (i) => ({ vip: i < 10 }));
  await world.push(withFlow(`yield rt.wait({ days: 1 });`, { segment: 'vip' }));
  await world.settle();
  const plan = await planOf(world, configOf({}));
  expect(plan.segments).toEqual([
    { id: 'everyone', change: 'unchanged', members: 30, enter: 0, leave: 0 },
    { id: 'vip', change: 'removed', members: 10, enter: 0, leave: 10 },
    { id: 'lapsed', change: 'removed', members: 0, enter: 0, leave: 0 },
  ]);
  expect(campaign(plan)).toMatchObject({ change: 'removed', enter: 0, runs: { live: 10, cancel: 10 } });
  expect(plan.templates.removed).toEqual(['a', 'b', 'c']);
});

test('nothing changes when the same is pushed again', async () => {
  await using world = await engineWorld();
  await addMany(world, 3);
  const source = withFlow(`yield rt.sendEmail('a');`);
  await world.push(source);
  await world.settle();
  expect(await planOf(world, source)).toMatchObject({ changed: false, people: 0 });
});

test('content that changes is named', async () => {
  await using world = await engineWorld();
  const source = withFlow(`yield rt.sendEmail('a');`);
  await world.push(source);
  const other = source.replace("subject: 'b'", "subject: 'bb'").replace("sendEmail('a')", "sendEmail('b')");
  const plan = await planOf(world, other);
  expect(plan.templates).toEqual({ added: [], removed: [], changed: ['b'] });
  expect(campaign(plan).change).toBe('changed');
});

test('a plan is void once another deployment came between', async () => {
  await using world = await engineWorld();
  const mine = withFlow(`yield rt.sendEmail('a');`);
  const plan = await planOf(world, mine);
  await world.push(withFlow(`yield rt.sendEmail('b');`));
  const prepared = await world.prepare(mine);
  const before = (await world.store.activeDeployment())!.id;
  await expect(world.engine.activate(prepared, { plan: plan.token })).rejects.toMatchObject({
    code: 'conflict',
  });
  expect((await world.store.activeDeployment())!.id).toBe(before);
  const again = await planOf(world, mine);
  expect(again.token).not.toBe(plan.token);
  await expect(
    world.engine.activate(prepared, { plan: again.token, inFlight: 'cancel' }),
  ).rejects.toMatchObject({
    code: 'conflict',
  });
  expect(await world.engine.activate(prepared, { plan: again.token })).toMatchObject({ changed: true });
});

test('--existing=skip keeps those out who qualify already, across a restart, and lets others in', async () => {
  await using world = await engineWorld();
  await world.push(configOf({}));
  await addMany(world, 1_200, (i) => ({ vip: i < 1_100 }));
  const source = withFlow(`yield rt.sendEmail('a');`, { segment: 'vip', behavior: 'dynamic' });
  const plan = await planOf(world, source, { existing: 'skip' });
  expect(campaign(plan)).toMatchObject({ enter: 0, skip: 1_100 });
  expect(plan.people).toBe(0);
  await world.push(source, { existing: 'skip', plan: plan.token });
  await world.restart();
  await world.settle();
  expect(world.mail).toEqual([]);
  expect((await world.store.counts()).runs).toEqual({ cancelled: 1_100 });
  expect(await world.runsOf('u0')).toMatchObject([
    { status: 'cancelled', reason: expect.stringContaining('skip') },
  ]);

  // Who comes to qualify afterwards enters, and so does who came back.
  await world.add('u1150', { vip: true });
  await world.add('new', { vip: true });
  await world.add('u5', { vip: false });
  expect(world.mail).toHaveLength(2);
  await world.add('u5', { vip: true });
  expect(world.mail).toHaveLength(3);

  // A later deployment does not bring them in.
  await world.push(source.replace("sendEmail('a')", "sendEmail('b')"));
  await world.settle();
  expect(world.mail).toHaveLength(3);
});

test('a deployment in the midst of a skipping one still skips those whom it had not reached', async () => {
  await using world = await engineWorld();
  await addMany(world, 1_200);
  const source = withFlow(`yield rt.sendEmail('a');`);
  await world.push(source, { existing: 'skip' });
  await world.push(source.replace("sendEmail('a')", "sendEmail('b')"));
  await world.settle();
  expect(world.mail).toEqual([]);
});

test.each(['pin', 'restart', 'cancel'] as const)('--in-flight=%s does as planned', async (inFlight) => {
  await using world = await engineWorld();
  await addMany(world, 1_100);
  const flow = (last: string) =>
    withFlow(`yield rt.sendEmail('a'); yield rt.wait({ days: 1 }); yield rt.sendEmail('${last}');`);
  await world.push(flow('b'));
  await world.settle();
  expect(world.mail).toHaveLength(1_100);
  const plan = await planOf(world, flow('c'), { inFlight });
  const expected = {
    pin: { enter: 0, runs: { live: 1_100, migrate: 0, stay: 1_100, pinned: 1_100, restart: 0, cancel: 0 } },
    restart: { enter: 1_100, runs: { live: 1_100, migrate: 0, stay: 0, restart: 1_100, cancel: 0 } },
    cancel: { enter: 0, runs: { live: 1_100, migrate: 0, stay: 0, restart: 0, cancel: 1_100 } },
  }[inFlight];
  expect(campaign(plan)).toMatchObject(expected);
  await world.push(flow('c'), { inFlight, plan: plan.token });
  await world.settle();
  await world.advance('2d');
  const sent = (template: string) => world.mail.filter((line) => line.startsWith(template)).length;
  expect([sent('a'), sent('b'), sent('c')]).toEqual(
    { pin: [1_100, 1_100, 0], restart: [2_200, 0, 1_100], cancel: [1_100, 0, 0] }[inFlight],
  );
});

test.each(['static', 'dynamic'])(
  'who starts a %s campaign over has the event of the entry',
  async (behavior) => {
    await using world = await engineWorld();
    const config = (words: string) =>
      configOf({
        segments: `buyers: { evaluator: (db) => db.selectDistinct({ id: schema.events.userId }).from(schema.events).where(eq(schema.events.name, 'purchase')) }`,
        campaigns: `c: { segments: ['buyers'], behavior: '${behavior}', flow: function* (ctx, rt) {
        yield rt.sendEmail('hello', { subject: '${words} ' + ctx.event?.attributes.item }); yield rt.wait({ days: 1 }); } }`,
      });
    await world.push(config('first'));
    await world.add('ada');
    await world.emit('ada', 'purchase', { item: 'book' });
    await world.emit('ada', 'login');
    await world.push(config('again'), { inFlight: 'restart' });
    await world.settle();
    expect(world.postmark.accepted.map(({ message }) => message.Subject)).toEqual([
      'first book',
      'again book',
    ]);
  },
);

test('the former deployment is returned to, with the same plan', async () => {
  await using world = await engineWorld();
  await addMany(world, 20);
  const flow = (last: string) => withFlow(`yield rt.wait({ days: 1 }); yield rt.sendEmail('${last}');`);
  const { deployments, plans } = world.engine;
  await expect(deployments.former()).rejects.toMatchObject({ code: 'not_found' });
  const first = await world.push(flow('a'));
  await world.settle();
  await expect(deployments.former()).rejects.toMatchObject({ code: 'not_found' });
  const second = await world.push(flow('b'));
  await world.settle();
  const former = await deployments.former(undefined, { by: 'Ada', host: 'laptop' });
  expect(former.id).toBe(first.deployment.id);
  const made = await plans.make(former, {}, 60_000);
  if (!('plan' in made)) throw new Error('no plan');
  expect(campaign(made.plan)).toMatchObject({ change: 'changed', enter: 0, runs: { live: 20, migrate: 20 } });
  await world.engine.activate(former, { plan: made.plan.token });
  const [latest] = (await world.store.listDeployments(10)).toSorted(
    (a, b) => b.activatedAt! - a.activatedAt!,
  );
  expect(latest).toMatchObject({
    id: first.deployment.id,
    origin: { rolledBackBy: 'Ada', rolledBackFrom: 'laptop' },
  });
  // Pushed again, or returned to by nobody knows whom: that was then.
  expect((await deployments.former(first.deployment.id)).row.origin).toEqual({});
  await world.advance('1d');
  expect(world.mail.filter((line) => line.startsWith('a'))).toHaveLength(20);
  expect((await deployments.former()).id).toBe(second.deployment.id);
  expect((await deployments.former(second.deployment.id.slice(0, 8))).id).toBe(second.deployment.id);
  await expect(deployments.former('nope')).rejects.toMatchObject({ code: 'not_found' });
});
