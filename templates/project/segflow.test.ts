import { expect, test } from 'bun:test';
import { simulate } from 'segflow/testing';
import config from './segflow.config';

// The real engine, with simulated time: 90 days pass in a moment, and mail is recorded instead of sent.

const ada = { username: 'Ada', email: 'ada@example.com' };
const DAY = 86_400_000;

test('a new user is welcomed, once', async () => {
  await using simulation = await simulate(config);
  await simulation.addUser('ada', ada);
  await simulation.advance('90 days');

  const messages = await simulation.messages({ user: 'ada' });
  expect(messages.map(({ template }) => template)).toEqual(['welcome-email']);
  expect(messages[0]?.subject).toBe('Welcome to Acme, Ada!');
  expect(await messages[0]?.html()).toContain('Ada');
});

test('winbacks come further and further apart, and end when the user is back', async () => {
  await using simulation = await simulate(config);
  await simulation.addUser('ada', { ...ada, winback: true });
  const start = simulation.now.getTime();
  await simulation.advance('40 days');
  await simulation.updateUser('ada', { winback: false });
  await simulation.advance('50 days');

  const winbacks = await simulation.messages({ template: 'winback-email' });
  expect(winbacks.map(({ at }) => (at.getTime() - start) / DAY)).toEqual([0, 1, 3, 7, 15, 31]);
  expect(await simulation.runs({ campaign: 'winback-campaign' })).toMatchObject([{ status: 'cancelled' }]);
});
