import { expect, test } from 'bun:test';
import type { IngestOperation } from '../../src/engine/ingest/operations.ts';
import type { Fault } from '../helpers/postmark.ts';
import { configOf, engineWorld } from './world.ts';

/* One message for which the provider misbehaves: it ends with its reason, every other one is sent once. */

const SERIES = `c: { segments: ['everyone'], behavior: 'static', flow: function* (ctx, rt) { yield rt.sendEmail('hello'); } }`;
const people = (count: number): IngestOperation[] =>
  Array.from({ length: count }, (_, i) => ({
    type: 'user',
    id: `u${i}`,
    attributes: { email: `u${i}@example.com` },
    mode: 'upsert',
  }));

test.each([
  ['HTTP 400', { status: 400 }],
  ['HTTP 500', { status: 500 }],
  ['a dropped connection', { end: 'drop', accept: false }],
  ['an answer that is no list', { end: 'garbage', accept: false }],
] as [string, Fault][])('%s while one address is in the batch', async (_name, fault) => {
  await using world = await engineWorld();
  await world.push(configOf({ campaigns: SERIES }));
  world.postmark.poison('u17@example.com', fault);
  await world.submit(...people(60));
  await world.advance('10m');
  expect(world.mail).toHaveLength(59);
  // Mail of others goes on meanwhile, which tells a bad message from a provider that is away.
  for (let i = 0; i < 8; i++) {
    await world.add(`later${i}`);
    await world.advance('5m');
  }
  expect(world.postmark.duplicates()).toEqual([]);
  expect((await world.store.counts()).messages).toEqual({ sent: 67, failed: 1 });
  const [message] = await world.store.listMessages({ userId: 'u17', limit: 1 });
  expect(message).toMatchObject({ status: 'failed', to: 'u17@example.com' });
  expect(message!.reason).toMatch(/400|never answers/);
});

test('a provider that fails for everyone fails nobody', async () => {
  await using world = await engineWorld();
  await world.push(configOf({ campaigns: SERIES }));
  world.postmark.fault({ status: 500, times: 60 });
  await world.submit(...people(5));
  await world.advance('1h');
  expect((await world.store.counts()).messages).not.toHaveProperty('failed');
  await world.advance('12h');
  expect(world.mail).toHaveLength(5);
  expect(world.postmark.duplicates()).toEqual([]);
});

test.each([
  ['429', { status: 429, headers: { 'Retry-After': '86400000' } }],
  ['503 until the year 9999', { status: 503, headers: { 'Retry-After': 'Fri, 31 Dec 9999 23:59:59 GMT' } }],
] as [string, Fault][])('%s: no message waits for longer than an hour', async (_name, fault) => {
  await using world = await engineWorld();
  await world.push(configOf({ campaigns: SERIES }));
  world.postmark.fault(fault);
  await world.submit(...people(1));
  await world.advance('61m');
  expect(world.mail).toHaveLength(1);
});

test('the log has no words of an error that quotes data of a person', async () => {
  await using world = await engineWorld();
  await world.push(
    configOf({
      templates: `broken: { subject: 'x', component: ({ user }) => { if (user.email?.startsWith('u')) throw new TypeError('cannot format ' + user.email); return <p />; } },`,
      campaigns: `
        c: { segments: ['everyone'], behavior: 'static', flow: function* (ctx, rt) { yield rt.sendEmail('broken'); } },
        d: { segments: ['everyone'], behavior: 'static', flow: function* (ctx, rt) { throw new Error('no luck for ' + ctx.attributes.email); } },
        e: { segments: ['everyone'], behavior: 'static', flow: function* (ctx, rt) { throw 'text of ' + ctx.attributes.email; } },`,
    }),
  );
  await world.submit(...people(15));
  await world.settle();
  const log = world.errors.join('\n');
  expect(log).toContain('TypeError at');
  expect(log).toContain('campaign d failed: an error at');
  expect(log).toContain('again and again');
  expect(log).not.toContain('@example.com');
  const [message] = await world.store.listMessages({ userId: 'u3', limit: 1 });
  expect(message!.reason).toContain('cannot format u3@example.com');
});
