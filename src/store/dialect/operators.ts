import { operandAfter } from './operands.ts';
import { refuse } from './tokens.ts';
import { call, isSymbol, isWord, type Node, symbol, word } from './tree.ts';
import { unsupported } from './unsupported.ts';

/** Operators that SQLite writes otherwise or computes otherwise. */
export function rewriteOperators(items: Node[]): Node[] {
  const rewritten: Node[] = [];
  for (let i = 0; i < items.length; i++) {
    const item = items[i]!;
    if (item.kind === 'symbol') {
      const same = RENAMED[item.value];
      if (same) rewritten.push(word(same));
      else if (item.value === '!') {
        rewritten.push({ kind: 'group', items: [word('not'), items[++i] ?? word('null')] });
      } else if (item.value === '/') divide(rewritten);
      else if (item.value === '%') i = asCall('mod', rewritten, items, i);
      else if (item.value === '^') throw unsupported('the operator ^', 'SQLite has no bitwise exclusive or');
      else if (['@', '@@', ':='].includes(item.value)) throw refuse('a segment cannot use variables (@name)');
      else rewritten.push(item);
    } else if (isWord(item, 'div')) i = asCall('mysql_div', rewritten, items, i);
    else if (isWord(item, 'mod')) i = asCall('mod', rewritten, items, i);
    else if (isWord(item, 'rlike')) rewritten.push(word('regexp'));
    else if (isWord(item, 'xor')) throw unsupported('XOR', 'write (a and not b) or (b and not a)');
    else if (isWord(item, 'lateral'))
      throw unsupported('LATERAL', 'SQLite has no lateral joins; use a subquery');
    else if (isWord(item, 'rollup')) throw unsupported('WITH ROLLUP', 'SQLite has no ROLLUP');
    else if (isWord(item, 'unknown') && isWord(lastWord(items, i), 'is')) rewritten.push(word('null'));
    else if (isWord(item, 'straight_join')) rewritten.push(word('join'));
    else if (isWord(item, 'binary') && items[i + 1] !== undefined && !isSymbol(items[i + 1], ',')) continue;
    else if (isWord(item, 'collate')) rewritten.push(item, collation(items[++i]));
    else if (isWord(item, 'use', 'force', 'ignore') && isWord(items[i + 1], 'index', 'key'))
      i = hintEnd(items, i);
    else if (isWord(item, 'from') && isWord(items[i + 1], 'dual')) i++;
    else if (isWord(item, 'like')) i = like(rewritten, items, i);
    else rewritten.push(item);
  }
  return rewritten;
}

const RENAMED: Record<string, string> = { '<=>': 'is', '&&': 'and', '||': 'or' };

/** In MySQL a quotient has a fraction; in SQLite that of two integers has none. */
function divide(before: Node[]): void {
  const dividend = chain(before);
  before.push(
    { kind: 'run', items: [...dividend, symbol('*'), { kind: 'number', value: '1.0' }] },
    symbol('/'),
  );
}

function asCall(name: string, before: Node[], items: Node[], at: number): number {
  const left = chain(before);
  const { size } = operandAfter(items, at + 1);
  if (left.length === 0 || items[at + 1] === undefined) throw refuse('an operator lacks an operand');
  before.push(call(name, left, items.slice(at + 1, at + 1 + size)));
  return at + size;
}

/** Takes the product that ends here: `a * b / c`. */
function chain(before: Node[]): Node[] {
  let from = before.length - 1;
  while (from >= 2 && isSymbol(before[from - 1], '*', '/')) from -= 2;
  return before.splice(Math.max(from, 0));
}

/** MySQL's LIKE takes a backslash as the escape character. */
function like(before: Node[], items: Node[], at: number): number {
  const pattern = items[at + 1];
  if (pattern === undefined) throw refuse('LIKE lacks a pattern');
  before.push(items[at]!, pattern);
  const plain = pattern.kind === 'string' && !pattern.value.includes('\\');
  if (!plain && !isWord(items[at + 2], 'escape'))
    before.push(word('escape'), { kind: 'string', value: '\\' });
  return at + 1;
}

function collation(name: Node | undefined): Node {
  const value = name?.kind === 'word' || name?.kind === 'name' || name?.kind === 'string' ? name.value : '';
  if (value.endsWith('_ci')) {
    throw unsupported(
      `COLLATE ${value}`,
      'it has no collation that takes letters for the same; compare LOWER()',
    );
  }
  return word('binary');
}

function hintEnd(items: Node[], at: number): number {
  const list = items.findIndex((item, index) => index > at && item.kind === 'group');
  return list < 0 ? at + 1 : list;
}

function lastWord(items: Node[], at: number): Node | undefined {
  return isWord(items[at - 1], 'not') ? items[at - 2] : items[at - 1];
}
