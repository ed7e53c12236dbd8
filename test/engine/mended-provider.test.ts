import { expect, test } from 'bun:test';
import { configOf, engineWorld, type World } from './world.ts';

/* Mail that waits because of the provider's settings leaves when they are mended: in these tests without that time passes. */

const CAMPAIGN = {
  campaigns: `welcome: { segments: ['everyone'], behavior: 'static', flow: function* (ctx, rt) { yield rt.sendEmail('hello'); } }`,
};
const MENDED = configOf(CAMPAIGN);
const WRONG_KEY = MENDED.replace('process.env.POSTMARK_API_KEY', "'mistyped'");

async function waiting(): Promise<World> {
  const world = await engineWorld();
  await world.push(WRONG_KEY);
  for (const id of ['ada', 'bob', 'eve']) await world.add(id);
  await world.advance('30m');
  expect((await world.store.counts()).messages).toEqual({ queued: 3 });
  return world;
}

const EVERYONE = ['hello → ada@example.com', 'hello → bob@example.com', 'hello → eve@example.com'];

test('with the right key what waited because of the wrong one leaves at once', async () => {
  await using world = await waiting();
  await world.push(MENDED);
  await world.settle();
  expect(world.mail.sort()).toEqual(EVERYONE);
  expect(await world.store.counts()).toMatchObject({ messages: { sent: 3 }, runs: { completed: 3 } });
});

test('other code with the same settings is no reason to try again before it is time', async () => {
  await using world = await waiting();
  const asked = world.postmark.requests.length;
  await world.push(WRONG_KEY.replace("'Hello'", "'Good day'"));
  await world.settle();
  expect(world.postmark.requests.length).toBe(asked);
});

test('what was on its way with the wrong key when the right one came leaves at once', async () => {
  await using world = await engineWorld();
  world.postmark.fault({ status: 401, errorCode: 10, hold: 'before-accept' });
  await world.push(MENDED.replace('hello@example.com', 'old@example.com'));
  await world.submit({ type: 'user', id: 'ada', attributes: { email: 'ada@example.com' }, mode: 'upsert' });
  await world.postmark.reached();
  await world.push(MENDED);
  world.postmark.release();
  await world.settle();
  expect(world.postmark.accepted.map(({ message }) => message.From)).toEqual(['hello@example.com']);
});

test('the provider is asked soon about what it could not be asked about, not before it must know', async () => {
  await using world = await engineWorld();
  world.postmark.fault({ status: 503, times: 8 });
  world.postmark.fault({ accept: true, end: 'drop' });
  world.postmark.fault({ on: 'search', status: 401, times: 3 });
  await world.push(MENDED.replace('hello@example.com', 'old@example.com'));
  await world.add('ada');
  const searches = () => world.postmark.requests.filter((line) => line.startsWith('GET')).length;
  while (searches() < 2) await world.advance('1m');
  await world.push(MENDED);
  await world.settle();
  expect(searches()).toBe(2);
  await world.advance('1m');
  expect(searches()).toBe(3);
});
