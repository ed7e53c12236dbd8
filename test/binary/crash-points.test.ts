import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../helpers/executable.ts';
import { crashPoints, REACHED_BY } from './crash-points.ts';

crashPoints('the embedded store');

test('every crash point of the sources is stopped at by a test', () => {
  const named = [...textsOf('src')].flatMap((text) =>
    [...text.matchAll(/\bcrashPoint\('([^']+)'\)/g)].map(([, name]) => name!),
  );
  const tests = [...textsOf('test')];
  const untested = named.filter((name) => !tests.some((text) => text.includes(`'${name}'`)));
  expect(untested).toEqual([]);
  expect(named).toEqual(expect.arrayContaining(Object.keys(REACHED_BY)));
});

function* textsOf(folder: string): Generator<string> {
  for (const path of new Bun.Glob(`${folder}/**/*.ts`).scanSync({ cwd: ROOT })) {
    yield readFileSync(join(ROOT, path), 'utf8');
  }
}
