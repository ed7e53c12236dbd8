import { expect, test } from 'bun:test';
import { configOf, engineWorld, flagged } from './world.ts';

test('a static campaign takes a user once, to the end', async () => {
  await using world = await engineWorld();
  await world.push(
    configOf({
      segments: `vip: ${flagged('vip')}`,
      campaigns: `c: { segments: ['vip'], behavior: 'static', flow: function* (ctx, rt) {
        yield rt.sendEmail('hello'); yield rt.wait({ days: 1 }); yield rt.sendEmail('hello'); } }`,
    }),
  );
  await world.add('ada', { vip: true });
  await world.add('bob');
  expect(world.mail).toEqual(['hello → ada@example.com']);
  expect(await world.runsOf('ada')).toEqual([
    { campaign: 'c', entry: 1, status: 'sleeping', reason: null, steps: ['email hello', 'wait 1d'] },
  ]);

  // Leaving the segment does not end it, coming back does not start it over.
  await world.add('ada', { vip: false });
  await world.add('ada', { vip: true });
  await world.advance('1d');
  await world.advance('30d');
  expect(world.mail).toEqual(['hello → ada@example.com', 'hello → ada@example.com']);
  expect((await world.runsOf('ada')).map(({ status }) => status)).toEqual(['completed']);
  expect(await world.runsOf('bob')).toEqual([]);
});

test('a dynamic campaign drops a user who stops qualifying and takes the user back', async () => {
  await using world = await engineWorld();
  await world.push(
    configOf({
      segments: `lapsed: ${flagged('lapsed')}`,
      campaigns: `c: { segments: ['lapsed'], behavior: 'dynamic', flow: function* (ctx, rt) {
        while (true) { yield rt.sendEmail('hello'); yield rt.wait({ days: 7 }); } } }`,
    }),
  );
  await world.add('ada', { lapsed: true });
  await world.advance('7d');
  expect(world.mail).toHaveLength(2);
  await world.add('ada', { lapsed: false });
  await world.advance('60d');
  expect(world.mail).toHaveLength(2);
  await world.add('ada', { lapsed: true });
  expect(world.mail).toHaveLength(3);
  expect((await world.runsOf('ada')).map(({ entry, status, reason }) => [entry, status, reason])).toEqual([
    [2, 'sleeping', null],
    [1, 'cancelled', "the user left the campaign's segments"],
  ]);
});

test('a queued message of a run that ends is dropped', async () => {
  await using world = await engineWorld();
  world.postmark.fault({ status: 503, times: 1 });
  await world.push(
    configOf({
      segments: `lapsed: ${flagged('lapsed')}`,
      campaigns: `c: { segments: ['lapsed'], behavior: 'dynamic', flow: function* (ctx, rt) { yield rt.sendEmail('hello'); } }`,
    }),
  );
  await world.add('ada', { lapsed: true });
  expect(world.mail).toEqual([]);
  await world.add('ada', { lapsed: false });
  await world.advance('1h');
  expect(world.mail).toEqual([]);
  expect((await world.store.counts()).messages).toEqual({ skipped: 1 });
});

test('a user in an excluded segment does not enter, and enters once out of it', async () => {
  await using world = await engineWorld();
  await world.push(
    configOf({
      segments: `blocked: ${flagged('blocked')}`,
      campaigns: `c: { segments: ['everyone'], excludeSegments: ['blocked'], behavior: 'static', flow: function* (ctx, rt) { yield rt.sendEmail('hello'); } }`,
    }),
  );
  await world.add('ada', { blocked: true });
  expect(world.mail).toEqual([]);
  await world.add('ada', { blocked: null });
  expect(world.mail).toEqual(['hello → ada@example.com']);
});

test('users who qualify already enter a campaign that is pushed, and pushing again mails nobody', async () => {
  await using world = await engineWorld();
  for (let i = 0; i < 1_200; i++)
    void world.submit({
      type: 'user',
      id: `u${i}`,
      attributes: { email: `u${i}@example.com` },
      mode: 'upsert',
    });
  await world.settle();
  const campaign = (text: string) =>
    configOf({
      campaigns: `c: { segments: ['everyone'], behavior: 'static', flow: function* (ctx, rt) { yield rt.sendEmail('hello'); } }`,
      templates: `other: { subject: '${text}', component }`,
    });
  const first = await world.push(campaign('one'));
  expect(first).toMatchObject({ changed: true, campaigns: { added: ['c'], removed: [] } });
  await world.settle();
  expect(new Set(world.mail).size).toBe(1_200);
  expect(await world.push(campaign('one'))).toMatchObject({ changed: false });
  expect(await world.push(campaign('two'))).toMatchObject({
    changed: true,
    campaigns: { added: [], removed: [] },
  });
  await world.settle();
  expect(world.mail).toHaveLength(1_200);
});

test('runs of a campaign that is removed are cancelled', async () => {
  await using world = await engineWorld();
  await world.push(
    configOf({
      campaigns: `c: { segments: ['everyone'], behavior: 'static', flow: function* (ctx, rt) { yield rt.wait({ days: 1 }); yield rt.sendEmail('hello'); } }`,
    }),
  );
  await world.add('ada');
  await world.push(configOf({}));
  await world.advance('2d');
  expect(world.mail).toEqual([]);
  expect((await world.runsOf('ada')).map(({ status, reason }) => [status, reason])).toEqual([
    ['cancelled', 'the campaign was removed'],
  ]);
});

test('a run follows new code where its history fits, and stays on the old where it does not', async () => {
  await using world = await engineWorld();
  const flow = (body: string) =>
    configOf({
      campaigns: `c: { segments: ['everyone'], behavior: 'static', flow: function* (ctx, rt) { ${body} } }`,
      templates: `first: { subject: '1', component }, second: { subject: '2', component }, third: { subject: '3', component },`,
    });
  await world.push(
    flow(`yield rt.sendEmail('first'); yield rt.wait({ days: 1 }); yield rt.sendEmail('second');`),
  );
  await world.add('ada');
  // A changed ending: fits.
  await world.push(
    flow(`yield rt.sendEmail('first'); yield rt.wait({ days: 1 }); yield rt.sendEmail('third');`),
  );
  await world.advance('1d');
  expect(world.mail).toEqual(['first → ada@example.com', 'third → ada@example.com']);

  await world.add('bob');
  // Another beginning: does not fit what happened, so bob stays on the code he began with.
  await world.push(
    flow(`yield rt.sendEmail('second'); yield rt.wait({ days: 1 }); yield rt.sendEmail('first');`),
  );
  await world.advance('1d');
  expect(world.mail.slice(2)).toEqual(['first → bob@example.com', 'third → bob@example.com']);
});

test('a flow that throws fails its run with the place, and no other', async () => {
  await using world = await engineWorld();
  await world.push(
    configOf({
      campaigns: `c: { segments: ['everyone'], behavior: 'static', flow: function* (ctx, rt) {
        if (ctx.attributes.broken) throw new Error('no such plan'); yield rt.sendEmail('hello'); } }`,
    }),
  );
  void world.submit({
    type: 'user',
    id: 'ada',
    attributes: { email: 'ada@example.com', broken: true },
    mode: 'upsert',
  });
  await world.add('bob');
  expect(world.mail).toEqual(['hello → bob@example.com']);
  const [run] = await world.runsOf('ada');
  expect(run).toMatchObject({ status: 'failed' });
  expect(run!.reason).toContain('no such plan');
  expect(run!.reason).toContain('segflow.config.tsx:');
});

test('waits survive a restart, and what became due while down happens in order', async () => {
  await using world = await engineWorld();
  await world.push(
    configOf({
      campaigns: `c: { segments: ['everyone'], behavior: 'static', flow: function* (ctx, rt) {
        yield rt.wait({ hours: ctx.attributes.hours }); yield rt.sendEmail('hello'); } }`,
    }),
  );
  await world.add('late', { hours: 5 });
  await world.add('early', { hours: 2 });
  await world.engine.stop();
  world.clock.advance(86_400_000);
  await world.start();
  await world.settle();
  expect(world.mail).toEqual(['hello → early@example.com', 'hello → late@example.com']);
});

test('a flow sees the outcome of an email: sent, refused for good, and goes on', async () => {
  await using world = await engineWorld();
  world.postmark.deactivate('bounced@example.com');
  await world.push(
    configOf({
      campaigns: `c: { segments: ['everyone'], behavior: 'static', flow: function* (ctx, rt) {
        const outcome = yield* rt.sendEmail('hello'); yield rt.sendEmail(outcome.status === 'sent' ? 'after-sent' : 'after-failed'); } }`,
      templates: `'after-sent': { subject: 's', component }, 'after-failed': { subject: 'f', component },`,
    }),
  );
  await world.add('ada');
  await world.add('bounced');
  expect((await world.runsOf('ada'))[0]).toMatchObject({
    status: 'completed',
    steps: ['email hello', 'email after-sent'],
  });
  expect((await world.runsOf('bounced'))[0]).toMatchObject({
    status: 'completed',
    steps: ['email hello', 'email after-failed'],
  });
});
