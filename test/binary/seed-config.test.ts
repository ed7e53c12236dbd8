import { expect } from 'bun:test';
import type { Journey, MessageItem } from '../../src/protocol/api.ts';
import { startPostmark } from '../helpers/postmark.ts';
import { test } from '../helpers/witnessed-test.ts';
import { accepted, type Person, promised, push, quiet, seedProject } from './seed-world.ts';

const PEOPLE: Person[] = [
  { id: 'walt', winback: true },
  { id: 'vera', purchases: [600, 450.5] },
  { id: 'sam', purchases: [999] },
  { id: 'nora' },
];

test('four people get exactly the mail the configuration promises, and leaving a campaign stops it', async () => {
  await using postmark = await startPostmark();
  await using machine = await seedProject(postmark);
  await using server = await machine.serve();
  await push(machine, server, postmark);

  for (const { id, winback } of PEOPLE) {
    const attributes = [`username=${id}`, `email=${id}@example.com`, ...(winback ? ['winback=true'] : [])];
    await machine.run(['add', id, ...attributes]);
  }
  for (const { id, purchases = [] } of PEOPLE) {
    for (const value of purchases) await machine.run(['emit', 'purchase', id, `value=${value}`]);
  }
  await quiet(server);
  expect(accepted(postmark)).toEqual(promised(PEOPLE));
  expect(accepted(postmark).length).toBe(4 + 1 + 1 + 3);
  for (const { message } of postmark.accepted) {
    expect(message.From).toBe('hello@segflow.io');
    expect(message.HtmlBody).toContain('<');
    expect(message.TextBody).toBeTruthy();
  }

  const before = await machine.json<Journey>(['user', 'walt']);
  expect(before.runs.find(({ campaign }) => campaign === 'winback-campaign')).toMatchObject({
    status: 'sleeping',
  });
  expect(await machine.json<object>(['add', 'walt', 'winback=false', '--wait'])).toMatchObject({
    segments: { entered: [], left: ['winback-eligible'] },
    campaigns: { entered: [], left: ['winback-campaign'] },
  });
  const after = await machine.json<Journey>(['user', 'walt']);
  expect(after.runs.find(({ campaign }) => campaign === 'winback-campaign')).toMatchObject({
    status: 'cancelled',
    wakeAt: null,
  });
  await quiet(server);
  expect(accepted(postmark)).toEqual(promised(PEOPLE));

  const messages = await machine.json<MessageItem[]>(['messages']);
  expect(messages.length).toBe(9);
  expect(new Set(messages.map(({ status }) => status))).toEqual(new Set(['sent']));
});

test('who qualifies again enters again', async () => {
  await using postmark = await startPostmark();
  await using machine = await seedProject(postmark);
  await using server = await machine.serve();
  await push(machine, server, postmark);
  await machine.run(['add', 'walt', 'username=walt', 'email=walt@example.com', 'winback=true', '--wait']);
  await quiet(server);
  await machine.run(['add', 'walt', 'winback=false', '--wait']);
  await machine.run(['add', 'walt', 'winback=true', '--wait']);
  await quiet(server);
  expect(accepted(postmark)).toEqual([
    'walt@example.com: We miss you, walt!',
    'walt@example.com: We miss you, walt!',
    'walt@example.com: Welcome to Segflow, walt!',
  ]);
});
