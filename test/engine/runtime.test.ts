import { expect, test } from 'bun:test';
import { configOf, engineWorld, flagged, type World } from './world.ts';

/** One static campaign `c` for everyone with this flow. */
const flow = (body: string, parts: Parameters<typeof configOf>[0] = {}, options = '') =>
  configOf({
    ...parts,
    campaigns: `c: { segments: ['everyone'], behavior: 'static', ${options} flow: function* (ctx, rt) { ${body} } }, ${parts.campaigns ?? ''}`,
  });

/** What the flow told of, in order: it emits `note` events. */
const notes = async (world: World, userId = 'ada') =>
  (await world.store.eventsOfUser(userId, 100))
    .filter(({ name }) => name === 'note')
    .reverse()
    .map(({ attributes }) => attributes.is);

test('a run waits for an event, and is told of it', async () => {
  await using world = await engineWorld();
  await world.push(
    flow(`const event = yield* rt.waitForEvent('purchase', { timeout: { days: 3 }, match: { plan: 'pro' } });
      yield rt.emit('note', { is: event && [event.name, event.attributes.value, event.createdAt.toISOString()] });`),
  );
  await world.add('ada');
  await world.add('bob');
  await world.emit('ada', 'purchase', { plan: 'free', value: 1 });
  await world.emit('ada', 'other', { plan: 'pro', value: 2 });
  expect(await notes(world)).toEqual([]);
  await world.restart();
  await world.advance('1d');
  await world.emit('ada', 'purchase', { plan: 'pro', value: 3 });
  expect(await notes(world)).toEqual([['purchase', 3, '2026-01-02T00:00:00.000Z']]);
  expect(await notes(world, 'bob')).toEqual([]);
  await world.advance('2d');
  expect(await notes(world, 'bob')).toEqual([null]);
  expect((await world.runsOf('bob'))[0]).toMatchObject({ status: 'completed' });
});

test('one event resolves one wait, also within a millisecond', async () => {
  await using world = await engineWorld();
  await world.push(
    flow(`while (true) { const event = yield* rt.waitForEvent('purchase'); yield rt.emit('note', { is: event.attributes.n });
        yield rt.sendEmail('hello'); }`),
  );
  await world.add('ada');
  await world.emit('ada', 'purchase', { n: 1 });
  await world.emit('ada', 'purchase', { n: 2 });
  expect(await notes(world)).toEqual([1, 2]);
  expect(world.mail).toHaveLength(2);
});

test('events that came while the run did something else are not what it waits for', async () => {
  await using world = await engineWorld();
  await world.push(
    flow(`yield rt.wait({ days: 1 }); const event = yield* rt.waitForEvent('purchase', { timeout: { days: 1 } });
      yield rt.emit('note', { is: event?.attributes.n ?? 'none' });`),
  );
  await world.add('ada');
  await world.advance('1h');
  await world.emit('ada', 'purchase', { n: 1 });
  await world.advance('3d');
  expect(await notes(world)).toEqual(['none']);
});

test('the event that caused the entry is not what the flow waits for, and the flow knows it', async () => {
  await using world = await engineWorld();
  await world.push(
    configOf({
      segments: `buyers: { evaluator: (db) => db.select({ id: schema.users.id }).from(schema.users)
        .innerJoin(schema.events, eq(schema.events.userId, schema.users.id)).where(eq(schema.events.name, 'purchase')).groupBy(schema.users.id) }`,
      campaigns: `c: { segments: ['buyers'], behavior: 'static', flow: function* (ctx, rt) {
        yield rt.emit('note', { is: ['entered by', ctx.event.name, ctx.event.attributes.n] });
        const event = yield* rt.waitForEvent('purchase', { timeout: { days: 1 } });
        yield rt.emit('note', { is: event?.attributes.n ?? 'none' }); } }`,
    }),
  );
  await world.add('ada');
  await world.emit('ada', 'purchase', { n: 1 });
  expect(await notes(world)).toEqual([['entered by', 'purchase', 1]]);
  await world.emit('ada', 'purchase', { n: 2 });
  expect(await notes(world)).toEqual([['entered by', 'purchase', 1], 2]);
});

test('a run waits for a segment; one who is in it already does not wait, and the time can run out', async () => {
  await using world = await engineWorld();
  await world.push(
    flow(
      `const came = yield* rt.waitForSegment('vip', { timeout: { days: 2 } }); yield rt.emit('note', { is: came });`,
      { segments: `vip: ${flagged('vip')}` },
    ),
  );
  await world.add('ada');
  await world.add('bob', { vip: true });
  await world.add('cid');
  expect(await notes(world, 'bob')).toEqual([true]);
  await world.advance('1d');
  await world.restart();
  await world.add('ada', { vip: true });
  expect(await notes(world)).toEqual([true]);
  await world.advance('1d');
  expect(await notes(world, 'cid')).toEqual([false]);
});

test('of a race the first decides', async () => {
  await using world = await engineWorld();
  await world.push(
    flow(
      `const first = yield* rt.race({ bought: rt.waitForEvent('purchase'), vip: rt.waitForSegment('vip'), late: rt.wait({ days: 3 }) });
      yield rt.emit('note', { is: [first.label, first.value?.attributes?.n ?? first.value ?? null] });`,
      { segments: `vip: ${flagged('vip')}` },
    ),
  );
  await world.add('ada');
  await world.add('bob');
  await world.add('cid');
  await world.advance('1d');
  await world.emit('ada', 'purchase', { n: 7 });
  await world.add('bob', { vip: true });
  await world.advance('3d');
  expect(await notes(world, 'ada')).toEqual([['bought', 7]]);
  expect(await notes(world, 'bob')).toEqual([['vip', true]]);
  expect(await notes(world, 'cid')).toEqual([['late', null]]);
});

test('questions are answered within a step', async () => {
  await using world = await engineWorld();
  await world.push(
    flow(
      `const vip = yield* rt.inSegment('vip');
      const [{ n }] = yield* rt.query((db) => db.select({ n: sql\`count(*)\` }).from(schema.events));
      const events = yield* rt.query((db) => db.select({ user: schema.events.userId, at: schema.events.createdAt, name: schema.users.attributes }).from(schema.events).innerJoin(schema.users, eq(schema.users.id, schema.events.userId)));
      yield rt.emit('note', { is: [vip, n, events.map((event) => [event.user, event.at.toISOString(), event.name.email])] });`,
      { segments: `vip: ${flagged('vip')}` },
      'spread: "1h",',
    ),
  );
  await world.add('bob');
  await world.emit('bob', 'visit');
  await world.add('ada', { vip: true });
  await world.emit('ada', 'visit');
  await world.emit('ada', 'visit');
  await world.advance('1h');
  const visit = ['ada', '2026-01-01T00:00:00.000Z', 'ada@example.com'];
  expect(await notes(world)).toEqual([[true, 2, [visit, visit]]]);
  expect((await notes(world, 'bob'))[0]).toEqual([
    false,
    1,
    [['bob', '2026-01-01T00:00:00.000Z', 'bob@example.com']],
  ]);
});

test('a question that comes after a change sees the change', async () => {
  await using world = await engineWorld();
  await world.push(
    flow(
      `yield rt.updateUser({ vip: true, old: null });
      const vip = yield* rt.inSegment('vip');
      yield rt.emit('seen');
      const [{ n }] = yield* rt.query((db) => db.select({ n: sql\`count(*)\` }).from(schema.events));
      yield rt.emit('note', { is: [vip, n, ctx.attributes.vip, 'old' in ctx.attributes] });`,
      { segments: `vip: ${flagged('vip')}` },
    ),
  );
  await world.add('ada', { old: 1 });
  expect(await notes(world)).toEqual([[true, 1, true, false]]);
  expect((await world.store.getUser('ada'))!.attributes).toEqual({ email: 'ada@example.com', vip: true });
});

test('a question about nothing fails the run, and so does one without end', async () => {
  await using world = await engineWorld();
  await world.push(
    configOf({
      campaigns: `a: { segments: ['everyone'], behavior: 'static', flow: function* (ctx, rt) { yield rt.query(() => sql\`select nonsense from users\`); } },
        b: { segments: ['everyone'], behavior: 'static', flow: function* (ctx, rt) { while (true) yield rt.inSegment('everyone'); } }`,
    }),
  );
  await world.add('ada');
  const runs = await world.runsOf('ada');
  expect(runs.map(({ status }) => status)).toEqual(['failed', 'failed']);
  expect(runs.map(({ reason }) => reason).join('\n')).toContain('nonsense');
  expect(runs.map(({ reason }) => reason).join('\n')).toContain('1,000 questions');
});

test('an emitted event sends transactions, and other runs see it', async () => {
  await using world = await engineWorld();
  await world.push(
    flow(`yield rt.emit('purchase', { n: 1 });`, {
      transactions: `order: { event: 'purchase', subject: 'Order', component }`,
      campaigns: `d: { segments: ['everyone'], behavior: 'static', flow: function* (ctx, rt) {
        const event = yield* rt.waitForEvent('purchase'); yield rt.emit('note', { is: event.attributes.n }); } }`,
    }),
  );
  await world.add('ada');
  expect(world.mail).toEqual(['order → ada@example.com']);
  expect(await notes(world)).toEqual([1]);
});

test('an event that the flow itself emitted before it began to wait is not the next one', async () => {
  await using world = await engineWorld();
  await world.push(
    flow(
      `yield rt.emit('visit', { n: 1 }); const event = yield* rt.waitForEvent('visit'); yield rt.emit('note', { is: event.attributes.n });`,
    ),
  );
  await world.add('ada');
  expect(await notes(world)).toEqual([]);
  await world.emit('ada', 'visit', { n: 2 });
  expect(await notes(world)).toEqual([2]);
});

test('a flow starts another campaign, unless the user is in it', async () => {
  await using world = await engineWorld();
  await world.push(
    flow(
      `yield rt.startCampaign('d'); yield rt.startCampaign('d'); yield rt.wait({ days: 1 }); yield rt.startCampaign('d');`,
      {
        segments: `nobody: ${flagged('never')}`,
        campaigns: `d: { segments: ['nobody'], behavior: 'static', flow: function* (ctx, rt) { yield rt.sendEmail('hello'); } }`,
      },
    ),
  );
  await world.add('ada');
  const entries = async () =>
    (await world.runsOf('ada')).filter(({ campaign }) => campaign === 'd').map(({ entry }) => entry);
  expect(await entries()).toEqual([1]);
  await world.advance('1d');
  expect(await entries()).toEqual([2, 1]);
  expect(world.mail).toHaveLength(2);
});

test('a flow that ends itself says why', async () => {
  await using world = await engineWorld();
  await world.push(flow(`yield rt.exit('not for them'); yield rt.sendEmail('hello');`));
  await world.add('ada');
  expect((await world.runsOf('ada'))[0]).toMatchObject({ status: 'completed', reason: 'not for them' });
  expect(world.mail).toEqual([]);
});

test('a flow that begins anew has an empty history, its state, and messages of its own', async () => {
  await using world = await engineWorld();
  await world.push(
    flow(`const round = ctx.state ?? 1; yield rt.sendEmail('hello'); yield rt.wait({ days: 1 });
      if (round < 4) yield rt.continueAsNew(round + 1);`),
  );
  await world.add('ada');
  for (let day = 0; day < 5; day++) {
    await world.advance('1d');
    if (day === 1) await world.restart();
  }
  expect(world.mail).toHaveLength(4);
  const [run] = await world.runsOf('ada');
  expect(run).toMatchObject({ status: 'completed', steps: ['email hello', 'wait 1d'] });
});

test('an email takes props and a subject', async () => {
  await using world = await engineWorld();
  await world.push(
    flow(`yield rt.sendEmail('offer', { props: { percent: 20 }, subject: 'Only today' });`, {
      templates: `offer: { subject: 'Offer', component: ({ user, percent }) => <p>{percent} for {user.email}</p> }`,
    }),
  );
  await world.add('ada');
  const [sent] = world.postmark.accepted;
  expect(sent!.message.Subject).toBe('Only today');
  expect(sent!.message.TextBody).toContain('20 for ada@example.com');
});

test('a side effect that fails is tried again, and its result is kept', async () => {
  await using world = await engineWorld();
  await world.push(
    flow(`const n = yield* rt.run('hook', ({ attempt }) => { if (attempt < 3) throw new Error('down'); return attempt; });
      yield rt.emit('note', { is: n });`),
  );
  await world.add('ada');
  expect((await world.runsOf('ada'))[0]).toMatchObject({ status: 'sleeping' });
  await world.restart();
  await world.advance('1m');
  expect(await notes(world)).toEqual([3]);
});

test('attributes that a flow makes too large fail the run as if it had done nothing', async () => {
  await using world = await engineWorld();
  await world.push(
    flow(`yield rt.emit('note', { is: 1 });
      for (let i = 0; i < 5; i++) yield rt.updateUser({ ['text' + i]: 'x'.repeat(60_000) });`),
  );
  await world.add('ada');
  const [run] = await world.runsOf('ada');
  expect(run).toMatchObject({ status: 'failed', steps: [] });
  expect(run!.reason).toContain('256 KiB');
  expect(await notes(world)).toEqual([]);
  const [result] = await world.submit({
    type: 'user',
    id: 'ada',
    attributes: { text: 'x'.repeat(300_000) },
    mode: 'upsert',
  });
  expect(result).toMatchObject({ ok: false, error: { code: 'payload_too_large' } });
});
