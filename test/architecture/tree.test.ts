import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, readSources } from './imports.ts';

const LONG = 400;
const CROWDED = 20;
// A file for each command.
const CROWDED_FOR_A_REASON = ['src/cli/commands'];

/** Everything that belongs to the checkout, also what is not committed yet. */
const files = Bun.spawnSync(['git', 'ls-files', '--cached', '--others', '--exclude-standard'], { cwd: ROOT })
  .stdout.toString()
  .split('\n')
  .filter(Boolean);

test(`a source file of over ${LONG} lines says in its header why it is one file`, () => {
  const long = readSources('src').filter(({ text }) => text.split('\n').length > LONG);
  const unexplained = long.filter(({ text }) => !/\bone file\b/i.test(text.slice(0, 1_500)));
  expect(unexplained.map(({ path }) => path)).toEqual([]);
});

test(`a folder holds one room of at most ${CROWDED} files`, () => {
  const counts = new Map<string, number>();
  for (const { path } of readSources('src')) {
    const folder = path.split('/').slice(0, -1).join('/');
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  const crowded = [...counts].filter(
    ([folder, count]) => count > CROWDED && !CROWDED_FOR_A_REASON.includes(folder),
  );
  expect(crowded).toEqual([]);
});

test('nothing in the tree names a package registry or a mirror', () => {
  expect(files.length).toBeGreaterThan(50);
  const host = /\bregistry\.[a-z0-9-]+\.[a-z]{2,}|\b(?:deb|ftp|snapshot)\.debian\.[a-z]{2,}|["]resolved["]:/;
  const naming = files.filter((file) => host.test(readIfThere(file)));
  expect(naming).toEqual([]);
});

test('file names are in kebab-case', () => {
  // React components are named after what they export; documents such as README.md as everywhere.
  const exempt = /(^|\/)[A-Z]+(\.md)?$|\/emails\/|^templates\/project\/_|(^|\/)\./;
  const odd = files.filter(
    (file) => !exempt.test(file) && !/^[a-z0-9-]+(\.[a-z0-9-]+)*$/.test(file.split('/').at(-1)!),
  );
  expect(odd).toEqual([]);
});

test('only the outermost functions end the process: of the command line, and of a host child', () => {
  const ending = readSources('src').filter(({ text }) => /\bprocess\.exit\(/.test(text));
  const others = ending
    .map(({ path }) => path)
    .filter((path) => !['src/cli/run.ts', 'src/host/child/child.ts'].includes(path));
  expect(others).toEqual([]);
});

// --- internal ---

function readIfThere(file: string): string {
  try {
    return readFileSync(join(ROOT, file), 'utf8');
  } catch {
    return '';
  }
}
