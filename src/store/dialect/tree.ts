import { refuse, type Token, tokenize } from './tokens.ts';

/*
 * A statement as a tree that is just deep enough to rewrite it: what stands in parentheses is a group, a function with its
 * arguments a call, a qualified name a column, CASE … END one node. Thus every operand of an operator is one node, and
 * a rewrite looks at the nodes to the left and right.
 */
export type Node = Token | Group | Call | Column | JsonAccess | Run;

export interface Group {
  kind: 'group';
  items: Node[];
}

export interface Call {
  kind: 'call';
  /** In lower case. */
  name: string;
  /** What stands in the parentheses, commas included. */
  args: Node[];
}

/** `users.id`, `segflow.users.id`. An unqualified column is a word or name. */
export interface Column {
  kind: 'column';
  parts: string[];
}

/** `doc -> path`, or `doc ->> path` when it unquotes. */
export interface JsonAccess {
  kind: 'json';
  unquotes: boolean;
  doc: Node;
  path: Node;
}

/** Nodes that belong together: one operand. */
export interface Run {
  kind: 'run';
  items: Node[];
}

/** Throws `invalid_config` when parentheses do not match or there is more than one statement. */
export function parse(sql: string): Node[] {
  const tokens = tokenize(sql);
  while (isSymbol(tokens.at(-1), ';')) tokens.pop();
  if (tokens.some((token) => isSymbol(token, ';'))) {
    throw refuse('there is more than one statement', 'A segment is one SELECT.');
  }
  const [items, end] = parseList(tokens, 0);
  if (end < tokens.length) throw refuse('there is a ")" too many');
  return items;
}

/** How a string is written in the text. */
type Quote = (value: string) => string;

/** The text, for SQLite unless strings are quoted otherwise. */
export function print(items: Node[], quote: Quote = doubled): string {
  return items.map((item) => printNode(item, quote)).join(' ');
}

export function call(name: string, ...args: Node[][]): Call {
  return { kind: 'call', name, args: args.flatMap((arg, index) => (index === 0 ? arg : [COMMA, ...arg])) };
}

export function string(value: string): Token {
  return { kind: 'string', value };
}

export function number(value: number): Token {
  return { kind: 'number', value: String(value) };
}

export function word(value: string): Token {
  return { kind: 'word', value, raw: value };
}

export function symbol(value: string): Token {
  return { kind: 'symbol', value };
}

export function isSymbol(node: Node | undefined, ...values: string[]): node is Token & { kind: 'symbol' } {
  return node?.kind === 'symbol' && values.includes(node.value);
}

export function isWord(node: Node | undefined, ...values: string[]): node is Token & { kind: 'word' } {
  return node?.kind === 'word' && values.includes(node.value);
}

/** The arguments of a call, or any list, by its commas. */
export function splitCommas(items: Node[]): Node[][] {
  const parts: Node[][] = [[]];
  for (const item of items) {
    if (isSymbol(item, ',')) parts.push([]);
    else parts.at(-1)!.push(item);
  }
  return parts.length === 1 && parts[0]!.length === 0 ? [] : parts;
}

/** The lists of nodes inside a node. */
export function inside(node: Node): Node[][] {
  if (node.kind === 'group' || node.kind === 'run') return [node.items];
  if (node.kind === 'call') return [node.args];
  if (node.kind === 'json') return [[node.doc], [node.path]];
  return [];
}

/** Every node at any depth. */
export function* walk(items: Node[]): Generator<Node> {
  for (const item of items) {
    yield item;
    for (const list of inside(item)) yield* walk(list);
  }
}

/** Whether a group holds a SELECT. */
export function isQuery(items: Node[]): boolean {
  const first = items[0];
  return isWord(first, 'select', 'with', 'values') || (first?.kind === 'group' && isQuery(first.items));
}

/** Words that a "(" may follow without being called. */
export const KEYWORDS = new Set(
  `all and any as between by case cross distinct div else end except exists for from full group having in inner intersect
   interval is join lateral like limit natural not offset on or order outer over partition recursive regexp rlike rollup select some
   then union using values when where window with xor`.split(/\s+/),
);

const COMMA: Token = { kind: 'symbol', value: ',' };

function parseList(tokens: Token[], from: number): [items: Node[], end: number] {
  const items: Node[] = [];
  let at = from;
  while (at < tokens.length && !isSymbol(tokens[at], ')')) {
    const token = tokens[at]!;
    if (!isSymbol(token, '(')) {
      items.push(token);
      at++;
      continue;
    }
    const [inner, end] = parseList(tokens, at + 1);
    if (end >= tokens.length) throw refuse('a "(" is never closed');
    const before = items.at(-1);
    if (before?.kind === 'word' && isCallable(before, items.at(-2))) {
      items[items.length - 1] = { kind: 'call', name: before.value, args: inner };
    } else {
      items.push({ kind: 'group', items: inner });
    }
    at = end + 1;
  }
  return [foldCases(foldColumns(items)), at];
}

function isCallable(head: Token, before: Node | undefined): boolean {
  if (KEYWORDS.has(head.value) || isSymbol(before, '.')) return false;
  // `a mod (b)` is an operator, `mod(a, b)` a function.
  return head.value !== 'mod' || before === undefined || before.kind === 'symbol' || isKeyword(before);
}

function isKeyword(node: Node): boolean {
  return node.kind === 'word' && KEYWORDS.has(node.value);
}

function foldColumns(items: Node[]): Node[] {
  const folded: Node[] = [];
  for (let i = 0; i < items.length; i++) {
    const parts: string[] = [];
    let end = i;
    for (let part = items[end]; part && identifier(part) !== undefined; part = items[end]) {
      parts.push(identifier(part)!);
      if (!isSymbol(items[end + 1], '.')) break;
      end += 2;
    }
    if (parts.length > 1 && end > i) {
      // `users.*` keeps its star.
      if (isSymbol(items[end], '*')) folded.push({ kind: 'column', parts: [...parts, '*'] });
      else folded.push({ kind: 'column', parts });
      i = end;
    } else if (parts.length === 1 && isSymbol(items[i + 1], '.') && isSymbol(items[i + 2], '*')) {
      folded.push({ kind: 'column', parts: [...parts, '*'] });
      i += 2;
    } else folded.push(items[i]!);
  }
  return folded;
}

function identifier(node: Node): string | undefined {
  if (node.kind === 'name') return node.value;
  return node.kind === 'word' ? (node.raw ?? node.value) : undefined;
}

function foldCases(items: Node[]): Node[] {
  const folded: Node[] = [];
  const open: number[] = [];
  for (const item of items) {
    folded.push(item);
    if (isWord(item, 'case')) open.push(folded.length - 1);
    if (isWord(item, 'end') && open.length > 0) {
      folded.push({ kind: 'run', items: folded.splice(open.pop()!) });
    }
  }
  return folded;
}

function printNode(node: Node, quote: Quote): string {
  switch (node.kind) {
    case 'group':
      return `(${print(node.items, quote)})`;
    case 'run':
      return print(node.items, quote);
    case 'call':
      return `${node.name}(${print(node.args, quote)})`;
    case 'column':
      return node.parts.map((part) => (part === '*' ? part : quoteName(part))).join('.');
    case 'json':
      return node.unquotes
        ? `json_unquote(${printNode(node.doc, quote)} -> ${printNode(node.path, quote)})`
        : `json_extract(${printNode(node.doc, quote)}, ${printNode(node.path, quote)})`;
    case 'string':
      return quote(node.value);
    case 'name':
      return quoteName(node.value);
    case 'word':
      return node.raw ?? node.value;
    default:
      return node.value;
  }
}

function doubled(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

// Not in double quotes: SQLite takes an unknown name in those for a string.
function quoteName(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}
