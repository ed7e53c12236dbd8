import { expect, test } from 'bun:test';
import { readSources } from '../architecture/imports.ts';
import { readPage } from './pages.ts';
import { pathsIn } from './paths.ts';

/* ARCHITECTURE.md: its table of rooms is complete, and the walks follow it. */

const text = readPage('ARCHITECTURE.md');
/** In the order of the table. */
const rooms = sectionOf('The rooms')
  .split('\n')
  .filter((line) => line.startsWith('| `src/'))
  .map((line) => pathsIn(line)[0]!);
const walks = sectionOf('Three walks')
  .split(/^### /m)
  .slice(1)
  .map((walk): [title: string, files: string[]] => [
    walk.split('\n')[0]!,
    pathsIn(walk).filter((path) => path.startsWith('src/')),
  ]);

test('the table of rooms has every room once', () => {
  expect(rooms.toSorted()).toEqual([...new Set(rooms)].toSorted());
  const without = readSources('src').filter(({ path }) => path.split('/').length > 2 && roomOf(path) < 0);
  expect(without.map(({ path }) => path)).toEqual([]);
});

test('there are three walks', () => {
  expect(walks).toHaveLength(3);
});

test.each(walks)('%s: each file once', (_title, files) => {
  expect(files.length).toBeGreaterThan(10);
  expect(files.filter((file, at) => files.indexOf(file) !== at)).toEqual([]);
});

test.each(walks)('%s: in the order of the rooms', (_title, files) => {
  const early = files.filter((file, at) => at > 0 && roomOf(file) < roomOf(files[at - 1]!));
  expect(early).toEqual([]);
  expect(files.filter((file) => roomOf(file) < 0)).toEqual([]);
});

// --- internal ---

/** Place of a file's room in the table: of the longest path that it begins with. -1 when there is none. */
function roomOf(file: string): number {
  let found = -1;
  for (const [at, room] of rooms.entries()) {
    if (file.startsWith(room) && room.length > (rooms[found] ?? '').length) found = at;
  }
  // The files beside app.ts go with it.
  return found < 0 && !file.slice('src/'.length).includes('/') ? rooms.indexOf('src/app.ts') : found;
}

function sectionOf(title: string): string {
  const section = text.split(/^## /m).find((each) => each.startsWith(`${title}\n`));
  if (!section) throw new Error(`ARCHITECTURE.md has no section "${title}"`);
  return section;
}
