import { expect, test } from 'bun:test';
import { configOf, engineWorld } from './world.ts';

const WELCOME = configOf({
  campaigns: `welcome: { segments: ['everyone'], behavior: 'static', flow: function* (ctx, rt) { yield rt.sendEmail('hello'); } }`,
  transactions: `receipt: { event: 'purchase', subject: (user, event) => 'Order of ' + event.attributes.value, component }`,
});

test('a transaction is one email for every event of its name', async () => {
  await using world = await engineWorld();
  await world.push(WELCOME);
  await world.add('ada');
  await world.emit('ada', 'purchase', { value: 10 });
  await world.emit('ada', 'purchase', { value: 20 });
  await world.emit('ada', 'login');
  expect(world.mail).toEqual([
    'hello → ada@example.com',
    'receipt → ada@example.com',
    'receipt → ada@example.com',
  ]);
  expect(world.postmark.accepted.map(({ message }) => message.Subject)).toEqual([
    'Hello',
    'Order of 10',
    'Order of 20',
  ]);
});

test('an event told twice under one messageId is stored and mailed once', async () => {
  await using world = await engineWorld();
  await world.push(WELCOME);
  await world.add('ada');
  const purchase = {
    type: 'event',
    userId: 'ada',
    name: 'purchase',
    attributes: {},
    messageId: 'order-1',
  } as const;
  const [first, second] = await world.submit(purchase, purchase);
  expect([first, second]).toEqual([
    { ok: true, type: 'event', duplicate: false },
    { ok: true, type: 'event', duplicate: true },
  ]);
  expect(await world.submit(purchase)).toEqual([{ ok: true, type: 'event', duplicate: true }]);
  await world.settle();
  expect(world.mail.filter((mail) => mail.startsWith('receipt'))).toHaveLength(1);
  expect((await world.store.counts()).events).toBe(1);
});

test('a request repeated under its key has the answer of the first time, and another request has none', async () => {
  await using world = await engineWorld();
  await world.push(WELCOME);
  const submit = (requestHash: string) =>
    world.engine.ingest.submit({
      operations: [{ type: 'user', id: 'ada', attributes: { visits: 1 }, mode: 'upsert' }],
      idempotency: { key: 'k', requestHash },
    });
  const both = await Promise.all([submit('a'), submit('a')]);
  const created = [{ ok: true, type: 'user', created: true, attributes: { visits: 1 } }];
  expect(both).toEqual([created, created] as typeof both);
  expect(await submit('a')).toEqual(created as (typeof both)[0]);
  expect(submit('b')).rejects.toMatchObject({ code: 'idempotency_key_reused' });
});

test('history that is imported is not mailed', async () => {
  await using world = await engineWorld();
  await world.push(WELCOME);
  await world.add('ada');
  const createdAt = world.clock.now() - 3 * 86_400_000;
  await world.submit({ type: 'event', userId: 'ada', name: 'purchase', attributes: {}, createdAt });
  await world.settle();
  expect(world.mail).toEqual(['hello → ada@example.com']);
  expect((await world.store.counts()).events).toBe(1);
});

test('a provider that takes nothing for now is tried again until it does, and nothing is sent twice', async () => {
  await using world = await engineWorld();
  world.postmark.fault({ status: 503, times: 3 });
  world.postmark.fault({ status: 429, times: 2 });
  await world.push(WELCOME);
  await world.add('ada');
  expect(world.mail).toEqual([]);
  expect(await world.store.counts()).toMatchObject({ messages: { queued: 1 }, runs: { running: 1 } });
  await world.advance('10m');
  expect(world.mail).toEqual(['hello → ada@example.com']);
  expect(await world.store.counts()).toMatchObject({ messages: { sent: 1 }, runs: { completed: 1 } });
});

test('a message whose answer was lost is asked about before anything is sent again', async () => {
  await using world = await engineWorld();
  world.postmark.fault({ accept: true, end: 'drop' });
  await world.push(WELCOME);
  await world.add('ada');
  expect(await world.store.counts()).toMatchObject({ messages: { unknown: 1 }, runs: { running: 1 } });
  await world.advance('2m');
  expect(world.mail).toEqual(['hello → ada@example.com']);
  expect(await world.store.counts()).toMatchObject({ messages: { sent: 1 }, runs: { completed: 1 } });
});

test('a message that the provider did not get is sent after asking', async () => {
  await using world = await engineWorld();
  world.postmark.fault({ accept: false, end: 'drop' });
  await world.push(WELCOME);
  await world.add('ada');
  expect((await world.store.counts()).messages).toEqual({ unknown: 1 });
  await world.advance('2m');
  expect(world.mail).toEqual(['hello → ada@example.com']);
});

test('while the provider cannot be asked, nothing is sent', async () => {
  await using world = await engineWorld();
  world.postmark.fault({ accept: true, end: 'drop' });
  world.postmark.fault({ on: 'search', status: 500, times: 3 });
  await world.push(WELCOME);
  await world.add('ada');
  await world.advance('1m');
  expect((await world.store.counts()).messages).toEqual({ unknown: 1 });
  await world.advance('1h');
  expect(world.mail).toEqual(['hello → ada@example.com']);
  expect((await world.store.counts()).messages).toEqual({ sent: 1 });
});

test('a permanent error fails that message alone', async () => {
  await using world = await engineWorld();
  world.postmark.deactivate('bounced@example.com');
  await world.push(WELCOME);
  const user = (id: string, attributes = {}) =>
    ({
      type: 'user',
      id,
      attributes: { email: `${id}@example.com`, ...attributes },
      mode: 'upsert',
    }) as const;
  await world.submit(user('ada'), user('bounced'), user('nowhere', { email: 'no address' }), user('bob'));
  await world.settle();
  expect(world.mail.sort()).toEqual(['hello → ada@example.com', 'hello → bob@example.com']);
  const failed = await world.store.listMessages({ status: 'failed', limit: 10 });
  expect(failed.map(({ userId, reason }) => [userId, reason]).sort()).toEqual([
    ['bounced', expect.stringContaining('inactive')],
    ['nowhere', expect.stringContaining('no valid address')],
  ]);
  expect((await world.store.counts()).runs).toEqual({ completed: 4 });
});

test('an email that cannot be rendered for someone fails for that one, with the place', async () => {
  await using world = await engineWorld();
  await world.push(
    configOf({
      templates: `fragile: { subject: 'x', component: ({ user }) => { if (user.broken) throw new Error('no city'); return <p>ok</p>; } },`,
      campaigns: `c: { segments: ['everyone'], behavior: 'static', flow: function* (ctx, rt) { yield rt.sendEmail('fragile'); } }`,
    }),
  );
  await world.add('ada', { broken: true });
  await world.add('bob');
  expect(world.mail).toEqual(['fragile → bob@example.com']);
  const [failed] = await world.store.listMessages({ status: 'failed', limit: 10 });
  expect(failed!.reason).toContain('no city');
  expect(failed!.reason).toContain('segflow.config.tsx:');
});

test('mail for a user who was deleted meanwhile is not sent', async () => {
  await using world = await engineWorld();
  world.postmark.fault({ status: 503 });
  await world.push(WELCOME);
  await world.add('ada');
  await world.submit({ type: 'delete', id: 'ada' });
  await world.advance('1h');
  expect(world.mail).toEqual([]);
  expect(await world.store.counts()).toMatchObject({ users: 0, messages: { skipped: 1 } });
  const [message] = await world.store.listMessages({ limit: 1 });
  expect(message).toMatchObject({ to: null, subject: null });
});

test('who is deleted and added again is a new user: welcomed again, nothing stuck', async () => {
  await using world = await engineWorld();
  await world.push(WELCOME);
  await world.add('ada');
  await world.submit({ type: 'delete', id: 'ada' });
  world.clock.advance(5);
  await world.add('ada');
  expect(world.mail).toHaveLength(2);
  expect((await world.runsOf('ada')).map(({ status }) => status)).toEqual(['completed']);
});

test('the newest wording goes out, also for runs that began before', async () => {
  await using world = await engineWorld();
  const config = (subject: string) =>
    configOf({
      templates: `later: { subject: '${subject}', component },`,
      campaigns: `c: { segments: ['everyone'], behavior: 'static', flow: function* (ctx, rt) { yield rt.wait({ hours: 1 }); yield rt.sendEmail('later'); } }`,
    });
  await world.push(config('old'));
  await world.add('ada');
  await world.push(config('new'));
  await world.advance('1h');
  expect(world.postmark.accepted.map(({ message }) => message.Subject)).toEqual(['new']);
});
