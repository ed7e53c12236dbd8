import { expect, test } from 'bun:test';
import { readSources } from '../architecture/imports.ts';
import { findPoints, mutated } from './points.ts';

/** What a source becomes, one change at a time. */
function mutants(text: string): string[] {
  return findPoints(text, 'some.ts').map((point) => mutated(text, point));
}

test.each([
  ['x = a < b', [';', 'x = a <= b']],
  ['f(a <= b)', [';', 'f(a < b)']],
  ['const x = (a) >= b', ['const x = (a) > b']],
  ['const x = a === b', ['const x = a !== b']],
  ['const x = a !== (b)', ['const x = a === (b)']],
  ['const x = a - 2', ['const x = a + 2', 'const x = a - 3']],
  ["const x = 'a' + b", []],
  ['const x = a && b', ['const x = ((a) || (b))']],
  ['const x = a ?? b', ['const x = ((a) && (b))']],
  ['const x = !a', ['const x = a']],
  ['if (a) f()', ['if (!(a)) f()', 'if (a) ;']],
  ['if (!a) {}', ['if (a) {}']],
  ['if (a < b) {}', ['if (a <= b) {}']],
  ['const x = a ? b : c', ['const x = !(a) ? b : c']],
  ['for (;;) { break; }', ['for (;;) { ; }']],
  ['throw e', [';']],
  ['await f()', [';']],
  ['i++', [';']],
  ['function f() { return a; }', ['function f() { return undefined as never; }']],
  ['function f() { return; }', ['function f() { ; }']],
  ['function f() { return undefined; }', []],
  ['const f = () => a', ['const f = () => undefined as never']],
  ['const x = 0', ['const x = 1']],
  ['const x = 1_000', ['const x = 1001']],
  ['const x = 9_007_199_254_740_992', []],
  ['const x = true', ['const x = false']],
  ['const x = a.some(f)', ['const x = a.every(f)']],
  ['const x = a as 1', []],
  ['type A = 1 extends 2 ? true : false', []],
  ['let x: 0 | 1', []],
  ["import a from 'a'; export * from 'b'", []],
  ["const x = 'text'", []],
])('%s', (text, expected) => {
  expect(mutants(text)).toEqual(expected);
});

test('a point says where it is', () => {
  expect(findPoints('const a = 1;\n  const b = a < 2;\n', 'some.ts')).toMatchObject([
    { line: 1, column: 11, kind: 'constant', original: '1', replacement: '2' },
    { line: 2, column: 15, kind: 'comparison', original: '<', replacement: '<=' },
    { line: 2, column: 17, kind: 'constant', original: '2', replacement: '3' },
  ]);
});

test('every mutant of the sources can be parsed', () => {
  const transpiler = new Bun.Transpiler({ loader: 'ts' });
  const sources = readSources('src').filter(({ path }) => /^src\/(engine|flow)\//.test(path));
  const points = sources.flatMap(({ path, text }) =>
    findPoints(text, path).map((point) => ({ text, point })),
  );
  expect(points.length).toBeGreaterThan(1_000);
  for (const { text, point } of points.filter((_, index) => index % 20 === 0)) {
    expect(() => transpiler.transformSync(mutated(text, point))).not.toThrow();
  }
});
