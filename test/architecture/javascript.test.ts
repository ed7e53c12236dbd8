import { expect, test } from 'bun:test';
import { parse } from '@babel/parser';
import { readSources, type SourceFile } from './imports.ts';

/*
 * Source text is read by a parser, never by a regular expression: JavaScript that looks like something else, in a string, a
 * template or a comment, is what patterns get wrong.
 */

/** The files that are given JavaScript as text: sources, bundles, functions' own text. */
const READERS = [
  'src/config/bundle/',
  'src/config/source/',
  'src/config/host-modules/',
  'src/config/inspect/flow-literals.ts',
  'src/config/inspect/inspect.ts',
  'src/config/inspect/key-variable.ts',
  'src/config/inspect/provider.ts',
  'src/host/child/bundles.ts',
  'src/host/child/host-imports.ts',
  'src/host/child/load-config.ts',
  'src/host/child/plain-imports.ts',
  'src/host/child/stack.ts',
  'src/testing/forecast.ts',
];

/** The patterns that these files have, with what each is applied to instead. */
const PATTERNS: Record<string, string> = {
  '/./': 'any name of a module',
  '/^[^./]/': 'names of modules',
  '/\\.[cm]?[jt]sx?$/': 'names of files',
  '/\\.[cm]?tsx?$/': 'names of files',
  '/(^|[\\\\/])node_modules[\\\\/]/': 'names of files',
  '/\\.(?:css|pcss|scss|sass|less|styl|png|jpe?g|gif|svg|webp|avif|ico|bmp|woff2?|ttf|otf|eot)$/i':
    'names of files',
  '/^[A-Z][A-Z0-9_]*$/': 'the name of a property, from the syntax tree',
  '/[\\s.[\\]"\'`]/': 'a key of the config',
  '/\\r?\\n/': 'lines, to show them',
  '/[^\\t]/g': 'a line that is shown, for the caret under it',
  '/^SegflowError: /': 'stack traces',
  '/^\\s+at (?:(.*?) \\()?([^()]*):(\\d+):(\\d+)\\)?$/': 'stack traces',
  '/[^\\x21-\\x7e]/': "the value of a provider's key",
  '/^https?:$/': 'the protocol of a URL',
};

const sources = readSources('src');
const readers = sources.filter(({ path }) => READERS.some((it) => path.startsWith(it)));

test('files that are given JavaScript as text apply no regular expression to it', () => {
  expect(readers.length).toBeGreaterThan(20);
  const unknown = readers.flatMap(({ path, text }) =>
    patternsIn(text, path)
      .filter((pattern) => !Object.hasOwn(PATTERNS, pattern))
      .map((pattern) => `${path}: ${pattern}`),
  );
  expect(unknown).toEqual([]);
});

test('a file that parses JavaScript, or asks a function for its text, is one of them', () => {
  const others = sources.filter((source) => !readers.includes(source) && readsJavaScript(source));
  expect(others.map(({ path }) => path)).toEqual([]);
});

test('a pattern is found however it is written', () => {
  const text =
    "const a = /x/g; const b = new RegExp('y'); const c = RegExp(d); 'z'.match('w'); `/no/`; // /no/";
  expect(patternsIn(text, 'a.ts')).toEqual(['/x/g', "new RegExp('y')", 'RegExp(d)', "'z'.match('w')"]);
});

// --- internal ---

/** What is looked at of a node of Babel's syntax tree. */
interface Node {
  type: string;
  start: number;
  end: number;
  name?: string;
  callee?: Node;
  property?: Node;
  arguments?: Node[];
}

function readsJavaScript({ text, imports }: SourceFile): boolean {
  const parsers = ['acorn', 'acorn-walk', '@babel/parser'];
  return (
    imports.some(({ specifier }) => parsers.includes(specifier)) ||
    text.includes('Function.prototype.toString')
  );
}

/** Regular expressions of a file, as they are written: literals, and calls that make one. */
function patternsIn(text: string, path: string): string[] {
  const found: string[] = [];
  const tree = parse(text, {
    sourceType: 'module',
    plugins: path.endsWith('x') ? ['typescript', 'jsx'] : ['typescript'],
  });
  const look = (node: Node) => {
    if (node.type === 'RegExpLiteral' || isMaking(node)) found.push(text.slice(node.start, node.end));
    for (const value of Object.values(node) as unknown[]) {
      for (const child of Array.isArray(value) ? (value as unknown[]) : [value])
        if (isNode(child)) look(child);
    }
  };
  look(tree.program as unknown as Node);
  return found;
}

function isMaking(node: Node): boolean {
  if (node.type !== 'NewExpression' && node.type !== 'CallExpression') return false;
  if (node.callee?.name === 'RegExp') return true;
  // A text becomes a pattern there.
  const isSearch = ['match', 'matchAll', 'search'].includes(node.callee?.property?.name ?? '');
  return isSearch && node.arguments?.[0]?.type !== 'RegExpLiteral';
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value;
}
