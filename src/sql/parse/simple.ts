import type { Expr, Query } from '../ast.ts';
import { jsonAccess } from './arrows.ts';
import { call } from './calls.ts';
import { queryInBrackets } from './expressions.ts';
import { interval } from './intervals.ts';
import { literal } from './literals.ts';
import type { Reader } from './reader.ts';

/**
 * An expression without binary operators: a literal, a column, a call or brackets, with signs
 * before it.
 */
export function simple(reader: Reader): Expr {
  const node = reader.node;
  let expr = reader.nested(() => unsigned(reader));
  while (reader.accept('collate')) {
    const { kind, value } = reader.take();
    if (kind !== 'word' && kind !== 'name' && kind !== 'string') throw reader.unexpected('a collation');
    expr = { kind: 'collate', ...node, operand: expr, collation: value.toLowerCase() };
  }
  return expr;
}

function unsigned(reader: Reader): Expr {
  const node = reader.node;
  for (const op of ['-', '+', '~'] as const) {
    if (reader.acceptSymbol(op)) return { kind: 'unary', ...node, op, operand: simple(reader) };
  }
  if (reader.acceptSymbol('!')) return { kind: 'not', ...node, operand: simple(reader) };
  if (reader.accept('binary')) return { kind: 'unary', ...node, op: 'binary', operand: simple(reader) };
  if (reader.isSymbol('@', '@@', ':=')) throw reader.refuse('a segment cannot use variables (@name)');
  if (reader.isSymbol('(')) return inBrackets(reader);
  return literal(reader) ?? word(reader);
}

function inBrackets(reader: Reader): Expr {
  const node = reader.node;
  const query = queryInBrackets(reader);
  if (query) return subquery(query, node);
  const items = reader.inBrackets(() => reader.list(() => reader.grammar.expression(reader)));
  return items.length === 1 ? items[0]! : { kind: 'row', ...node, items };
}

function subquery(query: Query, node: Reader['node']): Expr {
  return { kind: 'subquery', ...node, query };
}

function word(reader: Reader): Expr {
  const node = reader.node;
  if (reader.isWord('case')) return caseOf(reader);
  if (reader.isWord('exists') && reader.isSymbolAt(1, '(')) {
    reader.take();
    return { kind: 'exists', ...node, query: reader.inBrackets(() => reader.grammar.query(reader)) };
  }
  if (reader.isWord('row') && reader.isSymbolAt(1, '(')) {
    reader.take();
    const items = reader.inBrackets(() => reader.list(() => reader.grammar.expression(reader)));
    if (items.length < 2) throw reader.refuse('ROW takes two values or more', { at: node.at });
    return { kind: 'row', ...node, items };
  }
  if (reader.isWord('interval')) {
    // In MySQL's grammar everything after the plus sign is the time.
    const { amount, unit } = interval(reader);
    reader.expectSymbol('+');
    return {
      kind: 'dateArithmetic',
      ...node,
      op: '+',
      operand: reader.grammar.expression(reader),
      amount,
      unit,
    };
  }
  return call(reader) ?? jsonAccess(reader, column(reader));
}

function caseOf(reader: Reader): Expr {
  const node = reader.node;
  reader.take();
  const operand = reader.isWord('when') ? undefined : reader.grammar.expression(reader);
  const branches: { when: Expr; result: Expr }[] = [];
  while (reader.accept('when')) {
    const when = reader.grammar.expression(reader);
    reader.expect('then');
    branches.push({ when, result: reader.grammar.expression(reader) });
  }
  if (branches.length === 0) throw reader.unexpected('WHEN');
  const otherwise = reader.accept('else') ? reader.grammar.expression(reader) : undefined;
  reader.expect('end');
  return { kind: 'case', ...node, operand, branches, otherwise };
}

function column(reader: Reader): Expr {
  const node = reader.node;
  const parts = [reader.name('an expression')];
  while (reader.acceptSymbol('.')) parts.push(reader.nameAfterDot());
  if (parts.length > 2) {
    throw reader.refuse(`the column ${parts.join('.')} names a database`, {
      at: node.at,
      hint: `Write ${parts.slice(-2).join('.')}.`,
    });
  }
  return {
    kind: 'column',
    ...node,
    qualifier: parts.slice(0, -1),
    name: parts.at(-1)!,
    source: { kind: 'unresolved' },
  };
}
