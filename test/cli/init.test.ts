import { expect, setDefaultTimeout, test } from 'bun:test';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { emptyFolder } from './command-line.ts';

setDefaultTimeout(180_000);

const FILES = [
  '.env',
  '.env.example',
  '.gitignore',
  'AGENTS.md',
  'README.md',
  'emails/PurchaseConfirmationTemplate.tsx',
  'emails/VIPEmailTemplate.tsx',
  'emails/WelcomeEmailTemplate.tsx',
  'emails/WinbackEmailTemplate.tsx',
  'emails/components/EmailLayout.tsx',
  'package.json',
  'schema.ts',
  'segflow.config.ts',
  'segflow.test.ts',
  'tsconfig.json',
];

async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

test('writes a project into a new folder, and says what is next', async () => {
  await using folder = await emptyFolder();
  const ran = await folder.segflow(['init', 'new/My Shop']);
  expect(ran).toMatchObject({ code: 0 });
  expect(ran.stdout).toContain('cd "new/My Shop"');
  expect(ran.stdout).toContain('segflow serve --outbox outbox');
  const project = join(folder.path, 'new', 'My Shop');
  expect(await filesOf(project)).toEqual(FILES);
  expect((await stat(join(project, '.env'))).mode & 0o777).toBe(0o600);
  const ignored = (await readFile(join(project, '.gitignore'), 'utf8')).split('\n');
  expect(ignored).toContain('.env');
  expect(JSON.parse(await readFile(join(project, 'package.json'), 'utf8'))).toMatchObject({
    name: 'my-shop',
  });
  for (const name of FILES)
    expect(await readFile(join(project, name), 'utf8')).not.toMatch(/\{\{|\}\}(?!\))/);
});

test('a second time changes nothing; a file that went missing comes back', async () => {
  await using folder = await emptyFolder();
  const first = (await folder.segflow(['init', '--json'])).json();
  expect(first).toEqual({ folder: folder.path, written: expect.arrayContaining(FILES), unchanged: [] });
  const second = (await folder.segflow(['init', '--json'])).json();
  expect(second).toMatchObject({ written: [], unchanged: expect.arrayContaining(FILES) });
  await rm(join(folder.path, 'schema.ts'));
  expect((await folder.segflow(['init', '--json'])).json()).toMatchObject({ written: ['schema.ts'] });
});

test('lists files that are in the way and writes nothing; --force replaces them', async () => {
  await using folder = await emptyFolder();
  await writeFile(join(folder.path, 'package.json'), '{}');
  await mkdir(join(folder.path, 'emails'));
  await writeFile(join(folder.path, 'emails', 'VIPEmailTemplate.tsx'), 'mine');
  const before = await filesOf(folder.path);
  const ran = await folder.segflow(['init']);
  expect(ran).toMatchObject({ code: 1, stdout: '' });
  expect(ran.stderr).toContain('package.json\n  emails/VIPEmailTemplate.tsx');
  expect(ran.stderr).toContain('--force');
  expect(await filesOf(folder.path)).toEqual(before);
  expect((await folder.segflow(['init', '--force'])).code).toBe(0);
  expect(await readFile(join(folder.path, 'emails', 'VIPEmailTemplate.tsx'), 'utf8')).not.toBe('mine');
  expect(await filesOf(folder.path)).toEqual(FILES);
});

test('a file where the folder should be', async () => {
  await using folder = await emptyFolder();
  await writeFile(join(folder.path, 'taken'), '');
  expect(await folder.segflow(['init', 'taken'])).toMatchObject({ code: 1, stdout: '' });
});
