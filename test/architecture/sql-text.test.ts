import { expect, test } from 'bun:test';
import { parse } from 'acorn';
import { full } from 'acorn-walk';
import { readSources } from './imports.ts';

/*
 * SQL that people write is read in src/sql alone: others ask for its facts. A regular expression over SQL, or a search in it, looks right until
 * somebody writes the same thing in another way.
 */

const transpilers = { ts: new Bun.Transpiler({ loader: 'ts' }), tsx: new Bun.Transpiler({ loader: 'tsx' }) };

test('no file but those of src/sql looks into SQL text', () => {
  const others = readSources('src').filter(({ path }) => !path.startsWith('src/sql/'));
  expect(others.length).toBeGreaterThan(100);
  expect(
    others.flatMap(({ path, text }) =>
      looksIntoSql(text, path.endsWith('.tsx') ? 'tsx' : 'ts').map((what) => `${path}: ${what}`),
    ),
  ).toEqual([]);
});

test.each([
  'const reads = /\\bfrom\\s+users\\b/i.test(text);',
  "const reads = new RegExp('select .* from').exec(text);",
  "if (segment.sql.includes('messages')) follow();",
  'for (const match of query.sql.matchAll(PATH)) add(match);',
  'const found = PATH.exec(sql);',
  'const bare = sql.replace(COMMENT, "");',
])('it would be found: %s', (source) => {
  expect(looksIntoSql(source)).not.toEqual([]);
});

// --- internal ---

/** What such an import gives is computed when the source is transpiled. */
const MACRO = " with { type: 'macro' }";

/** Words that only a look into a query needs. */
const KEYWORDS = /(?:^|[^a-z])(?:select|from|join|where|having|limit|union)(?:$|[^a-z])/i;
const SEARCHES = new Set(
  'match matchAll search replace replaceAll includes startsWith endsWith indexOf lastIndexOf split slice substring'.split(
    ' ',
  ),
);

function looksIntoSql(source: string, loader: keyof typeof transpilers = 'ts'): string[] {
  const code = transpilers[loader].transformSync(source.replaceAll(MACRO, ''));
  const found: string[] = [];
  full(
    parse(code, { ecmaVersion: 'latest', sourceType: 'module', allowAwaitOutsideFunction: true }),
    (node) => {
      const it = node as unknown as Loose;
      if (it.regex && KEYWORDS.test(unescaped(it.regex.pattern))) found.push(`/${it.regex.pattern}/`);
      if (node.type === 'NewExpression' && it.callee?.name === 'RegExp') {
        const text = code.slice(node.start, node.end);
        if (KEYWORDS.test(unescaped(text))) found.push(text);
      }
      if (node.type !== 'CallExpression' || it.callee?.type !== 'MemberExpression') return;
      const method = it.callee.property?.name ?? '';
      const searched = SEARCHES.has(method) && isSql(it.callee.object);
      const tested = ['exec', 'test'].includes(method) && it.arguments?.some(isSql);
      if (searched || tested) found.push(code.slice(node.start, node.end));
    },
  );
  return found;
}

/** Without `\\b` and its like, whose letters are no part of a word. */
function unescaped(pattern: string): string {
  return pattern.replace(/\\+[a-z]/gi, ' ');
}

/** What is needed of acorn's nodes. */
interface Loose {
  type?: string;
  name?: string;
  object?: Loose;
  property?: Loose;
  callee?: Loose;
  arguments?: Loose[];
  regex?: { pattern: string };
}

/** A variable, or a property, called `sql`. */
function isSql(node: Loose | undefined): boolean {
  if (node?.type === 'MemberExpression') return node.property?.name === 'sql';
  return node?.type === 'Identifier' && node.name === 'sql';
}
