import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { valuesSeen } from '../../src/engine/explain/conditions.ts';
import { explain } from '../../src/engine/explain/explain.ts';
import { factsOf } from '../../src/sql/facts/facts.ts';
import { readQuery } from '../../src/sql/read/read-query.ts';
import { configOf, engineWorld, flagged, type World } from './world.ts';

setDefaultTimeout(180_000);

const BIG_SPENDERS = `{ evaluator: (db) => db.select({ id: schema.users.id }).from(schema.users)
  .innerJoin(schema.events, eq(schema.events.userId, schema.users.id)).where(eq(schema.events.name, 'purchase'))
  .groupBy(schema.users.id).having(sql\`sum(\${schema.events.attributes}->'$.value') > 1000\`) }`;

const CONFIG = configOf({
  segments: `vip: ${flagged('vip')}, blocked: ${flagged('blocked')}, 'big-spenders': ${BIG_SPENDERS}`,
  campaigns: `
    welcome: { segments: ['vip'], excludeSegments: ['blocked'], behavior: 'static', flow: function* (ctx, rt) {
      yield rt.sendEmail('hello'); yield rt.wait({ days: 2 }); yield rt.sendEmail('hello'); } },
    spenders: { segments: ['big-spenders'], behavior: 'dynamic', flow: function* (ctx, rt) {
      yield rt.waitForEvent('refund', { timeout: { days: 5 } }); } },`,
});

async function about(world: World, userId: string, campaign: string) {
  const { campaigns } = await explain(world.engine, userId, campaign);
  expect(campaigns).toHaveLength(1);
  return campaigns[0]!;
}

test('who is not in it: the condition that fails, with what it looks at', async () => {
  await using world = await engineWorld();
  await world.push(CONFIG);
  await world.add('ada', { vip: false });
  const told = await about(world, 'ada', 'welcome');
  expect(told).toMatchObject({ qualifies: false, summary: 'The user is not in it: not in vip.', runs: [] });
  expect(told.conditions).toMatchObject([
    {
      segment: 'vip',
      role: 'required',
      member: false,
      since: null,
      sees: [{ name: 'attributes.vip', value: false }],
    },
    {
      segment: 'blocked',
      role: 'excluded',
      member: false,
      sees: [{ name: 'attributes.blocked', value: null }],
    },
  ]);
  expect(told.conditions[0]!.sql).toContain("'$.vip'");

  await world.add('bob', { vip: true, blocked: true });
  expect((await about(world, 'bob', 'welcome')).summary).toBe(
    'The user is not in it: in blocked, which it excludes.',
  );
});

test('the variants that a flow was given, in the midst of it and after its end', async () => {
  await using world = await engineWorld();
  await world.push(
    configOf({
      campaigns: `c: { segments: ['everyone'], behavior: 'static', flow: function* (ctx, rt) {
        yield rt.variant('subject', { short: 1, long: 0 });
        yield rt.wait({ days: 1 });
        yield rt.variant('button', { red: 0, blue: 1 }); } }`,
    }),
  );
  await world.add('ada');
  const variants = async () => (await about(world, 'ada', 'c')).runs[0]!.variants;
  expect(await variants()).toEqual({ subject: 'short' });
  await world.advance('1d');
  expect(await variants()).toEqual({ subject: 'short', button: 'blue' });
});

test('a side effect that goes on, and one that is to be tried again', async () => {
  const answer = Promise.withResolvers<Response>();
  await using server = Bun.serve({ port: 0, fetch: () => answer.promise });
  await using world = await engineWorld();
  await world.push(
    configOf({
      campaigns: `c: { segments: ['everyone'], behavior: 'static', flow: function* (ctx, rt) {
        yield rt.run('hook', async () => { if (!ctx.attributes.late) throw new Error('down'); await fetch('${server.url}'); }); } }`,
    }),
  );
  await world.add('ada', { late: true });
  const goesOn = await about(world, 'ada', 'c');
  expect(goesOn.runs[0]!.waits).toEqual({ for: 'the side effect "hook", which goes on', until: null });
  expect(goesOn.summary).toEndWith(', waiting for the side effect "hook", which goes on.');
  await world.add('bob');
  const failed = await about(world, 'bob', 'c');
  expect(failed.runs[0]!.waits).toEqual({
    for: 'another attempt at the side effect "hook", which failed: down',
    until: expect.any(String),
  });
  answer.resolve(new Response());
});

test('events are counted, and what is summed of them is summed', async () => {
  await using world = await engineWorld();
  await world.push(CONFIG);
  await world.add('ada');
  await world.emit('ada', 'purchase', { value: 600 });
  await world.emit('ada', 'login');
  const [condition] = (await about(world, 'ada', 'spenders')).conditions;
  expect(condition).toMatchObject({ member: false });
  const sees = new Map(condition!.sees.map(({ name, value }) => [name, value]));
  expect(sees.get('events.purchase')).toBe(1);
  expect(sees.get('events.purchase.value sum')).toBe(600);
  expect([...sees.keys()].some((name) => name.includes('login'))).toBe(false);
  await world.emit('ada', 'purchase', { value: 600 });
  const told = await about(world, 'ada', 'spenders');
  expect(told).toMatchObject({ qualifies: true, conditions: [{ member: true, since: expect.any(String) }] });
  expect(told.runs[0]).toMatchObject({
    status: 'sleeping',
    cause: { name: 'purchase' },
    waits: { for: 'the event "refund"', until: new Date(world.clock.now() + 5 * 86_400_000).toISOString() },
    follows: { active: true, own: true, divergence: null },
  });
});

test('who is in it: each step with its message, and what it waits for', async () => {
  await using world = await engineWorld();
  await world.push(CONFIG);
  await world.add('ada', { vip: true });
  const start = world.clock.now();
  const told = await about(world, 'ada', 'welcome');
  expect(told.summary).toStartWith('The user has been in it since');
  expect(told.summary).toContain('waiting for the end of its wait of 2d, until');
  const [run] = told.runs;
  expect(run!.steps).toMatchObject([
    { step: 1, kind: 'email', key: 'hello', message: { status: 'sent', to: 'ada@example.com' } },
    { step: 2, kind: 'wait', endedAt: null },
  ]);
  expect(run!.waits!.until).toBe(new Date(start + 2 * 86_400_000).toISOString());

  await world.engine.pause('welcome', 'a typo');
  expect((await about(world, 'ada', 'welcome')).pauses).toMatchObject([
    { campaign: 'welcome', reason: 'a typo' },
  ]);
  await world.engine.resume('welcome');
  await world.advance('2d');
  const after = await about(world, 'ada', 'welcome');
  expect(after.summary).toContain('was in it already and it takes everybody once');
  expect(after.runs[0]).toMatchObject({ status: 'completed', waits: null, follows: null });
});

test('a run that stays on former code is told with the step where the new one goes another way', async () => {
  await using world = await engineWorld();
  await world.push(CONFIG);
  await world.add('ada', { vip: true });
  const old = (await world.store.activeDeployment())!.id;
  await world.push(CONFIG.replace("yield rt.sendEmail('hello'); yield rt.wait", 'yield rt.wait'));
  const [run] = (await about(world, 'ada', 'welcome')).runs;
  expect(run).toMatchObject({
    deployment: old,
    follows: {
      active: false,
      own: true,
      divergence: { step: 1, recorded: 'email hello', yielded: 'wait 2d' },
    },
  });
});

test('why who qualifies is not in it: what ends it, a failure, a deployment that skipped, the time between two entries', async () => {
  await using world = await engineWorld();
  const campaigns = (more: string) =>
    configOf({
      segments: `vip: ${flagged('vip')}, done: ${flagged('done')}`,
      campaigns: `
        ends: { segments: ['everyone'], behavior: 'static', exitWhen: { segment: 'done' }, flow: function* (ctx, rt) {
          if (ctx.attributes.broken) throw new Error('no plan'); } },
        again: { segments: ['vip'], behavior: 'dynamic', reentry: { after: '30 days' }, flow: function* (ctx, rt) {
          yield rt.wait({ days: 1 }); } }, ${more}`,
    });
  await world.push(campaigns(''));
  await world.add('ada', { vip: true, done: true, broken: true });
  const ended = await about(world, 'ada', 'ends');
  expect(ended).toMatchObject({ qualifies: false, runs: [] });
  expect(ended.summary).toBe('The user is not in it: in done, which ends it (exitWhen).');
  expect(ended.conditions.at(-1)).toMatchObject({ segment: 'done', role: 'exit', member: true });

  await world.add('ada', { done: false });
  const failed = await about(world, 'ada', 'ends');
  const { id } = failed.runs[0]!;
  expect(failed.summary).toStartWith('The user was in it, and the run failed at ');
  expect(failed.summary).toEndWith(`: Error: no plan. Once that is mended: segflow retry ${id}.`);

  const entered = world.clock.now();
  await world.add('ada', { vip: false });
  await world.add('ada', { vip: true });
  const from = new Date(entered + 30 * 86_400_000).toISOString();
  expect((await about(world, 'ada', 'again')).summary).toContain(
    `enters again on coming to qualify anew from ${from} on, or with a push.`,
  );

  const late = `late: { segments: ['vip'], behavior: 'static', flow: function* (ctx, rt) {} },`;
  await world.push(campaigns(late), { existing: 'skip' });
  await world.settle();
  expect((await about(world, 'ada', 'late')).summary).toBe(
    'The user qualified when the campaign was deployed, and was kept out (--existing=skip).',
  );
});

test('a time of day is told with the time zone, and a time that is past is not told', async () => {
  await using world = await engineWorld();
  await world.push(
    configOf({
      campaigns: `c: { segments: ['everyone'], behavior: 'static', flow: function* (ctx, rt) { yield rt.waitUntil({ time: '09:00' }); } }`,
    }),
  );
  await world.add('ada', { timezone: 'Asia/Kathmandu' });
  await world.add('bob');
  expect((await about(world, 'ada', 'c')).runs[0]!.waits!.for).toBe(
    "09:00 (the user's time zone, Asia/Kathmandu)",
  );
  expect((await about(world, 'bob', 'c')).runs[0]!.waits!.for).toBe("09:00 (the user's time zone, UTC)");
  await world.engine.pause('c', 'a typo');
  await world.advance('2d');
  expect((await about(world, 'bob', 'c')).runs[0]!.waits!.until).toBeNull();
});

test('what a race, a sleep and a query are about', async () => {
  await using world = await engineWorld();
  await world.push(
    configOf({
      campaigns: `
        c: { segments: ['everyone'], behavior: 'static', flow: function* (ctx, rt) {
          yield rt.query((db) => db.select({ id: schema.users.id, since: schema.users.createdAt }).from(schema.users));
          yield rt.race({ bought: rt.waitForEvent('purchase'), late: rt.sleepUntil('2031-01-01'), vip: rt.waitForSegment('everyone2') });
        } },
        d: { segments: ['everyone'], behavior: 'static', flow: function* (ctx, rt) { yield rt.sleepUntil('2031-01-01'); } },`,
      segments: `everyone2: ${flagged('never')}`,
    }),
  );
  await world.add('ada');
  const [run] = (await about(world, 'ada', 'c')).runs;
  expect(run!.steps[0]).toMatchObject({ kind: 'query', result: [{ id: 'ada', since: expect.any(String) }] });
  expect(run!.waits).toEqual({
    for: 'the first of: bought: the event "purchase"; late: 2031-01-01T00:00:00.000Z; vip: being in the segment "everyone2"',
    until: '2031-01-01T00:00:00.000Z',
  });
  expect((await about(world, 'ada', 'd')).summary).toEndWith(
    'waiting for the end of its sleep, until 2031-01-01T00:00:00.000Z.',
  );
});

test('campaigns that are gone, and those there never were', async () => {
  await using world = await engineWorld();
  await world.push(CONFIG);
  await world.add('ada', { vip: true });
  await world.push(configOf({}));
  expect((await about(world, 'ada', 'welcome')).summary).toContain('not deployed any more');
  await expect(explain(world.engine, 'ada', 'nope')).rejects.toMatchObject({ code: 'not_found' });
  await expect(explain(world.engine, 'nobody')).rejects.toMatchObject({ code: 'user_not_found' });
  const all = await explain(world.engine, 'ada');
  expect(all.campaigns.map(({ campaign }) => campaign)).toEqual(['welcome']);
});

test('asking changes nothing', async () => {
  await using world = await engineWorld();
  await world.push(CONFIG);
  await world.add('ada', { vip: true });
  const before = await world.store.runsOfUser('ada', 10);
  await explain(world.engine, 'ada');
  expect(await world.store.runsOfUser('ada', 10)).toEqual(before);
});

describe('the values a query names', () => {
  const user = {
    id: 'ada',
    attributes: { plan: 'pro', address: { city: 'Ulm' }, tags: ['x', 'y'] },
    createdAt: 0,
    updatedAt: 0,
  };
  const eventCounts = [
    { name: 'purchase', count: 2, lastAt: 0 },
    { name: 'login', count: 9, lastAt: 0 },
  ];
  const events = [1000, 500].map((value, index) => ({
    ...{ id: 9 - index, userId: 'ada', name: 'purchase', createdAt: 0, messageId: null },
    attributes: { value, coupon: index === 0 },
  }));
  const seen = (sql: string, params: unknown[] = []) =>
    valuesSeen({ facts: factsOf(readQuery(sql, params)) }, { user, eventCounts, events });

  test.each([
    ["select id from users where `users`.`attributes`->'$.plan' = 'pro'", [], 'attributes.plan', 'pro'],
    [
      "select id from users where attributes ->> '$.address.city' = ?",
      ['Ulm'],
      'attributes.address.city',
      'Ulm',
    ],
    [
      "select id from users where json_extract(`users`.`attributes`, '$.tags[1]') = 'y'",
      [],
      'attributes.tags[1]',
      'y',
    ],
    [
      'select id from users where id <> ? and json_extract(`attributes`, ?) = 1',
      ['?', '$.plan'],
      'attributes.plan',
      'pro',
    ],
    ["select id from users where `attributes`->'$.none' is null", [], 'attributes.none', null],
  ])('%s', (sql, params, name, value) => {
    expect(seen(sql, params)).toEqual([{ name, value }]);
  });

  test.each([
    ["sum(p.attributes->'$.value') > 1000", 'events.purchase.value sum', 1500],
    ["max(p.attributes->'$.value') > 1000", 'events.purchase.value max', 1000],
    ["min(cast(p.attributes->>'$.value' as signed)) > 1000", 'events.purchase.value min', 500],
    ["avg(p.attributes->'$.value') > 1000", 'events.purchase.value avg', 750],
    ["count(p.attributes->'$.coupon') > 1", 'events.purchase.coupon count', 2],
  ])('of events, as the query looks at them: %s', (having, name, value) => {
    const sql = `select u.id from users u join events p on p.user_id = u.id and p.name = 'purchase' group by u.id having ${having}`;
    expect(seen(sql)).toContainEqual({ name, value });
  });

  test('of the latest event, where the query adds nothing up', () => {
    const sql = "select user_id from events e where e.name = 'purchase' and e.attributes->'$.coupon' = true";
    expect(seen(sql)).toContainEqual({ name: 'events.purchase.coupon last', value: true });
  });

  test('through a derived table', () => {
    const sql =
      "select id from users join (select user_id, sum(attributes->'$.value') as total from events where name = 'purchase' group by user_id) t on t.user_id = id where total > 1000";
    expect(seen(sql)).toContainEqual({ name: 'events.purchase.value sum', value: 1500 });
  });

  test('names of events, written out or given', () => {
    const names = (sql: string, params: unknown[]) => seen(sql, params).map(({ name }) => name.split(' ')[0]);
    const from = 'select user_id from events where';
    expect(new Set(names(`${from} \`events\`.\`name\` = ?`, ['purchase']))).toEqual(
      new Set(['events.purchase']),
    );
    expect(new Set(names(`${from} id > ? and name in (?, 'refund')`, [3, 'login']))).toEqual(
      new Set(['events.login', 'events.refund']),
    );
    expect(new Set(names(`${from} id > ?`, [3]))).toEqual(new Set(['events.purchase', 'events.login']));
  });
});
