import { expect, setDefaultTimeout, test } from 'bun:test';
import { SegflowError } from '../../src/core/errors.ts';
import { executable } from '../helpers/executable.ts';
import { runCli } from '../helpers/run-cli.ts';
import { emptyFolder } from './command-line.ts';
import { memoryServer } from './memory-server.ts';

setDefaultTimeout(180_000);

/** More than a pipe holds. */
const LONG = 'x'.repeat(700_000);

test('a long answer arrives whole through a pipe', async () => {
  await using folder = await emptyFolder();
  await using server = await memoryServer();
  server.backend.users.set('ada', { text: LONG });
  const ran = await folder.segflow(['user', 'ada', '--json'], server);
  expect(ran).toMatchObject({ code: 0, stderr: '' });
  expect(ran.json()).toMatchObject({ attributes: { text: LONG } });
});

test('a reader that has seen enough is no failure', async () => {
  await using folder = await emptyFolder();
  await using server = await memoryServer();
  server.backend.users.set('ada', { text: LONG });
  const script = '{ "$0" user ada --json; echo "code $?" >&2; } | head -c 10';
  const ran = await runCli(['bash', '-c', script, await executable()], {
    cwd: folder.path,
    env: { ...server.environment, PATH: process.env.PATH ?? '', HOME: folder.path },
  });
  expect(ran.stdout).toHaveLength(10);
  expect(ran.stderr).toBe('code 0\n');
});

test("the server's hint and the fields it refused are shown", async () => {
  await using folder = await emptyFolder();
  await using server = await memoryServer();
  const refused = await folder.segflow(['add', 'a\u0007b'], server);
  expect(refused.code).toBe(2);
  expect(refused.stderr).not.toContain('\u0007');
  server.backend.failWith = new SegflowError('not_deployed', 'nothing is deployed', { hint: 'Push first.' });
  const failed = await folder.segflow(['status'], server);
  expect(failed).toMatchObject({ code: 1, stdout: '' });
  expect(failed.stderr).toContain('nothing is deployed');
  expect(failed.stderr).toContain('Push first.');
});

test('what other people wrote cannot steer the terminal', async () => {
  await using folder = await emptyFolder();
  await using server = await memoryServer();
  server.backend.users.set('ada', { name: '\u001b[2J\u0007evil\u202e', 'k\u001b[1m': 1 });
  const ran = await folder.segflow(['user', 'ada'], server);
  expect(ran.stdout).toContain('evil');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
  expect(ran.stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f\u202e]/);
});
