import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { project } from '../helpers/project.ts';
import { waitFor } from '../helpers/wait-for.ts';

setDefaultTimeout(180_000);

describe('the API key', () => {
  test('is made on first start, shown then only, and kept for the owner alone', async () => {
    await using machine = await project();
    const first = await machine.serve();
    const path = join(machine.path, '.segflow', 'api-key');
    expect((await readFile(path, 'utf8')).trim()).toBe(first.apiKey);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(first.apiKey.length).toBeGreaterThan(30);
    expect(first.logs()).toContain(first.apiKey);
    expect(await machine.json<object>(['status'])).toMatchObject({ users: 0 });
    await first.kill('SIGTERM');
    await using second = await first.again();
    expect(second.apiKey).toBe(first.apiKey);
    expect(second.logs()).not.toContain(first.apiKey);
  });

  test('comes from the environment, or from .env as it does for the other commands', async () => {
    await using machine = await project();
    await mkdir(join(machine.path, '.segflow'));
    await writeFile(join(machine.path, '.segflow', 'api-key'), 'kept-from-earlier');
    await writeFile(join(machine.path, '.env'), 'SEGFLOW_API_KEY=from-dotenv\n');
    {
      await using server = await machine.serve();
      await machine.run(['status', '--url', server.url]);
      expect((await machine.try(['status', '--url', server.url, '--api-key', 'other'])).code).toBe(4);
    }
    await using server = await machine.serve({ env: { SEGFLOW_API_KEY: 'from-environment' } });
    await machine.run(['status', '--url', server.url, '--api-key', 'from-environment']);
    expect((await machine.try(['status', '--url', server.url])).code).toBe(4);
  });
});

describe('signals', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('%s ends it with 0', async (signal) => {
    await using machine = await project();
    const server = await machine.serve();
    expect(await server.kill(signal)).toEqual({ code: 0, signal: null });
    expect((await machine.try(['status'])).stderr).toContain('no Segflow server is known');
  });
});

describe('what is in force', () => {
  test('is said at the start: no configuration yet, then the deployment', async () => {
    await using machine = await project();
    const first = await machine.serve({ args: ['--outbox', 'outbox'] });
    expect(JSON.parse(first.logs().split('\n')[0]!)).toMatchObject({
      store: 'embedded store',
      place: join(machine.path, '.segflow'),
      deployment: null,
      outbox: join(machine.path, 'outbox'),
    });
    await machine.run(['init', 'shop']);
    const { deployment } = await machine.json<{ deployment: string }>(['push', 'shop', '--yes']);
    await first.kill('SIGTERM');
    await using second = await first.again();
    expect(JSON.parse(second.logs().split('\n')[0]!)).toMatchObject({ deployment: { id: deployment } });
  });
});

describe('settings', () => {
  test('port and host by flag, then environment', async () => {
    await using machine = await project({ env: { SEGFLOW_HOST: '127.0.0.2', SEGFLOW_DATA: 'data' } });
    await using server = await machine.serve();
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.2:\d+$/);
    expect((await stat(join(machine.path, 'data', 'segflow.db'))).isFile()).toBe(true);
    const port = new URL(server.url).port;
    const taken = await machine.try(['serve', '--data', 'other', '--json'], { env: { SEGFLOW_PORT: port } });
    expect(JSON.parse(taken.stderr)).toMatchObject({ error: { code: 'port_in_use' } });
    expect(taken.stderr).toContain(port);
  });

  test.each([
    [['--port', '65536'], 2],
    [['--port', 'http'], 2],
    [['extra'], 2],
  ])('%p is refused', async (args, code) => {
    await using machine = await project();
    expect(await machine.try(['serve', ...args])).toMatchObject({ code, stdout: '' });
  });

  test('a public address is warned of', async () => {
    await using machine = await project();
    await using server = await machine.serve({ args: ['--host', '0.0.0.0'] });
    await waitFor('the warning', () => server.logs().includes('which other machines may reach'));
  });

  test('one server a data folder', async () => {
    await using machine = await project();
    await using _server = await machine.serve();
    const second = await machine.try(['serve', '--port', '0', '--json']);
    expect(second.code).toBe(1);
    expect(JSON.parse(second.stderr)).toMatchObject({ error: { code: 'store_locked' } });
  });
});

test('the whole way: init, serve, push, add, emit, messages, user', async () => {
  await using machine = await project();
  await machine.run(['init']);
  await using _server = await machine.serve({ args: ['--outbox', 'outbox'] });
  const pushed = await machine.json<object>(['push']);
  expect(pushed).toMatchObject({ changed: true, environment: ['POSTMARK_API_KEY'], missingEnvironment: [] });
  expect(await machine.json<object>(['push'])).toMatchObject({ changed: false });

  const added = await machine.json<object>(['add', 'ada', 'username=Ada', 'email=ada@example.com', '--wait']);
  expect(added).toMatchObject({
    user: 'ada',
    segments: { entered: ['all-users'], left: [] },
    campaigns: { entered: ['welcome-campaign'], left: [] },
  });
  const emitted = await machine.json<object>(['emit', 'purchase', 'ada', 'value=1200', '--wait']);
  expect(emitted).toMatchObject({
    segments: { entered: ['big-spenders'] },
    campaigns: { entered: ['vip-treatment'] },
  });

  type Item = { template: string; status: string; to: string; subject: string };
  const messages = () => machine.json<Item[]>(['messages', '--user', 'ada']);
  await waitFor('three messages to be sent', async () => {
    return (await messages()).filter(({ status }) => status === 'sent').length === 3;
  });
  expect((await messages()).map(({ subject }) => subject).sort()).toEqual([
    'A thank-you, Ada',
    'Order confirmed, Ada!',
    'Welcome to Acme, Ada!',
  ]);
  expect(machine.emails()).toHaveLength(3);
  const shown = (await machine.run(['user', 'ada'])).stdout;
  for (const part of ['all-users, big-spenders', 'vip-treatment', 'event purchase', 'wait 30d']) {
    expect(shown).toContain(part);
  }
  expect(await machine.json<object>(['status'])).toMatchObject({
    users: 1,
    events: 1,
    messages: { sent: 3 },
  });
});

test('--print-unit', async () => {
  await using machine = await project();
  const { stdout } = await machine.run(['serve', '--print-unit']);
  expect(stdout).toContain('ExecStart=/usr/local/bin/segflow serve');
  expect(stdout).toContain('ProtectSystem=strict');
});
