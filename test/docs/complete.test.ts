import { expect, test } from 'bun:test';
import { aboutOf, argsOf } from '../../src/cli/command-line/about.ts';
import { commands } from '../../src/cli/commands.ts';
import { EXIT_CODE, HTTP_STATUS } from '../../src/core/errors.ts';
import { runtime } from '../../src/flow/commands/runtime-commands.ts';
import { messageStatusSchema, runEndingSchema, runStatusSchema } from '../../src/protocol/states.ts';
import * as schema from '../../src/schema/index.ts';
import { createApp } from '../../src/server/app.ts';
import { readSources } from '../architecture/imports.ts';
import { MemoryBackend } from '../server/memory-backend.ts';
import { readPage, USER_PAGES } from './pages.ts';

/* What the docs list is all there is, and what they name exists. */

test('docs/commands.md names every command and every flag', () => {
  const text = readPage('docs/commands.md');
  const missing = commands.flatMap((command) => {
    const { name } = aboutOf(command);
    const row = text.split('\n').find((line) => line.startsWith(`| \`${name}`)) ?? '';
    const flags = Object.entries(argsOf(command))
      .filter(([flag, { type }]) => type !== 'positional' && !COMMON_FLAGS.includes(flag))
      .map(([flag]) => flag);
    return row === ''
      ? [name]
      : flags.filter((flag) => !row.includes(`--${flag}`)).map((flag) => `${name} --${flag}`);
  });
  expect(missing).toEqual([]);
});

test('docs/commands.md names every exit code', () => {
  const text = readPage('docs/commands.md');
  for (const code of new Set([0, 1, ...Object.values(EXIT_CODE)])) expect(text).toContain(`\n| ${code} |`);
});

test('docs/api.md names every error of a request, with its status', () => {
  const text = readPage('docs/api.md');
  for (const code of ANSWERED) {
    expect(text).toMatch(new RegExp(`\`${code}\`[^\n]*\\| ${HTTP_STATUS[code]} \\|`));
  }
});

test('docs/api.md names every request of the API, and no other', async () => {
  const app = createApp({ backend: new MemoryBackend(), apiKey: 'key', version: '1.2.3' });
  const { paths } = (await (await app.request('/openapi.json')).json()) as {
    paths: Record<string, Record<string, unknown>>;
  };
  const served = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const named = [...readPage('docs/api.md').matchAll(/`((?:GET|PUT|PATCH|POST|DELETE) \/[^`]*)`/g)];
  expect(named.map(([, request = '']) => request).toSorted()).toEqual(served.toSorted());
});

test('docs/flows.md has a row for every command of a flow', () => {
  const rows = readPage('docs/flows.md')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .join('\n');
  expect(Object.keys(runtime).filter((name) => !new RegExp(`\`${name}[\`(]`).test(rows))).toEqual([]);
});

test('docs/segments.md has a row for every table that segments are meant to read', () => {
  const text = readPage('docs/segments.md');
  const tables = Object.keys(schema).filter(
    (name) => /^[a-z]/.test(name) && !NOT_FOR_SEGMENTS.includes(name),
  );
  expect(tables.filter((name) => !new RegExp(`^\\| .*\`${name}\``, 'm').test(text))).toEqual([]);
});

test('docs/emails.md has a row for every status of a message, ARCHITECTURE.md each status in a diagram', () => {
  const emails = readPage('docs/emails.md');
  const architecture = readPage('ARCHITECTURE.md');
  for (const status of messageStatusSchema.options) {
    expect(emails).toContain(`\n| \`${status}\` |`);
    expect(architecture).toMatch(new RegExp(`--> ${status}:`));
  }
  for (const status of runStatusSchema.options) expect(architecture).toMatch(new RegExp(`--> ${status}\\b`));
});

test('docs/flows.md has a row for every ending of a run', () => {
  const text = readPage('docs/flows.md');
  const rows = text.slice(text.indexOf('| `ending` |'), text.indexOf('## When a flow fails'));
  expect(runEndingSchema.options.filter((ending) => !rows.includes(`\`${ending}\``))).toEqual([]);
});

test('every environment variable of Segflow that the docs name is read somewhere', () => {
  const code = readSources('src')
    .map(({ text }) => text)
    .join('\n');
  const named = new Set(
    [...USER_PAGES, 'SECURITY.md'].flatMap((page) => readPage(page).match(/\bSEGFLOW_[A-Z_]+\b/g) ?? []),
  );
  expect(named.size).toBeGreaterThan(5);
  expect([...named].filter((name) => !code.includes(name))).toEqual([]);
});

// --- internal ---

/** Of every command, or said elsewhere on the page. */
const COMMON_FLAGS = ['json', 'url', 'api-key', 'json-attributes'];

/** Rows of these are Segflow's own. */
const NOT_FOR_SEGMENTS = ['deployments', 'pauses'];

/** What the API answers a client that does something wrong, or too early. */
const ANSWERED = [
  'invalid_input',
  'unauthorized',
  'user_not_found',
  'not_found',
  'method_not_allowed',
  'conflict',
  'not_deployed',
  'payload_too_large',
  'unsupported_media_type',
  'invalid_config',
  'store_unsupported',
  'idempotency_key_reused',
  'unavailable',
] as const;
