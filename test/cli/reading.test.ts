import { expect, setDefaultTimeout, test } from 'bun:test';
import { SegflowError } from '../../src/core/errors.ts';
import type { MessageItem } from '../../src/protocol/api.ts';
import { executable } from '../helpers/executable.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { emptyFolder } from './command-line.ts';
import { memoryServer } from './memory-server.ts';

setDefaultTimeout(180_000);

test('status', async () => {
  await using folder = await emptyFolder();
  await using server = await memoryServer();
  const shown = await folder.segflow(['status'], server);
  expect(shown).toMatchObject({ code: 0, stderr: '' });
  expect(shown.stdout).toContain(server.url);
  expect(shown.stdout).toMatch(/SEGMENT +USERS +EVALUATED\nall-users +0/);
  expect(shown.stdout).toMatch(/CAMPAIGN +ENTERED +CONVERTED\ntips +2 +–\nwelcome +3 +1 \(33\.3 %\)/);
  expect(shown.stdout).not.toContain('Restored');
  server.backend.restored = {
    backedUpAt: '2026-01-01T00:00:00.000Z',
    askingUntil: '2026-01-09T00:00:00.000Z',
  };
  const restored = await folder.segflow(['status'], server);
  expect(restored.stdout).toMatch(/^Restored +backup of 2.* until 2.* is asked about each message/m);
  const json = await folder.segflow(['status', '--json'], server);
  expect(json.json()).toMatchObject({ users: 0, events: 0, segments: [{ id: 'all-users', size: 0 }] });
});

test('user', async () => {
  await using folder = await emptyFolder();
  await using server = await memoryServer();
  await folder.segflow(['add', 'ada', 'email=ada@example.com'], server);
  await folder.segflow(['emit', 'login', 'ada'], server);
  const shown = await folder.segflow(['user', 'ada'], server);
  expect(shown).toMatchObject({ code: 0, stderr: '' });
  for (const part of ['ada@example.com', 'all-users', 'event login']) expect(shown.stdout).toContain(part);
  const json = await folder.segflow(['user', 'ada', '--json'], server);
  expect(json.json()).toMatchObject({
    id: 'ada',
    attributes: { email: 'ada@example.com' },
    segments: ['all-users'],
    runs: [],
    messages: [],
  });
  expect(await folder.segflow(['user', 'bob'], server)).toMatchObject({ code: 6, stdout: '' });
});

test('messages, with filters', async () => {
  await using folder = await emptyFolder();
  await using server = await memoryServer();
  const shown = await folder.segflow(['messages'], server);
  expect(shown.stdout).toMatch(/sent +u +welcome \/ welcome-email +a@example\.com +Welcome\n/);
  const args = ['--user', 'ada', '--status', 'sent', '--campaign', 'c', '--template', 't', '--limit', '1'];
  const json = await folder.segflow(['messages', ...args, '--json'], server);
  expect(json.json()).toMatchObject([{ id: 'msg_1', userId: 'ada', campaign: 'welcome', status: 'sent' }]);
  expect(server.backend.queries.at(-1)).toMatchObject({
    userId: 'ada',
    status: 'sent',
    campaign: 'c',
    template: 't',
    limit: 1,
  });
  for (const wrong of [
    ['--limit', '0'],
    ['--limit', 'x'],
    ['--status', 'lost'],
  ]) {
    expect(await folder.segflow(['messages', ...wrong], server)).toMatchObject({ code: 2, stdout: '' });
  }
});

test('messages --follow prints those there are, then what comes and what changes, until a signal', async () => {
  await using folder = await emptyFolder();
  await using server = await memoryServer();
  const [example] = await server.backend.messages({ limit: 1 });
  const message = (id: string, status: MessageItem['status'], minute: number): MessageItem => ({
    ...example!,
    id,
    status,
    subject: `${id} is ${status}`,
    createdAt: `2026-01-01T09:0${minute}:00.000Z`,
  });
  let messages = [message('b', 'queued', 2), message('a', 'sent', 1)];
  server.backend.messages = async ({ limit }) => messages.slice(0, limit);
  const child = Bun.spawn([await executable(), 'messages', '--follow', '--limit', '1'], {
    cwd: folder.path,
    env: { HOME: folder.path, ...server.environment },
    stdout: 'pipe',
  });
  let output = '';
  const read = (async () => {
    for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) output += chunk;
  })();
  await waitFor('the first look', () => output.includes('b is queued'));
  messages = [message('c', 'sent', 3), message('b', 'sent', 2), message('a', 'sent', 1)];
  await waitFor('what came', () => output.includes('c is sent'));
  child.kill('SIGINT');
  expect(await child.exited).toBe(0);
  await read;
  expect(output.match(/\w is \w+/g)).toEqual(['b is queued', 'b is sent', 'c is sent']);
  expect(output.match(/STATUS/g)).toHaveLength(1);
});

test('what the server says of a field is said once', async () => {
  await using folder = await emptyFolder();
  await using server = await memoryServer();
  const message = 'before: there is no message "x"';
  server.backend.failWith = new SegflowError('invalid_input', message, {
    details: [
      { path: 'before', message },
      { path: 'limit', message: 'must be a number' },
    ],
  });
  const { code, stderr } = await folder.segflow(['messages', '--before', 'x'], server);
  expect(code).toBe(2);
  expect(stderr.split('there is no message')).toHaveLength(2);
  expect(stderr).toContain('  limit: must be a number');
});

test('a wrong key', async () => {
  await using folder = await emptyFolder();
  await using server = await memoryServer();
  const ran = await folder.segflow(['status', '--api-key', 'wrong'], server);
  expect(ran).toMatchObject({ code: 4, stdout: '' });
  expect(ran.stderr).toContain('does not accept this API key');
});

test('no server known', async () => {
  await using folder = await emptyFolder();
  const ran = await folder.segflow(['status']);
  expect(ran).toMatchObject({ code: 2, stdout: '' });
  expect(ran.stderr).toContain('SEGFLOW_URL');
});
