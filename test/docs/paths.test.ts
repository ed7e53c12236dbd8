import { expect, test } from 'bun:test';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CONTRIBUTOR_PAGES, ROOT, readPage, USER_PAGES } from './pages.ts';
import { pathsIn } from './paths.ts';

test.each(CONTRIBUTOR_PAGES)('the files that %s names exist', (page) => {
  // What is to be made has a NAME.
  const missing = pathsIn(readPage(page)).filter(
    (path) => !path.includes('NAME') && !existsSync(join(ROOT, path)),
  );
  expect(missing).toEqual([]);
});

test('a file that is not there would be found', () => {
  expect(
    pathsIn('See `src/nowhere.ts`, `bench/`, `src/cli/commands/NAME.ts` and `npx bun test test/a.ts`.'),
  ).toEqual(['src/nowhere.ts', 'bench/', 'src/cli/commands/NAME.ts', 'test/a.ts']);
});

test('the npm scripts that the pages name exist', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: object };
  const named = [...USER_PAGES, ...CONTRIBUTOR_PAGES].flatMap((page) =>
    [...readPage(page).matchAll(/\bnpm run ([\w:-]+)/g)].map(([, name = '']) => name),
  );
  expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
  expect(named.length).toBeGreaterThan(3);
});

test('the package holds what README.md links', () => {
  const { files } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { files: string[] };
  const linked = [...readPage('README.md').matchAll(/\]\(([\w./-]+)\)/g)].map(([, path = '']) => path);
  expect(linked.filter((path) => !files.includes(path.split('/')[0]!))).toEqual([]);
  expect(linked.length).toBeGreaterThan(USER_PAGES.length);
});
