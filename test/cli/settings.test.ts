import { expect, test } from 'bun:test';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { resolveSettings } from '../../src/cli/connect/settings.ts';
import { emptyFolder } from './command-line.ts';

async function put(path: string, content: unknown): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
}

/** A folder with one of every source; the tests take away from the top. */
async function everySource(folder: string) {
  await put(join(folder, '.env'), 'SEGFLOW_URL=http://dotenv:1\nSEGFLOW_API_KEY=dotenv-key\n');
  await put(join(folder, '.segflow', 'credentials.json'), { url: 'http://saved:1', apiKey: 'saved-key' });
  await put(join(folder, 'data', 'instance.json'), { url: 'http://127.0.0.1:4', pid: process.pid });
  await put(join(folder, 'data', 'api-key'), 'local-key\n');
  return { HOME: folder, SEGFLOW_DATA: 'data' };
}

test('flags, environment, .env, credentials, local instance: the first one found counts', async () => {
  await using folder = await emptyFolder();
  const base = await everySource(folder.path);
  const resolve = async (input: { url?: string; apiKey?: string; environment?: Record<string, string> }) => {
    const found = await resolveSettings({
      ...input,
      folders: [folder.path],
      environment: { ...base, ...input.environment },
    });
    return [found.url, found.urlFrom, found.apiKey, found.apiKeyFrom];
  };
  const environment = { SEGFLOW_URL: 'https://environment/base/', SEGFLOW_API_KEY: 'environment-key' };
  expect(await resolve({ url: 'flag:9', apiKey: 'flag-key', environment })).toEqual([
    'http://flag:9',
    'flag',
    'flag-key',
    'flag',
  ]);
  expect(await resolve({ environment })).toEqual([
    'https://environment/base',
    'environment',
    'environment-key',
    'environment',
  ]);
  expect(await resolve({})).toEqual(['http://dotenv:1', '.env', 'dotenv-key', '.env']);
  await put(join(folder.path, '.env'), '# SEGFLOW_URL=http://dotenv:1\nSEGFLOW_API_KEY=\n');
  expect(await resolve({})).toEqual(['http://saved:1', 'credentials', 'saved-key', 'credentials']);
  await put(join(folder.path, '.segflow', 'credentials.json'), {});
  expect(await resolve({})).toEqual(['http://127.0.0.1:4', 'local instance', 'local-key', 'local instance']);
});

test('a kept key is sent to no other server', async () => {
  await using folder = await emptyFolder();
  const environment = await everySource(folder.path);
  await put(join(folder.path, '.env'), '');
  const at = (url: string) => resolveSettings({ url, folders: [folder.path], environment });
  expect(await at('http://saved:1/')).toMatchObject({ apiKey: 'saved-key' });
  expect(await at('http://localhost:4')).toMatchObject({ apiKey: 'local-key' });
  await expect(at('http://elsewhere:1')).rejects.toMatchObject({
    code: 'invalid_input',
    message: 'no API key is known for http://elsewhere:1',
  });
});

test('values of .env may name others, and the environment is not rewritten', async () => {
  await using folder = await emptyFolder();
  const environment = { HOME: folder.path, SECRET: 'a$b', STAGE: 'eu' };
  await put(
    join(folder.path, '.env'),
    `DOMAIN=example.com\nSEGFLOW_URL="https://\${STAGE}.\${DOMAIN}"\nSEGFLOW_API_KEY='a#b'\n`,
  );
  expect(await resolveSettings({ folders: [folder.path], environment })).toMatchObject({
    url: 'https://eu.example.com',
    apiKey: 'a#b',
  });
  expect(environment.SECRET).toBe('a$b');
});

test('an instance that was killed is no instance', async () => {
  await using folder = await emptyFolder();
  const environment = { HOME: folder.path };
  const gone = Bun.spawn(['true']);
  await gone.exited;
  await put(join(folder.path, '.segflow', 'instance.json'), { url: 'http://127.0.0.1:4', pid: gone.pid });
  await put(join(folder.path, '.segflow', 'api-key'), 'k');
  await expect(resolveSettings({ folders: [folder.path], environment })).rejects.toMatchObject({
    message: 'no Segflow server is known',
    hint: expect.stringContaining('SEGFLOW_URL'),
  });
});

test.each(['', '   '])('an empty value (%p) says nothing', async (SEGFLOW_URL) => {
  await using folder = await emptyFolder();
  const environment = { HOME: folder.path, SEGFLOW_URL };
  await expect(resolveSettings({ folders: [folder.path], environment })).rejects.toThrow('no Segflow server');
});

test.each(['ftp://x', 'http://', 'http://a b', '::'])('%p is no URL', async (url) => {
  await using folder = await emptyFolder();
  await expect(
    resolveSettings({ url, apiKey: 'k', folders: [folder.path], environment: { HOME: folder.path } }),
  ).rejects.toMatchObject({ code: 'invalid_input', message: expect.stringContaining('not an http') });
});

test('credentials that are not JSON are named', async () => {
  await using folder = await emptyFolder();
  const path = join(folder.path, '.segflow', 'credentials.json');
  await put(path, '{');
  await expect(
    resolveSettings({ folders: [folder.path], environment: { HOME: folder.path } }),
  ).rejects.toThrow(path);
});
