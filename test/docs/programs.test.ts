import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '../../src/client/sdk.ts';
import { createApp } from '../../src/server/app.ts';
import { runOk } from '../helpers/run-cli.ts';
import { MemoryBackend } from '../server/memory-backend.ts';
import { TSCONFIG, writeExamples } from './examples.ts';
import { ROOT } from './pages.ts';

setDefaultTimeout(180_000);

/* Examples that are programs run. Those of the client talk to the HTTP API over a backend in memory, whatever URL they name. */

const KEY = 'KEY';
const folder = join(ROOT, 'dist', `docs-programs-${process.pid}`);
const { examples } = writeExamples(folder);
writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(TSCONFIG));
const backend = new MemoryBackend();
const app = createApp({ backend, apiKey: KEY, version: '1.2.3' });
const realFetch = globalThis.fetch;
const realLog = console.log;

beforeAll(() => {
  process.env.SEGFLOW_API_KEY = KEY;
  process.env.POSTMARK_API_KEY = 'POSTMARK_API_TEST';
  const overMemory = (input: RequestInfo | URL, init?: RequestInit) => app.fetch(new Request(input, init));
  globalThis.fetch = Object.assign(overMemory, { preconnect: () => {} });
  console.log = () => {};
});

afterAll(() => {
  delete process.env.SEGFLOW_API_KEY;
  delete process.env.POSTMARK_API_KEY;
  globalThis.fetch = realFetch;
  console.log = realLog;
  rmSync(folder, { recursive: true, force: true });
});

const programs = examples.filter(
  ({ block: { page, info } }) => info === 'client' || (page === 'docs/api.md' && info === ''),
);

test.each(programs.map(({ file }) => file))('%s runs against the API', async (file) => {
  const { example } = await import(join(folder, file));
  await example?.(new Client({ url: 'http://segflow.test', apiKey: KEY }));
  expect(backend.users.get('user-123')).toMatchObject({ username: 'johndoe', deactivated: true });
});

test('the examples of the client did what they say', () => {
  expect(programs.length).toBeGreaterThan(2);
  expect(backend.events.map(({ userId, name, messageId }) => [userId, name, messageId])).toEqual([
    ['user-123', 'purchase', undefined],
    ['user-123', 'purchase', 'order-4711'],
    ['user-1', 'login', undefined],
  ]);
});

const simulations = examples.filter(({ block: { info } }) => info === 'test');

test.each(simulations.map(({ file }) => file))('%s runs in simulated time', async (file) => {
  const { example } = await import(join(folder, file));
  await example();
});

test('the test of docs/testing.md passes', async () => {
  const { stderr } = await runOk([process.execPath, 'test', './segflow.test.ts'], {
    cwd: folder,
    env: process.env as Record<string, string>,
  });
  expect(stderr).toContain('1 pass');
  expect(stderr).toContain('0 fail');
});
