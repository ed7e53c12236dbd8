import { expect, test } from 'bun:test';
import { configOf, engineWorld, flagged } from './world.ts';

const FOREVER = `flow: function* (ctx, rt) { while (true) { yield rt.sendEmail('hello'); yield rt.wait({ days: 7 }); } }`;
const ONCE = `flow: function* (ctx, rt) { yield rt.sendEmail('hello'); }`;
const buyers = `buyers: { evaluator: (db) => db.select({ id: schema.users.id }).from(schema.users)
  .innerJoin(schema.events, eq(schema.events.userId, schema.users.id)).where(eq(schema.events.name, 'purchase')).groupBy(schema.users.id) }`;

test('exitWhen an event: the run ends, and what it had queued is not sent', async () => {
  await using world = await engineWorld();
  await world.push(
    configOf({
      campaigns: `c: { segments: ['everyone'], behavior: 'static', exitWhen: { event: 'unsubscribe' }, ${FOREVER} }`,
    }),
  );
  await world.add('ada');
  await world.add('bob');
  await world.emit('ada', 'other');
  await world.advance('7d');
  expect(world.mail).toHaveLength(4);
  world.postmark.fault({ status: 503, times: 1 });
  await world.advance('7d');
  await world.emit('ada', 'unsubscribe');
  await world.advance('1h');
  expect(world.mail.filter((mail) => mail.includes('ada'))).toHaveLength(2);
  expect((await world.runsOf('ada'))[0]).toMatchObject({
    status: 'cancelled',
    reason: 'the user did "unsubscribe" (exitWhen)',
  });
  expect((await world.runsOf('bob'))[0]).toMatchObject({ status: 'sleeping' });
  expect((await world.store.counts()).messages).toEqual({ sent: 5, skipped: 1 });
});

test('exitWhen an event does not end a run that the same event began', async () => {
  await using world = await engineWorld();
  await world.push(
    configOf({
      segments: buyers,
      campaigns: `c: { segments: ['buyers'], behavior: 'static', exitWhen: { event: 'purchase' }, ${FOREVER} }`,
    }),
  );
  await world.add('ada');
  await world.emit('ada', 'purchase');
  expect((await world.runsOf('ada'))[0]).toMatchObject({ status: 'sleeping' });
  await world.advance('1d');
  await world.emit('ada', 'purchase');
  expect((await world.runsOf('ada'))[0]).toMatchObject({ status: 'cancelled' });
});

test('exitWhen a segment: who is in it leaves, and does not enter', async () => {
  await using world = await engineWorld();
  await world.push(
    configOf({
      segments: `trial: ${flagged('trial')}, paid: ${flagged('paid')}`,
      campaigns: `c: { segments: ['trial'], behavior: 'static', exitWhen: { segment: 'paid' }, ${FOREVER} }`,
    }),
  );
  await world.add('ada', { trial: true });
  await world.add('bob', { trial: true, paid: true });
  expect(await world.runsOf('bob')).toEqual([]);
  await world.add('ada', { paid: true });
  expect((await world.runsOf('ada')).map(({ status, reason }) => [status, reason])).toEqual([
    ['cancelled', 'the user came into the segment "paid" (exitWhen)'],
  ]);
  await world.add('ada', { paid: false });
  expect(await world.runsOf('ada')).toHaveLength(1);
});

test('a goal is counted once a run, within its time, and the run goes on', async () => {
  await using world = await engineWorld();
  await world.push(
    configOf({
      segments: `vip: ${flagged('vip')}`,
      campaigns: `c: { segments: ['everyone'], behavior: 'static', goal: { event: 'purchase', segment: 'vip', within: '3d' }, ${FOREVER} }`,
    }),
  );
  for (const id of ['ada', 'bob', 'cid', 'dan']) await world.add(id, id === 'dan' ? { vip: true } : {});
  await world.advance('1d');
  await world.emit('ada', 'purchase');
  await world.emit('ada', 'purchase');
  await world.add('bob', { vip: true });
  await world.advance('3d');
  await world.emit('cid', 'purchase');
  expect((await world.store.counts()).campaigns).toEqual([{ id: 'c', entered: 4, converted: 2 }]);
  expect((await world.runsOf('ada'))[0]).toMatchObject({ status: 'sleeping' });
  await world.submit({ type: 'delete', id: 'ada' });
  expect((await world.store.counts()).campaigns).toEqual([{ id: 'c', entered: 3, converted: 1 }]);
});

test('the event that began a run does not reach its goal, though it reaches that of a run that began before', async () => {
  await using world = await engineWorld();
  await world.push(
    configOf({
      segments: buyers,
      campaigns: `early: { segments: ['everyone'], behavior: 'static', goal: { event: 'purchase' }, ${FOREVER} },
        late: { segments: ['buyers'], behavior: 'static', goal: { event: 'purchase' }, ${FOREVER} },
        soon: { segments: ['buyers'], behavior: 'static', goal: { event: 'purchase', within: '1h' }, ${FOREVER} }`,
    }),
  );
  const converted = async () =>
    Object.fromEntries((await world.store.counts()).campaigns.map((each) => [each.id, each.converted]));
  await world.add('ada');
  await world.emit('ada', 'purchase');
  expect(await converted()).toEqual({ early: 1, late: 0, soon: 0 });
  await world.emit('ada', 'other');
  await world.advance('1d');
  expect(await converted()).toEqual({ early: 1, late: 0, soon: 0 });
  // Now the purchases are looked at again, the first of which was within the hour.
  await world.emit('ada', 'purchase');
  expect(await converted()).toEqual({ early: 1, late: 1, soon: 0 });
});

test('the event that began a run does not end it, though it ends one that began before', async () => {
  await using world = await engineWorld();
  await world.push(
    configOf({
      segments: buyers,
      campaigns: `early: { segments: ['everyone'], behavior: 'static', exitWhen: { event: 'purchase' }, ${FOREVER} },
        late: { segments: ['buyers'], behavior: 'static', exitWhen: { event: 'purchase' }, ${FOREVER} }`,
    }),
  );
  const statuses = async () =>
    Object.fromEntries((await world.runsOf('ada')).map(({ campaign, status }) => [campaign, status]));
  await world.add('ada');
  await world.emit('ada', 'purchase');
  expect(await statuses()).toEqual({ early: 'cancelled', late: 'sleeping' });
  await world.advance('1d');
  await world.emit('ada', 'purchase');
  expect(await statuses()).toEqual({ early: 'cancelled', late: 'cancelled' });
});

test('a goal counts after the flow has ended', async () => {
  await using world = await engineWorld();
  await world.push(
    configOf({
      campaigns: `c: { segments: ['everyone'], behavior: 'static', goal: { event: 'purchase' }, ${ONCE} }`,
    }),
  );
  await world.add('ada');
  await world.advance('30d');
  await world.emit('ada', 'purchase');
  expect((await world.store.counts()).campaigns).toEqual([{ id: 'c', entered: 1, converted: 1 }]);
});

test.each([
  ['static', '', 1],
  ['static', `reentry: 'always',`, 3],
  ['dynamic', '', 3],
  ['dynamic', `reentry: 'once',`, 1],
  ['static', `reentry: { after: '10d' },`, 2],
])('a %s campaign with %s takes who qualifies thrice %d times', async (behavior, reentry, times) => {
  await using world = await engineWorld();
  await world.push(
    configOf({
      segments: `on: ${flagged('on')}`,
      campaigns: `c: { segments: ['on'], behavior: '${behavior}', ${reentry} ${ONCE} }`,
    }),
  );
  for (let round = 0; round < 3; round++) {
    await world.add('ada', { on: true });
    await world.advance('6d');
    await world.add('ada', { on: false });
  }
  expect(await world.runsOf('ada')).toHaveLength(times);
  expect(world.mail).toHaveLength(times);
});

test('who left a dynamic campaign is back in when a deployment changes its segments so that the user qualifies', async () => {
  await using world = await engineWorld();
  const config = (segment: string) =>
    configOf({
      segments: `a: ${flagged('a')}, b: ${flagged('b')}`,
      campaigns: `c: { segments: ['${segment}'], behavior: 'dynamic', ${FOREVER} }`,
    });
  await world.push(config('a'));
  await world.add('ada', { a: true, b: true });
  await world.add('ada', { a: false });
  expect((await world.runsOf('ada')).map(({ status }) => status)).toEqual(['cancelled']);
  await world.push(config('b'));
  await world.settle();
  expect((await world.runsOf('ada')).map(({ entry, status }) => [entry, status])).toEqual([
    [2, 'sleeping'],
    [1, 'cancelled'],
  ]);
});

test('of what is due the higher priority leaves first, transactions before all', async () => {
  await using world = await engineWorld();
  await world.push(
    configOf({
      templates: `low: { subject: 'Low', component }, high: { subject: 'High', component },`,
      campaigns: `a: { segments: ['everyone'], behavior: 'static', priority: -5, flow: function* (ctx, rt) { yield rt.wait({ days: 1 }); yield rt.sendEmail('low'); } },
        b: { segments: ['everyone'], behavior: 'static', flow: function* (ctx, rt) { yield rt.wait({ days: 1 }); yield rt.sendEmail('hello'); } },
        c: { segments: ['everyone'], behavior: 'static', priority: 10, flow: function* (ctx, rt) { yield rt.wait({ days: 1 }); yield rt.sendEmail('high'); yield rt.emit('purchase'); } }`,
      transactions: `order: { event: 'purchase', subject: 'Order', component }`,
    }),
  );
  await world.add('ada');
  await world.add('bob');
  world.postmark.fault({ status: 503, times: 1 });
  await world.advance('1d');
  await world.submit({ type: 'event', userId: 'bob', name: 'purchase', attributes: {} });
  await world.advance('1h');
  const order = world.mail.map((mail) => mail.split(' ')[0]);
  expect(order).toHaveLength(9);
  expect(order[0]).toBe('order');
  expect(order.indexOf('low')).toBeGreaterThan(order.lastIndexOf('hello'));
  expect(order.indexOf('hello')).toBeGreaterThan(order.lastIndexOf('high'));
});

test('of a long queue of runs those of the higher priority go first', async () => {
  await using world = await engineWorld();
  await world.push(
    configOf({
      templates: `high: { subject: 'High', component }`,
      segments: `vip: ${flagged('vip')}`,
      campaigns: `many: { segments: ['everyone'], behavior: 'static', flow: function* (ctx, rt) { yield rt.wait({ days: 1 }); yield rt.sendEmail('hello'); } },
        few: { segments: ['vip'], behavior: 'static', priority: 1, flow: function* (ctx, rt) { yield rt.wait({ days: 1 }); yield rt.sendEmail('high'); } }`,
    }),
  );
  const add = (id: string, vip: boolean) =>
    ({ type: 'user', id, attributes: { email: `${id}@example.com`, vip }, mode: 'upsert' }) as const;
  await world.submit(...Array.from({ length: 1_500 }, (_, i) => add(`u${i}`, false)));
  await world.settle();
  await world.submit(add('last', true));
  await world.settle();
  await world.advance('1d');
  expect(world.mail).toHaveLength(1_502);
  expect(world.mail[0]).toBe('high → last@example.com');
});

test('entries are spread: each user begins at a moment of their own, and none is lost', async () => {
  await using world = await engineWorld();
  for (let i = 0; i < 60; i++)
    await world.submit({
      type: 'user',
      id: `u${i}`,
      attributes: { email: `u${i}@example.com` },
      mode: 'upsert',
    });
  await world.push(
    configOf({ campaigns: `c: { segments: ['everyone'], behavior: 'static', spread: '6h', ${ONCE} }` }),
  );
  await world.settle();
  expect(world.mail.length).toBeLessThan(10);
  await world.advance('3h');
  const half = world.mail.length;
  expect(half).toBeGreaterThan(15);
  expect(half).toBeLessThan(45);
  await world.advance('3h');
  expect(new Set(world.mail).size).toBe(60);
});
