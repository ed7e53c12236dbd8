import type { Arithmetic, ComparisonOperator, DateArithmetic, Expr, Logic, Query } from '../ast.ts';
import { UNKNOWN } from '../sql-type.ts';
import { interval } from './intervals.ts';
import type { Reader } from './reader.ts';

/*
 * Operators from weakest to strongest, as in MySQL's grammar (sql_yacc.yy): OR, XOR, AND, NOT, IS
 * TRUE, comparisons and IS NULL, then LIKE, IN, BETWEEN and REGEXP, then `|`, `&`, shifts, sums,
 * products, `^`.
 */

export function expression(reader: Reader): Expr {
  return reader.nested(() => logic(reader, 0));
}

const LOGIC: { op: Logic['op']; symbol: string | undefined }[] = [
  { op: 'or', symbol: '||' },
  { op: 'xor', symbol: undefined },
  { op: 'and', symbol: '&&' },
];

function logic(reader: Reader, level: number): Expr {
  const rule = LOGIC[level];
  if (!rule) return negation(reader);
  const { at } = reader;
  const operands = [logic(reader, level + 1)];
  while (reader.accept(rule.op) || (rule.symbol !== undefined && reader.acceptSymbol(rule.symbol))) {
    operands.push(logic(reader, level + 1));
  }
  const [only] = operands;
  return operands.length === 1 ? only! : { kind: 'logic', at, type: UNKNOWN, op: rule.op, operands };
}

function negation(reader: Reader): Expr {
  const node = reader.node;
  if (reader.accept('not')) return { kind: 'not', ...node, operand: reader.nested(() => negation(reader)) };
  const operand = comparison(reader);
  if (!reader.isWord('is')) return operand;
  reader.take();
  const negated = reader.accept('not');
  const test = reader.accept('true')
    ? 'true'
    : reader.accept('false')
      ? 'false'
      : reader.accept('unknown')
        ? 'null'
        : undefined;
  if (test === undefined) throw reader.unexpected('NULL, TRUE, FALSE or UNKNOWN');
  return { kind: 'is', ...node, operand, test, negated };
}

const COMPARISONS: Record<string, ComparisonOperator> = {
  '=': '=',
  '<=>': '<=>',
  '<>': '<>',
  '!=': '<>',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
};

function comparison(reader: Reader): Expr {
  const { at } = reader;
  let left = predicate(reader);
  while (true) {
    const symbol = reader.peek();
    const op = symbol.kind === 'symbol' ? COMPARISONS[symbol.value] : undefined;
    const not = reader.isWordAt(1, 'not') ? 1 : 0;
    if (op !== undefined) {
      reader.take();
      left = compared(reader, left, op, at);
    } else if (reader.isWord('is') && reader.isWordAt(1 + not, 'null')) {
      for (let i = 0; i < 2 + not; i++) reader.take();
      left = { kind: 'is', at, type: UNKNOWN, operand: left, test: 'null', negated: not === 1 };
    } else return left;
  }
}

function compared(reader: Reader, left: Expr, op: ComparisonOperator, at: number): Expr {
  const all = reader.isWord('all');
  if ((all || reader.isWord('any', 'some')) && reader.isSymbolAt(1, '(')) {
    reader.take();
    const query = reader.inBrackets(() => reader.grammar.query(reader));
    return { kind: 'quantified', at, type: UNKNOWN, op, quantifier: all ? 'all' : 'any', left, query };
  }
  if (reader.isWord('not')) {
    throw reader.refuse('NOT after a comparison needs brackets', { hint: 'Write a = (not b).' });
  }
  return { kind: 'comparison', at, type: UNKNOWN, op, left, right: predicate(reader) };
}

function predicate(reader: Reader): Expr {
  const node = reader.node;
  const operand = bits(reader, 0);
  const negated = reader.isWord('not') && reader.isWordAt(1, 'in', 'between', 'like', 'regexp', 'rlike');
  if (negated) reader.take();
  if (reader.accept('in')) return { ...node, ...inList(reader, operand), negated };
  if (reader.accept('between')) {
    const low = bits(reader, 0);
    reader.expect('and');
    return { kind: 'between', ...node, operand, low, high: predicate(reader), negated };
  }
  if (reader.accept('like')) {
    const pattern = reader.grammar.simple(reader);
    const escaped = reader.accept('escape') ? reader.grammar.simple(reader) : undefined;
    return { kind: 'like', ...node, operand, pattern, escape: escaped, negated };
  }
  if (reader.accept('regexp') || reader.accept('rlike')) {
    return { kind: 'regexp', ...node, operand, pattern: bits(reader, 0), negated };
  }
  if (reader.isWord('member')) {
    reader.take();
    reader.accept('of');
    return {
      kind: 'memberOf',
      ...node,
      value: operand,
      array: reader.inBrackets(() => reader.grammar.simple(reader)),
    };
  }
  if (reader.isWord('sounds'))
    throw reader.refuse('SOUNDS LIKE is not accepted', { hint: 'Use LIKE or REGEXP.' });
  return operand;
}

function inList(
  reader: Reader,
  operand: Expr,
): { kind: 'in'; operand: Expr; list: Expr[] } | { kind: 'inQuery'; operand: Expr; query: Query } {
  const query = queryInBrackets(reader);
  if (query) return { kind: 'inQuery', operand, query };
  const list = reader.inBrackets(() => reader.list(() => reader.grammar.expression(reader)));
  return { kind: 'in', operand, list };
}

/** A query in brackets, if the brackets hold only a query: `((select 1) + 1)` is an expression. */
export function queryInBrackets(reader: Reader): Query | undefined {
  let ahead = 0;
  while (reader.isSymbolAt(ahead, '(')) ahead++;
  if (ahead === 0 || !beginsQuery(reader, ahead)) return undefined;
  const read = () => reader.inBrackets(() => reader.grammar.query(reader));
  return ahead === 1 ? read() : reader.attempt(read);
}

function beginsQuery(reader: Reader, ahead: number): boolean {
  return (
    reader.isWordAt(ahead, 'select', 'with') ||
    (reader.isWordAt(ahead, 'values') && reader.isWordAt(ahead + 1, 'row'))
  );
}

type ArithmeticOperator = Arithmetic['op'];

const ARITHMETIC: Record<string, ArithmeticOperator>[] = [
  { '|': '|' },
  { '&': '&' },
  { '<<': '<<', '>>': '>>' },
  { '+': '+', '-': '-' },
  { '*': '*', '/': '/', '%': '%', div: 'div', mod: '%' },
  { '^': '^' },
];
const SUMS = 3;
/** Each operator adds a level to the tree: SQLite accepts 1,000 levels. */
const CHAIN = 900;

export function operand(reader: Reader): Expr {
  return bits(reader, 0);
}

function bits(reader: Reader, level: number): Expr {
  const operators = ARITHMETIC[level];
  if (!operators) return reader.grammar.simple(reader);
  const { at } = reader;
  let left = bits(reader, level + 1);
  let length = 0;
  while (true) {
    const { kind, value } = reader.peek();
    const op = kind === 'symbol' || kind === 'word' ? operators[value] : undefined;
    if (op === undefined) return left;
    reader.take();
    if (++length > CHAIN) throw reader.refuse(`more than ${CHAIN} operators in a row`, { at });
    const time = level === SUMS && reader.isWord('interval') ? interval(reader) : undefined;
    left = time
      ? dateArithmetic(left, op as '+' | '-', time, at)
      : { kind: 'arithmetic', at, type: UNKNOWN, op, left, right: bits(reader, level + 1) };
  }
}

function dateArithmetic(
  operand: Expr,
  op: '+' | '-',
  { amount, unit }: Pick<DateArithmetic, 'amount' | 'unit'>,
  at: number,
): DateArithmetic {
  return { kind: 'dateArithmetic', at, type: UNKNOWN, op, operand, amount, unit };
}
