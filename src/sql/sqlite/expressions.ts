import type { ColumnRef, Expr, InQuery, Like, NumberLiteral, Param, Quantified } from '../ast.ts';
import { aggregate, windowed } from './aggregates.ts';
import type { PrintCall } from './calls/call.ts';
import { CHOICE_CALLS, caseOf } from './calls/choice-calls.ts';
import { JSON_CALLS, memberOf } from './calls/json-calls.ts';
import { arithmetic, NUMBER_CALLS, unary } from './calls/number-calls.ts';
import { regexp, TEXT_CALLS, trim } from './calls/text-calls.ts';
import { clockTime, dateArithmetic, extract, TIME_CALLS, timestampDiff } from './calls/time-calls.ts';
import { cast } from './casts.ts';
import { between, compareRows, comparison, equalityKeys, inList } from './compare.ts';
import { mixedCollation } from './compare-text.ts';
import { asCondition, asText } from './convert.ts';
import { accessJson, accessText } from './json-access.ts';
import { constantText, type Printing, quoted, unsupported } from './printing.ts';
import { columnOf, derived, windowName } from './queries.ts';
import { storeDate, storeDatetime, toMoment } from './values/moment.ts';
import { storeTime, toTimeMicros } from './values/time-of-day.ts';
import { windowText } from './windows.ts';

const CALLS: Record<string, PrintCall> = {
  ...CHOICE_CALLS,
  ...TEXT_CALLS,
  ...NUMBER_CALLS,
  ...JSON_CALLS,
  ...TIME_CALLS,
};

/** An expression, in brackets if a neighbour could bind more closely. */
export function printExpr(p: Printing, expr: Expr): string {
  switch (expr.kind) {
    case 'null':
      return 'null';
    case 'boolean':
      return expr.value ? '1' : '0';
    case 'number':
      return numberText(expr);
    case 'string':
      return quoted(expr.value);
    case 'bytes':
      return quoted(Buffer.from(expr.hex, 'hex').toString());
    case 'temporal':
      return temporal(expr);
    case 'param':
      return paramText(expr);
    case 'column':
      return column(p, expr);
    case 'json':
      return expr.unquote ? accessText(p, expr) : `(${accessJson(p, expr)})`;
    case 'unary':
      return `(${unary(p, expr)})`;
    case 'arithmetic':
      return `(${arithmetic(p, expr)})`;
    case 'comparison':
      return `(${compareRows(p, expr.op, [expr.left, expr.right])})`;
    case 'quantified':
      return quantified(p, expr);
    case 'logic':
      return logic(p, expr);
    case 'not':
      return `(not (${asCondition(p, expr.operand)}))`;
    case 'is':
      if (expr.test === 'null') return `(${p.expr(expr.operand)} is ${expr.negated ? 'not ' : ''}null)`;
      return `((${asCondition(p, expr.operand)}) is ${expr.negated ? 'not ' : ''}${expr.test})`;
    case 'between':
      return negated(expr.negated, between(p, [expr.operand, expr.low, expr.high]));
    case 'in':
      return negated(expr.negated, inList(p, expr.operand, expr.list));
    case 'inQuery':
      return inQuery(p, expr);
    case 'like':
      return negated(expr.negated, like(p, expr));
    case 'regexp':
      return negated(expr.negated, regexp(p, { value: expr.operand, pattern: expr.pattern }));
    case 'memberOf':
      return memberOf(p, expr);
    case 'case':
      return caseOf(p, expr);
    case 'call': {
      const print = CALLS[expr.name];
      if (!print)
        throw unsupported(`${expr.name.toUpperCase()}()`, {
          at: expr.at,
          why: 'it has no such function',
          text: p.text,
        });
      return print(p, expr);
    }
    case 'aggregate':
      return aggregate(p, expr);
    case 'window': {
      const { over } = expr;
      const isName =
        over.base !== undefined && over.partitionBy.length + over.orderBy.length === 0 && !over.frame;
      const base = over.base === undefined ? undefined : windowName(over.base);
      return windowed(p, expr, isName ? ` over ${base}` : ` over (${windowText(p, { ...over, base })})`);
    }
    case 'cast':
      return cast(p, expr);
    case 'convertUsing':
    case 'collate':
      return asText(p, expr.operand);
    case 'dateArithmetic':
      return dateArithmetic(p, expr);
    case 'extract':
      return extract(p, expr);
    case 'timestampDiff':
      return timestampDiff(p, expr);
    case 'clock':
      return clockTime(expr);
    case 'trim':
      return trim(p, expr);
    case 'subquery':
      return `(${p.query(expr.query)})`;
    case 'exists':
      return `exists (${p.query(expr.query)})`;
    case 'star':
    case 'row':
      throw unsupported('a list of values', {
        at: expr.at,
        why: 'only one value is allowed there',
        text: p.text,
      });
  }
}

function negated(not: boolean, condition: string): string {
  return not ? `(not (${condition}))` : `(${condition})`;
}

function numberText({ text, type }: NumberLiteral): string {
  if (type.kind === 'decimal') return quoted(text.startsWith('.') ? `0${text}` : text.replace(/\.$/, ''));
  return type.kind === 'double' && !/[.e]/i.test(text) ? `${text}.0` : text;
}

function paramText({ value, type }: Param): string {
  if (value === null) return 'null';
  if (typeof value === 'boolean') return value ? '1' : '0';
  if (typeof value === 'string') return quoted(value);
  return type.kind === 'decimal' ? quoted(String(value)) : String(value);
}

function temporal({ unit, value }: Expr & { kind: 'temporal' }): string {
  if (unit === 'time') return quoted(storeTime(toTimeMicros(value) ?? 0));
  const moment = toMoment(value)!;
  return quoted(unit === 'date' ? storeDate(moment) : storeDatetime(moment));
}

function column(p: Printing, expr: ColumnRef): string {
  const { source } = expr;
  switch (source.kind) {
    case 'item':
      return p.expr(source.item.expr);
    case 'table': {
      const table = source.source;
      const place = table.columns.indexOf(source.column);
      const stored = table.kind === 'table' && table.cte === undefined;
      return `${p.alias(table)}.${stored ? source.column.name.toLowerCase() : `c${place}`}`;
    }
    case 'result':
    case 'unresolved':
      throw unsupported(expr.name, { at: expr.at, why: 'nothing here has this name', text: p.text });
  }
}

function logic(p: Printing, { op, operands }: Expr & { kind: 'logic' }): string {
  const conditions = operands.map((operand) => `(${asCondition(p, operand)})`);
  // XOR: truth values differ when they are not equal.
  if (op === 'xor') return conditions.reduce((left, right) => `((not ${left}) <> (not ${right}))`);
  return `(${conditions.join(` ${op} `)})`;
}

function like(p: Printing, { operand, pattern, escape: escapedBy }: Like): string {
  const collation = mixedCollation(p, [operand, pattern]);
  const value = asText(p, operand);
  const mark = escapedBy === undefined ? quoted('\\') : asText(p, escapedBy);
  if (collation.endsWith('_ci')) return `my_like(${value}, ${asText(p, pattern)}, ${mark}, '${collation}')`;
  const plain = escapedBy !== undefined && constantText(escapedBy) === '';
  return `(${value}) like (${asText(p, pattern)})${plain ? '' : ` escape ${mark}`}`;
}

function inQuery(p: Printing, { operand, query, negated: not }: InQuery): string {
  const items = operand.kind === 'row' ? operand.items : [operand];
  const source = derived(query);
  const pairs = items.map((item, index) => equalityKeys(p, item, columnOf(source, query.columns[index]!)));
  const left = pairs.map(([key]) => key);
  const right = pairs.map(([, key], index) => `${key} as c${index}`);
  const plain = pairs.every(([, key], index) => key === `${p.alias(source)}.c${index}`);
  const values = plain
    ? p.query(query)
    : `select ${right.join(', ')} from (${p.query(query)}) as ${p.alias(source)}`;
  const test = left.length === 1 ? left[0]! : `(${left.join(', ')})`;
  return `(${left.length === 1 ? `(${test})` : test} ${not ? 'not ' : ''}in (${values}))`;
}

/**
 * ANY: true if some comparison is true, else unknown if some is unknown, else false. ALL is the
 * opposite.
 */
function quantified(p: Printing, { op, quantifier, left, query }: Quantified): string {
  const source = derived(query);
  const test = comparison(p, op, [left, columnOf(source, query.columns[0]!)]);
  const rows = `select 1 from (${p.query(query)}) as ${p.alias(source)} where`;
  const decided = quantifier === 'any' ? test : `not (${test})`;
  const [found, otherwise] = quantifier === 'any' ? [1, 0] : [0, 1];
  return `case when exists (${rows} ${decided}) then ${found} when exists (${rows} (${test}) is null) then null else ${otherwise} end`;
}
