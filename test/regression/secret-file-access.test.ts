import { expect, test } from 'bun:test';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readOrCreateSecret } from '../../src/secret-file.ts';
import { asNobody } from '../helpers/as-nobody.ts';

test.each([
  ['api-key', 'SEGFLOW_API_KEY'],
  ['secret', 'SEGFLOW_SECRET'],
])('the file %s of another user: what to do about it', async (name, variable) => {
  await using place = await temporary();
  const path = join(place.path, name);
  await writeFile(path, 'theirs\n');
  await chmod(path, 0o000);
  const failure = await asNobody(() => readOrCreateSecret(path));
  expect(failure).toMatchObject({ code: 'invalid_input', cause: { code: 'EACCES' } });
  expect(failure.message).toContain(path);
  expect(failure.hint).toContain('chown');
  expect(failure.hint).toContain(`set ${variable} instead`);
});

test('a folder where the file should be', async () => {
  await using place = await temporary();
  await mkdir(join(place.path, 'secret'));
  const failure = await readOrCreateSecret(join(place.path, 'secret')).catch((error) => error);
  expect(failure).toMatchObject({ code: 'invalid_input', hint: expect.stringContaining('must be a file') });
});

async function temporary() {
  const path = await mkdtemp(join(tmpdir(), 'segflow-secret-'));
  await chmod(path, 0o755);
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
