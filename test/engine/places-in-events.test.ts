import { expect, test } from 'bun:test';
import type { IngestOperation } from '../../src/engine/ingest/operations.ts';
import { configOf, engineWorld, type World } from './world.ts';

/* Between two steps of a flow no event is lost: a wait sees each event after the place where the flow stands, once and in order. */

const event = (name: string, attributes = {}, createdAt?: number): IngestOperation => ({
  type: 'event',
  userId: 'ada',
  name,
  attributes,
  ...(createdAt === undefined ? {} : { createdAt }),
});
const user = (attributes = {}): IngestOperation => ({
  type: 'user',
  id: 'ada',
  attributes: { email: 'ada@example.com', ...attributes },
  mode: 'upsert',
});
const TEMPLATES = `reminder: { subject: 'r', component }, confirmed: { subject: 'c', component }`;
const did = (name: string) => `{ evaluator: (db) => db.select({ id: schema.users.id }).from(schema.users)
  .innerJoin(schema.events, eq(schema.events.userId, schema.users.id)).where(eq(schema.events.name, '${name}')).groupBy(schema.users.id) }`;

/** A campaign `c` of those who did "start", or of everyone. */
const campaign = (flow: string, options = `segments: ['starters'], behavior: 'static'`) =>
  configOf({
    templates: TEMPLATES,
    segments: `starters: ${did('start')}`,
    campaigns: `c: { ${options}, flow: function* (ctx, rt) { ${flow} } }`,
  });
const COUNT = `let n = 0; while (n < 9) { const e = yield* rt.waitForEvent('x', { timeout: { days: 9 } }); if (!e) return;
  n++; yield rt.updateUser({ n, seen: [...(ctx.attributes.seen ?? []), e.attributes.i ?? null] }); }`;

async function attributes(world: World) {
  await world.settle();
  return (await world.store.getUser('ada'))!.attributes;
}

test('five events of one batch are five', async () => {
  await using world = await engineWorld();
  await world.push(campaign(COUNT, `segments: ['everyone'], behavior: 'static'`));
  await world.add('ada');
  await world.submit(...[1, 2, 3, 4, 5].map((i) => event('x', { i })));
  expect(await attributes(world)).toMatchObject({ n: 5, seen: [1, 2, 3, 4, 5] });
  await world.submit(event('x', { i: 6 }));
  expect(await attributes(world)).toMatchObject({ n: 6 });
});

test('a user and what the user did arrive in one batch', async () => {
  await using world = await engineWorld();
  await world.push(campaign(COUNT, `segments: ['everyone'], behavior: 'static'`));
  await world.submit(user(), ...[1, 2, 3].map((i) => event('x', { i })));
  expect(await attributes(world)).toMatchObject({ seen: [1, 2, 3] });
});

test('events that arrive before the user is evaluated come after the entry', async () => {
  await using world = await engineWorld();
  await world.push(campaign(COUNT, `segments: ['everyone'], behavior: 'static'`));
  await Promise.all([
    world.submit(user()),
    world.submit(event('x', { i: 1 })),
    world.submit(event('x', { i: 2 })),
  ]);
  expect(await attributes(world)).toMatchObject({ seen: [1, 2] });
});

test('what came before the entry is not seen', async () => {
  await using world = await engineWorld();
  await world.push(campaign(COUNT));
  await world.submit(user(), event('x', { i: 1 }));
  await world.submit(event('x', { i: 2 }), event('start'), event('x', { i: 3 }));
  expect(await attributes(world)).toMatchObject({ seen: [3] });
});

test('the event of the entry and the one that is waited for arrive in one batch', async () => {
  await using world = await engineWorld();
  await world.push(
    campaign(`const e = yield* rt.waitForEvent('confirm', { timeout: { days: 3 } });
      yield rt.sendEmail(e ? 'confirmed' : 'reminder');`),
  );
  await world.submit(user());
  await world.submit(event('start'), event('confirm'));
  await world.advance('4d');
  expect(world.mail).toEqual(['confirmed → ada@example.com']);
});

test('the event of the entry is not what is waited for, another of its name is', async () => {
  await using world = await engineWorld();
  await world.push(
    campaign(`const e = yield* rt.waitForEvent('start', { timeout: { days: 3 } });
      yield rt.sendEmail(e ? 'confirmed' : 'reminder');`),
  );
  await world.submit(user());
  await world.submit(event('start'));
  await world.advance('4d');
  expect(world.mail).toEqual(['reminder → ada@example.com']);
});

for (const [name, events] of [
  ['in one batch', [[event('start'), event('bought')]]],
  ['one after the other', [[event('start')], [event('bought')]]],
] as const) {
  test(`exitWhen: cart and purchase ${name} send no mail`, async () => {
    await using world = await engineWorld();
    await world.push(
      campaign(
        `yield rt.wait({ hours: 1 }); yield rt.sendEmail('reminder');`,
        `segments: ['starters'], behavior: 'static', exitWhen: { event: 'bought' }, goal: { event: 'bought' }`,
      ),
    );
    await world.submit(user());
    for (const batch of events) await world.submit(...batch);
    await world.advance('1d');
    expect(world.mail).toEqual([]);
    expect(await world.runsOf('ada')).toMatchObject([
      { status: 'cancelled', reason: 'the user did "bought" (exitWhen)' },
    ]);
    expect((await world.store.runsOfUser('ada', 1))[0]!.convertedAt).not.toBeNull();
  });
}

test('exitWhen at the moment of the entry: not even what is sent at once', async () => {
  await using world = await engineWorld();
  await world.push(
    campaign(
      `yield rt.sendEmail('reminder');`,
      `segments: ['starters'], behavior: 'static', exitWhen: { event: 'bought' }`,
    ),
  );
  await world.submit(user());
  await world.submit(event('bought'), event('start'));
  expect((await world.runsOf('ada')).map(({ status }) => status)).toEqual([]);
  await world.settle();
  expect(world.mail).toEqual(['reminder → ada@example.com']);
});

test('events that arrive during a pause are told one by one', async () => {
  await using world = await engineWorld();
  await world.push(campaign(COUNT, `segments: ['everyone'], behavior: 'static'`));
  await world.add('ada');
  await world.engine.pause('c', 'by hand');
  for (const i of [1, 2, 3]) {
    await world.submit(event('x', { i }));
    await world.advance('300ms');
  }
  expect((await attributes(world)).n).toBeUndefined();
  await world.engine.resume('c');
  expect(await attributes(world)).toMatchObject({ n: 3, seen: [1, 2, 3] });
});

test('what happens while an email is on its way counts for the next wait', async () => {
  await using world = await engineWorld();
  await world.push(
    campaign(
      `yield rt.sendEmail('hello'); const e = yield* rt.waitForEvent('x', { timeout: { days: 2 } });
        yield rt.sendEmail(e ? 'confirmed' : 'reminder');`,
      `segments: ['everyone'], behavior: 'static'`,
    ),
  );
  world.postmark.fault({ status: 503, times: 2 });
  await world.add('ada');
  await world.submit(event('x'));
  await world.advance('1d');
  expect(world.mail).toEqual(['hello → ada@example.com', 'confirmed → ada@example.com']);
});

test('what happens while a flow sleeps is past when it wakes, however late', async () => {
  await using world = await engineWorld();
  await world.push(
    campaign(`yield rt.wait({ days: 1 }); ${COUNT}`, `segments: ['everyone'], behavior: 'static'`),
  );
  await world.add('ada');
  await world.advance('12h');
  await world.submit(event('x', { i: 1 }));
  await world.engine.pause('c', 'by hand');
  await world.advance('13h');
  await world.submit(event('x', { i: 2 }));
  await world.engine.resume('c');
  expect(await attributes(world)).toMatchObject({ seen: [2] });
});

test('events that are reported late count when they come, whatever their time says', async () => {
  await using world = await engineWorld();
  await world.push(campaign(COUNT, `segments: ['everyone'], behavior: 'static'`));
  await world.add('ada');
  const now = world.clock.now();
  await world.submit(event('x', { i: 1 }, now - 3_600_000), event('x', { i: 2 }, now - 7_200_000));
  expect(await attributes(world)).toMatchObject({ seen: [1, 2] });
});

test('a race, and what follows it, take each event once and in order', async () => {
  await using world = await engineWorld();
  await world.push(
    campaign(
      `const seen = []; for (let i = 0; i < 4; i++) {
        const { label } = yield* rt.race({ a: rt.waitForEvent('a'), b: rt.waitForEvent('b'), end: rt.wait({ days: 1 }) });
        seen.push(label); }
      yield rt.updateUser({ seen });`,
      `segments: ['everyone'], behavior: 'static'`,
    ),
  );
  await world.add('ada');
  await world.submit(event('b'), event('a'), event('b'));
  await world.advance('2d');
  expect(await attributes(world)).toMatchObject({ seen: ['b', 'a', 'b', 'end'] });
});

test('continueAsNew takes the place along', async () => {
  await using world = await engineWorld();
  await world.push(
    campaign(
      `const n = ctx.state?.n ?? 0; if (n >= 9) return;
        const e = yield* rt.waitForEvent('x', { timeout: { days: 9 } }); if (!e) return;
        yield rt.updateUser({ n: n + 1 }); yield rt.continueAsNew({ n: n + 1 });`,
      `segments: ['everyone'], behavior: 'static'`,
    ),
  );
  await world.add('ada');
  await world.submit(event('x'), event('x'), event('x'));
  expect(await attributes(world)).toMatchObject({ n: 3 });
});

test('the event that brings the user into a segment, and the next one', async () => {
  await using world = await engineWorld();
  await world.push(
    campaign(
      `yield* rt.waitForSegment('starters'); const e = yield* rt.waitForEvent('x', { timeout: { days: 2 } });
        yield rt.sendEmail(e ? 'confirmed' : 'reminder');`,
      `segments: ['everyone'], behavior: 'static'`,
    ),
  );
  await world.add('ada');
  await world.submit(event('x'));
  await world.submit(event('start'), event('x'));
  await world.advance('3d');
  expect(world.mail).toEqual(['confirmed → ada@example.com']);
});

test('a flow that another one starts stands where that one stood', async () => {
  await using world = await engineWorld();
  await world.push(
    configOf({
      templates: TEMPLATES,
      segments: `nobody: ${did('never')}`,
      campaigns: `
        first: { segments: ['everyone'], behavior: 'static', flow: function* (ctx, rt) {
          yield* rt.waitForEvent('go'); yield rt.startCampaign('second'); } },
        second: { segments: ['nobody'], behavior: 'static', flow: function* (ctx, rt) { ${COUNT} } },`,
    }),
  );
  await world.add('ada');
  await world.submit(event('x', { i: 1 }), event('go'), event('x', { i: 2 }));
  expect(await attributes(world)).toMatchObject({ seen: [2] });
});

test('a flow is not told of what it emitted, and not made to miss anything by it', async () => {
  await using world = await engineWorld();
  await world.push(
    campaign(
      `yield* rt.waitForEvent('go'); yield rt.emit('x', { i: 'own' }); ${COUNT}`,
      `segments: ['everyone'], behavior: 'static'`,
    ),
  );
  await world.add('ada');
  await world.submit(event('go'), event('x', { i: 1 }));
  expect(await attributes(world)).toMatchObject({ seen: [1] });
  await world.restart();
  await world.submit(event('x', { i: 2 }));
  expect(await attributes(world)).toMatchObject({ seen: [1, 2] });
});
