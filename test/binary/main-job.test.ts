import { expect } from 'bun:test';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Journey, MessageItem, Status } from '../../src/protocol/api.ts';
import { type Project, project } from '../helpers/project.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { test } from '../helpers/witnessed-test.ts';
import { quiet } from './seed-world.ts';

/* The executable alone in an empty folder: no Bun, no node_modules, nothing on the PATH, an empty home. */

test('init, serve, push, add, emit: the mail leaves', async () => {
  await using machine = await project();
  await machine.run(['init']);
  expect(readdirSync(machine.path)).toContain('segflow.config.ts');
  expect(readdirSync(machine.root).sort()).toEqual(['home', 'project', 'segflow']);

  await using server = await machine.serve({ args: ['--outbox', 'outbox'] });
  await machine.run(['push']);
  expect(
    await machine.json<object>(['add', 'ada', 'username=Ada', 'email=ada@example.com', '--wait']),
  ).toMatchObject({
    user: 'ada',
    segments: { entered: ['all-users'], left: [] },
    campaigns: { entered: ['welcome-campaign'], left: [] },
  });
  expect(await machine.json<object>(['emit', 'purchase', 'ada', 'value=1200', '--wait'])).toMatchObject({
    segments: { entered: ['big-spenders'], left: [] },
    campaigns: { entered: ['vip-treatment'], left: [] },
  });
  await quiet(server);

  const messages = await machine.json<MessageItem[]>(['messages']);
  expect(messages.map(({ template }) => template).sort()).toEqual(['purchase', 'vip-email', 'welcome-email']);
  for (const message of messages)
    expect(message).toMatchObject({ status: 'sent', to: 'ada@example.com', userId: 'ada' });

  const emails = machine.emails();
  expect(emails.length).toBe(3);
  expect(emails.filter(({ text }) => text.includes('Welcome to Acme, Ada!')).length).toBe(1);
  for (const { text } of emails) {
    expect(text).toMatch(/^To: .*ada@example\.com/m);
    expect(text).toMatch(/text\/plain/);
    expect(text).toMatch(/text\/html/);
  }

  const journey = await machine.json<Journey>(['user', 'ada']);
  expect(journey.segments.sort()).toEqual(['all-users', 'big-spenders']);
  expect(journey.runs.map(({ campaign, status }) => `${campaign} ${status}`).sort()).toEqual([
    'vip-treatment sleeping',
    'welcome-campaign completed',
  ]);
  const status = await machine.json<Status>(['status']);
  expect(status).toMatchObject({
    users: 1,
    events: 1,
    messages: { sent: 3 },
    ledger: { total: 3, balanced: true },
  });
});

test('push gives the server what it needs of the environment, and serve reads none of it from .env', async () => {
  await using machine = await project();
  await machine.run(['init']);
  await using _server = await machine.serve({ args: ['--outbox', 'outbox'] });
  const pushed = await machine.json<{ environment: string[]; changed: boolean }>(['push']);
  expect(pushed).toMatchObject({ environment: ['POSTMARK_API_KEY'], changed: true });
  expect(await machine.json<object>(['push'])).toMatchObject({ changed: false });
});

test('preview answers with its page', async () => {
  await using machine = await project();
  await machine.run(['init']);
  await using preview = await previewOf(machine);
  const page = await fetch(preview.url);
  expect(page.status).toBe(200);
  expect(page.headers.get('content-type')).toStartWith('text/html');
});

test('help, version, and a refusal', async () => {
  await using machine = await project();
  expect((await machine.run(['--help'])).stdout).toContain('segflow push [config-path]');
  expect((await machine.run(['--version'])).stdout.trim()).toMatch(/^\d+\.\d+\.\d+/);
  const refused = await machine.try(['frobnicate']);
  expect(refused.code).toBe(2);
  expect(refused.stdout).toBe('');
  expect(refused.stderr).toContain('frobnicate');
});

test('a command without a server says so, with exit code 5', async () => {
  await using machine = await project();
  const env = { SEGFLOW_URL: 'http://127.0.0.1:9', SEGFLOW_API_KEY: 'key' };
  const refused = await machine.try(['status'], { env });
  expect(refused.code).toBe(5);
  expect(refused.stderr).toContain('http://127.0.0.1:9');
});

test('login keeps the key for the person alone', async () => {
  await using machine = await project();
  await using server = await machine.serve({ env: { SEGFLOW_API_KEY: 'a-key-of-the-test' } });
  await machine.run(['login', '--url', server.url, '--api-key', 'a-key-of-the-test']);
  const file = join(machine.home, '.segflow', 'credentials.json');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(await machine.json<Status>(['status'])).toMatchObject({ users: 0 });
});

test('migrate prepares a data folder that serve then uses', async () => {
  await using machine = await project();
  await machine.run(['migrate']);
  await using server = await machine.serve();
  expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
});

// --- internal ---

/** Runs `segflow preview` until it has said where; disposal ends it, and it must end well. */
async function previewOf(machine: Project): Promise<{ url: string } & AsyncDisposable> {
  const child = Bun.spawn([machine.program, 'preview', '--port', '0', '--json'], {
    cwd: machine.path,
    env: machine.env,
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'inherit',
  });
  let output = '';
  const read = (async () => {
    for await (const chunk of child.stdout) output += new TextDecoder().decode(chunk);
  })();
  const line = await waitFor('the preview to be ready', () => {
    if (child.exitCode !== null) throw new Error(`preview ended with ${child.exitCode}`);
    return output.split('\n').find((each) => each.startsWith('{') && each.endsWith('}'));
  });
  return {
    url: (JSON.parse(line) as { url: string }).url,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      expect(await child.exited).toBe(0);
      await read;
    },
  };
}
