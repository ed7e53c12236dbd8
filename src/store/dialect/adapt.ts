import type { SegmentTraits } from '../../engine/ports/segments.ts';
import { formatDateTime, parseDateTime } from './datetimes.ts';
import { rewrite } from './rewrite.ts';
import { refuse, type Token } from './tokens.ts';
import { traitsOf } from './traits.ts';
import { isWord, type Node, parse, print, walk, word } from './tree.ts';

export interface Adapted {
  text: string;
  params: (string | number | null)[];
  traits: SegmentTraits;
}

/**
 * Makes a SELECT written for MySQL one that SQLite answers alike. Throws `invalid_config` when it is not one SELECT, and
 * `store_unsupported` when it uses what SQLite cannot do.
 */
export function adapt(sql: string, params: readonly unknown[]): Adapted {
  const { tree, kept } = readSelect(sql, params);
  const values = kept.map(toSql);
  const times = new Set<number>();
  const rewritten = rewrite(tree, { params: kept, times });
  checkParams(rewritten, kept);
  const text = print(rewritten);
  for (const index of times) {
    const ms = parseDateTime(values[index]);
    if (ms !== undefined) values[index] = formatDateTime(ms);
  }
  return { text, params: values, traits: traitsOf(tree, kept) };
}

/**
 * The tree of one SELECT with as many placeholders as there are parameters, and the parameters: but booleans, which become
 * keywords, since in JSON `true` is not 1. Throws `invalid_config` for anything else.
 */
export function readSelect(sql: string, params: readonly unknown[]): { tree: Node[]; kept: unknown[] } {
  const tree = parse(sql);
  if (!isSelect(tree)) throw refuse('the query is not a SELECT', 'A segment is one SELECT of user ids.');
  const forbidden = [...walk(tree)].find((node) => isWord(node, ...FORBIDDEN));
  if (forbidden) {
    throw refuse(
      `a segment only reads: ${(forbidden as { value: string }).value.toUpperCase()} is not accepted`,
    );
  }
  const expected = [...walk(tree)].filter((node) => node.kind === 'param').length;
  if (expected !== params.length) {
    throw refuse(`the query has ${expected} placeholders (?) but ${params.length} parameters`);
  }
  const kept: unknown[] = [];
  return { tree: tree.map((node) => withBooleans(node, params, kept)), kept };
}

/** Throws when rewriting has doubled a placeholder: parameters are told apart by their order alone. */
export function checkParams(tree: Node[], params: readonly unknown[]): void {
  const places = [...walk(tree)].filter((node) => node.kind === 'param').map((node) => (node as Token).index);
  if (places.length === params.length && places.every((place, index) => place === index)) return;
  throw refuse('a parameter stands where this database needs a value that is written out', 'Use sql.raw().');
}

function withBooleans(node: Node, params: readonly unknown[], kept: unknown[]): Node {
  switch (node.kind) {
    case 'param': {
      const value = params[node.index!];
      if (typeof value === 'boolean') return word(String(value));
      return { ...node, index: kept.push(value) - 1 };
    }
    case 'group':
    case 'run':
      return { ...node, items: node.items.map((item) => withBooleans(item, params, kept)) };
    case 'call':
      return { ...node, args: node.args.map((item) => withBooleans(item, params, kept)) };
    default:
      return node;
  }
}

/** Words that no SELECT of a segment has, as keywords. */
const FORBIDDEN = ['into', 'lock', 'procedure'];

function isSelect(items: Node[]): boolean {
  const first = items[0];
  return isWord(first, 'select', 'with') || (first?.kind === 'group' && isSelect(first.items));
}

/** A parameter as a value of SQL. */
export function toSql(value: unknown): string | number | null {
  if (value === null || value === undefined) return null;
  if (value instanceof Date) return formatDateTime(value.getTime());
  switch (typeof value) {
    case 'boolean':
      return value ? 1 : 0;
    case 'bigint':
      return Number(value);
    case 'number':
    case 'string':
      return value;
    default:
      return JSON.stringify(value);
  }
}
