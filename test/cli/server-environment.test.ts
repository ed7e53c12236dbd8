import { expect, test } from 'bun:test';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { databaseUrlOf, isLoopback, serverEnvironment } from '../../src/cli/connect/server-environment.ts';
import { emptyFolder } from './command-line.ts';

test("a server takes Segflow's settings from .env, and leaves what comes with a push", async () => {
  await using folder = await emptyFolder();
  await writeFile(
    join(folder.path, '.env'),
    'SEGFLOW_API_KEY=dotenv\nSEGFLOW_HOST=dotenv\nPOSTMARK_API_KEY=dotenv\nREGION=dotenv\n',
  );
  // POSTMARK_API_KEY as a runtime that loads .env by itself leaves it; REGION set on the server on purpose.
  const own = {
    SEGFLOW_HOST: 'own',
    SEGFLOW_API_KEY: '',
    POSTMARK_API_KEY: 'dotenv',
    REGION: 'own',
    HOME: '/root',
  };
  expect(await serverEnvironment(folder.path, own)).toEqual({
    SEGFLOW_API_KEY: 'dotenv',
    SEGFLOW_HOST: 'own',
    REGION: 'own',
    HOME: '/root',
  });
  expect(own.POSTMARK_API_KEY).toBe('dotenv');
});

test('the flag names the database, then the environment; an empty flag is a mistake, not the embedded store', () => {
  const environment = { DATABASE_URL: 'mysql://h/plain', SEGFLOW_DATABASE_URL: 'mysql://h/own' };
  expect(databaseUrlOf('mysql://h/flag', environment)).toBe('mysql://h/flag');
  expect(databaseUrlOf(undefined, environment)).toBe('mysql://h/own');
  expect(databaseUrlOf(undefined, { DATABASE_URL: '' })).toBeUndefined();
  expect(() => databaseUrlOf('', environment)).toThrow('--database-url is empty');
});

test.each([
  ['127.0.0.1', true],
  ['127.8.0.1', true],
  ['localhost', true],
  ['::1', true],
  ['[::1]', true],
  ['0.0.0.0', false],
  ['::', false],
  ['10.0.0.1', false],
  ['127.example.com', false],
])('%s: only this machine: %p', (host, expected) => {
  expect(isLoopback(host)).toBe(expected);
});
