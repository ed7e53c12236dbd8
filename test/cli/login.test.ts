import { expect, setDefaultTimeout, test } from 'bun:test';
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { emptyFolder } from './command-line.ts';
import { API_KEY, memoryServer } from './memory-server.ts';

setDefaultTimeout(180_000);

test('keeps what works, for its owner alone, and later commands use it', async () => {
  await using folder = await emptyFolder();
  await using server = await memoryServer();
  const ran = await folder.segflow(['login', '--url', `${server.url}/`, '--api-key-stdin'], {
    input: `${API_KEY}\n`,
  });
  expect(ran).toMatchObject({ code: 0, stdout: '' });
  expect(ran.stderr).not.toContain(API_KEY);
  const home = join(folder.path, '.segflow');
  const path = join(home, 'credentials.json');
  expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({ url: server.url, apiKey: API_KEY });
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect((await stat(home)).mode & 0o777).toBe(0o700);
  expect(await readdir(home)).toEqual(['credentials.json']);
  expect(await folder.segflow(['status'])).toMatchObject({ code: 0 });
});

test('narrows a folder and a file that were open to others', async () => {
  await using folder = await emptyFolder();
  await using server = await memoryServer();
  const home = join(folder.path, '.segflow');
  await mkdir(home);
  await writeFile(join(home, 'credentials.json'), '{}');
  await chmod(home, 0o755);
  await folder.segflow(['login', '--url', server.url, '--api-key', API_KEY]);
  expect((await stat(join(home, 'credentials.json'))).mode & 0o777).toBe(0o600);
  expect((await stat(home)).mode & 0o777).toBe(0o700);
});

test('keeps nothing that does not work', async () => {
  await using folder = await emptyFolder();
  await using server = await memoryServer();
  expect(await folder.segflow(['login', '--url', server.url, '--api-key', 'wrong'])).toMatchObject({
    code: 4,
  });
  expect(await folder.segflow(['login', '--url', 'nonsense://x', '--api-key', 'k'])).toMatchObject({
    code: 2,
  });
  expect(await folder.segflow(['login', '--url', server.url])).toMatchObject({ code: 2 });
  expect(await readdir(folder.path)).not.toContain('.segflow');
});
