import { expect, test } from 'bun:test';
import { deploymentsOf } from '../../src/server/backend/deployments-backend.ts';
import { configOf, engineWorld, flagged } from './world.ts';

const campaign = (body: string, more = '') =>
  configOf({
    templates: `other: { subject: 'Other', component },`,
    campaigns: `c: { segments: ['everyone'], behavior: 'static', flow: function* (ctx, rt) { ${body} } }, ${more}`,
    transactions: `order: { event: 'purchase', subject: 'Order', component }`,
  });

test('a paused campaign neither advances nor sends, others do, and at the resume all that passed happens', async () => {
  await using world = await engineWorld();
  await world.push(
    campaign(
      `yield rt.sendEmail('hello'); yield rt.wait({ days: 1 }); yield rt.sendEmail('other');`,
      `d: { segments: ['everyone'], behavior: 'static', flow: function* (ctx, rt) { yield rt.wait({ days: 2 }); yield rt.sendEmail('hello'); } }`,
    ),
  );
  await world.add('ada');
  expect(world.mail).toEqual(['hello → ada@example.com']);
  await world.engine.pause('c', 'a typo');
  await world.add('bob');
  await world.advance('3d');
  await world.emit('ada', 'purchase');
  await world.restart();
  expect(world.mail.sort()).toEqual([
    'hello → ada@example.com',
    'hello → ada@example.com',
    'hello → bob@example.com',
    'order → ada@example.com',
  ]);
  expect((await world.runsOf('bob')).map(({ campaign, status }) => [campaign, status])).toEqual([
    ['d', 'completed'],
    ['c', 'pending'],
  ]);
  expect(await world.engine.resume('c')).toBe(true);
  await world.settle();
  expect(world.mail.slice(4).sort()).toEqual(['hello → bob@example.com', 'other → ada@example.com']);
  expect(await world.engine.resume('c')).toBe(false);
});

test('what is paused again keeps when it was paused, and why unless it is told anew', async () => {
  await using world = await engineWorld();
  await world.push(campaign(`yield rt.sendEmail('hello');`));
  const { pause, pauses } = deploymentsOf(world.engine);
  const first = await pause({ campaign: 'c', reason: 'a typo' });
  await world.advance('1h');
  expect(await pause({ campaign: 'c' })).toEqual(first);
  expect(await pause({ campaign: 'c', reason: 'a wrong price' })).toEqual({
    ...first,
    reason: 'a wrong price',
  });
  expect(await pause({})).toMatchObject({ campaign: null, reason: 'paused by hand' });
  expect(await pauses()).toMatchObject([{ campaign: null }, { campaign: 'c', reason: 'a wrong price' }]);
});

test('to retry nothing is no error, but what is not there is', async () => {
  await using world = await engineWorld();
  await world.push(campaign(`yield rt.sendEmail('hello');`));
  await world.add('ada');
  const { retry } = deploymentsOf(world.engine);
  for (const body of [{}, { campaign: 'c' }, { user: 'ada' }]) {
    expect(await retry(body)).toEqual({ retried: 0 });
  }
  await expect(retry({ campaign: 'd' })).rejects.toMatchObject({ code: 'not_found' });
  await expect(retry({ user: 'bob' })).rejects.toMatchObject({ code: 'user_not_found' });
});

test('when everything is paused nothing is sent at all, and nothing is lost', async () => {
  await using world = await engineWorld();
  await world.push(campaign(`yield rt.sendEmail('hello');`));
  await world.add('ada');
  await world.engine.pause(undefined, 'stop');
  await world.add('bob');
  await world.emit('ada', 'purchase');
  await world.advance('1d');
  expect(world.mail).toHaveLength(1);
  expect((await world.store.counts()).messages).toEqual({ sent: 1, queued: 1 });
  await world.engine.resume(undefined);
  await world.settle();
  expect(world.mail.sort()).toEqual([
    'hello → ada@example.com',
    'hello → bob@example.com',
    'order → ada@example.com',
  ]);
});

test('a message that waits for its next try is not sent while its campaign is paused', async () => {
  await using world = await engineWorld();
  await world.push(campaign(`yield rt.sendEmail('hello');`));
  world.postmark.fault({ status: 503, times: 1 });
  await world.add('ada');
  await world.engine.pause('c', 'stop');
  await world.advance('1h');
  expect(world.mail).toEqual([]);
  await world.engine.resume('c');
  await world.settle();
  expect(world.mail).toEqual(['hello → ada@example.com']);
});

test('a run that no code follows is blocked, sends nothing, and goes on with the code that follows it', async () => {
  await using world = await engineWorld();
  const body = (first: string) =>
    `yield rt.sendEmail('${first}'); yield rt.wait({ days: 1 }); yield rt.sendEmail('other');`;
  await world.push(campaign(body('hello')));
  await world.add('ada');
  // Put back to the state of a run whose own code is the broken one.
  const { deployment } = await world.push(
    campaign(`yield rt.wait({ days: 5 }); yield rt.sendEmail('other');`),
  );
  const [run] = await world.store.latestRuns(['ada']);
  await world.store.transaction(async (tx) => {
    const [due] = await tx.dueRuns(world.clock.now() + 86_400_000, 1);
    await tx.saveRuns([
      {
        ...due!,
        deploymentId: deployment.id,
        status: 'sleeping',
        wakeAt: due!.wakeAt,
        reason: null,
        endedAt: null,
        ending: null,
      },
    ]);
  });
  await world.advance('1d');
  const [blocked] = await world.runsOf('ada');
  expect(blocked).toMatchObject({ status: 'blocked', steps: ['email hello', 'wait 1d'] });
  expect(blocked!.reason).toStartWith(
    `step 1 was "email hello" and is now "wait 5d" (deployment ${deployment.id.slice(0, 12)}`,
  );
  expect(world.mail).toHaveLength(1);
  expect(world.errors.join()).toContain('is blocked');

  await world.advance('3d');
  expect(await world.engine.retryRuns({ userId: 'ada' })).toBe(1);
  await world.settle();
  expect((await world.runsOf('ada'))[0]).toMatchObject({ status: 'blocked' });
  await world.push(campaign(`${body('hello')} /* mended */`));
  await world.settle();
  expect((await world.runsOf('ada'))[0]).toMatchObject({ status: 'completed', reason: null });
  expect(world.mail).toEqual(['hello → ada@example.com', 'other → ada@example.com']);
  expect((await world.store.counts()).runs).toEqual({ completed: 1 });
  expect(run!.status).toBe('sleeping');
});

test('a failed run is taken up where it failed, by run, user or campaign', async () => {
  await using world = await engineWorld();
  await world.push(
    campaign(
      `yield rt.sendEmail('hello'); yield rt.wait({ days: 1 }); ctx.attributes.plan.length; yield rt.sendEmail('other');`,
    ),
  );
  for (const id of ['ada', 'bob', 'cid']) await world.add(id);
  await world.advance('1d');
  expect((await world.store.counts()).runs).toEqual({ failed: 3 });
  await world.push(
    campaign(
      `yield rt.sendEmail('hello'); yield rt.wait({ days: 1 }); ctx.attributes.plan?.length; yield rt.sendEmail('other');`,
    ),
  );
  await world.settle();
  expect((await world.store.counts()).runs).toEqual({ failed: 3 });
  const [ada] = await world.store.latestRuns(['ada']);
  expect(await world.engine.retryRuns({ runId: ada!.id })).toBe(1);
  expect(await world.engine.retryRuns({ userId: 'bob', campaignId: 'none' })).toBe(0);
  expect(await world.engine.retryRuns({ userId: 'bob' })).toBe(1);
  await world.settle();
  expect((await world.store.counts()).runs).toEqual({ failed: 1, completed: 2 });
  expect(await world.engine.retryRuns({ campaignId: 'c' })).toBe(1);
  await world.settle();
  expect((await world.store.counts()).runs).toEqual({ completed: 3 });
  expect(world.mail).toHaveLength(6);
});

test('a failed run is not taken up when its user has left, has entered anew, or its campaign is gone', async () => {
  await using world = await engineWorld();
  const config = (fail: string, campaigns = ['c', 'd']) =>
    configOf({
      segments: `on: ${flagged('on')}`,
      campaigns: campaigns
        .map(
          (id) =>
            `${id}: { segments: ['on'], behavior: 'dynamic', flow: function* (ctx, rt) { yield rt.wait({ days: 1 }); ${fail} yield rt.sendEmail('hello'); } }`,
        )
        .join(', '),
    });
  await world.push(config(`throw new Error('nonsense');`));
  for (const id of ['ada', 'bob', 'cid']) await world.add(id, { on: true });
  await world.advance('1d');
  expect((await world.store.counts()).runs).toEqual({ failed: 6 });
  await world.add('ada', { on: false });
  await world.add('bob', { on: false });
  await world.push(config('', ['c']));
  await world.add('bob', { on: true });
  expect(await world.engine.retryRuns({})).toBe(5);
  await world.settle();
  expect(world.mail).toEqual(['hello → cid@example.com']);
  await world.advance('1d');
  expect(world.mail).toEqual(['hello → cid@example.com', 'hello → bob@example.com']);
  expect((await world.runsOf('ada')).map(({ status, reason }) => [status, reason])).toEqual([
    ['cancelled', 'the campaign was removed'],
    ['cancelled', "the user left the campaign's segments"],
  ]);
  expect((await world.runsOf('bob')).map(({ campaign, entry, status }) => [campaign, entry, status])).toEqual(
    [
      ['c', 2, 'completed'],
      ['d', 1, 'cancelled'],
      ['c', 1, 'failed'],
    ],
  );
});

test('a run whose process was ended under it hears its result again when it is retried', async () => {
  await using world = await engineWorld();
  const body = (loop: string) =>
    `const event = yield* rt.waitForEvent('visit'); ${loop} yield rt.emit('note', { is: event.attributes.n });`;
  await world.push(campaign(body('while (true) {}')));
  await world.add('ada');
  await world.emit('ada', 'visit', { n: 5 });
  expect((await world.runsOf('ada'))[0]).toMatchObject({ status: 'failed' });
  await world.push(campaign(body('')));
  await world.engine.retryRuns({});
  await world.settle();
  expect((await world.runsOf('ada'))[0]).toMatchObject({ status: 'completed' });
  const [note] = (await world.store.eventsOfUser('ada', 10)).filter(({ name }) => name === 'note');
  expect(note!.attributes).toEqual({ is: 5 });
}, 180_000);

test('a campaign that fails again and again is paused, and goes on after it was mended', async () => {
  await using world = await engineWorld();
  await world.push(campaign(`throw new Error('nonsense');`));
  for (let i = 0; i < 12; i++) await world.add(`u${i}`);
  const [pause] = await world.store.pauses();
  expect(pause).toMatchObject({ campaignId: 'c' });
  expect(pause!.reason).toContain('nonsense');
  expect(world.errors.join()).toContain('paused by itself');
  expect((await world.store.counts()).runs).toEqual({ failed: 10, pending: 2 });
  await world.push(campaign(`yield rt.sendEmail('hello');`));
  await world.engine.resume('c');
  await world.engine.retryRuns({ campaignId: 'c' });
  await world.settle();
  expect((await world.store.counts()).runs).toEqual({ completed: 12 });
  expect(new Set(world.mail).size).toBe(12);
});

test('a campaign that fails again and again at one place is paused, whatever its messages say', async () => {
  await using world = await engineWorld();
  await world.push(campaign(`throw new Error('no luck for ' + ctx.id);`));
  for (let i = 0; i < 12; i++) await world.add(`u${i}`);
  expect((await world.store.pauses())[0]).toMatchObject({
    campaignId: 'c',
    reason: expect.stringContaining('no luck for u9'),
  });
  expect((await world.store.counts()).runs).toEqual({ failed: 10, pending: 2 });
});

test('a campaign whose emails cannot be rendered is paused', async () => {
  await using world = await engineWorld();
  await world.push(
    configOf({
      templates: `broken: { subject: 'Broken', component: ({ user }) => { if (user.email?.startsWith('u')) throw new Error('no such thing as ' + user.email); return <p/>; } },`,
      campaigns: `c: { segments: ['everyone'], behavior: 'static', flow: function* (ctx, rt) { yield rt.sendEmail('broken'); } }`,
    }),
  );
  for (let i = 0; i < 12; i++) await world.add(`u${i}`);
  expect((await world.store.pauses())[0]).toMatchObject({ campaignId: 'c' });
  expect((await world.store.counts()).messages).toEqual({ failed: 10 });
});
