import { expect, test } from 'bun:test';
import { readSources } from './imports.ts';
import { exportedNames } from './names.ts';

/* One word a thing, one thing a word: a name that is exported twice sends its reader to the wrong file. */

/** Rooms that answer to the same names on purpose: a printer for each dialect, and a driver for each store. */
const ALIKE = [
  ['src/sql/parse/', 'src/sql/types/', 'src/sql/facts/', 'src/sql/mariadb/', 'src/sql/sqlite/'],
  ['src/store/mysql/', 'src/store/sqlite/'],
];

/** Goes when the stores print what src/sql reads. */
const LEAVING = 'src/store/dialect/';

/** Names with two meanings that are still to be told apart. Take a name out when it has one; put none in. */
const TWICE = [
  'Clock',
  'Json',
  'MessageFilter',
  'Place',
  'Row',
  'Tailwind',
  'isObject',
  'mergePatch',
  'parseJson',
];

const twice = [...exportedNames(readSources('src'))]
  .map(([name, paths]) => ({ name, paths: paths.filter((path) => !path.startsWith(LEAVING)) }))
  .filter(({ paths }) => roomsOf(paths) > 1);

test('no name is exported by two files', () => {
  const found = twice.filter(({ name }) => !TWICE.includes(name));
  expect(found.map(({ name, paths }) => `${name}: ${paths.join(', ')}`)).toEqual([]);
});

test('the list of those that are holds no other', () => {
  expect(TWICE.filter((name) => !twice.some((each) => each.name === name))).toEqual([]);
});

test('exports of every kind are found, and what is passed on is not', () => {
  const text = `
    import { passed, type Given } from './other.ts';
    import * as all from './all.ts';
    export { passed, all }; export type { Given }; export * from './more.ts'; export { more } from './more.ts';
    export const a = 1, b = 2; export function c() {} export class D {} export interface E {} export type F = 1;
    const g = 1; export { g, g as h }; const hidden = 1; export default hidden;`;
  const names = exportedNames([{ path: 'src/some.ts', text, imports: [] }]);
  expect([...names.keys()].sort()).toEqual(['D', 'E', 'F', 'a', 'b', 'c', 'g', 'h']);
});

// --- internal ---

/** How many files, or sets of rooms that are alike, these are. */
function roomsOf(paths: string[]): number {
  const alike = (path: string) => ALIKE.find((rooms) => rooms.some((room) => path.startsWith(room)))?.[0];
  return new Set(paths.map((path) => alike(path) ?? path)).size;
}
