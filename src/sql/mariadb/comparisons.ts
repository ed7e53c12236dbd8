import type { ComparisonOperator, Expr } from '../ast.ts';
import { FLIPPED } from '../flipped.ts';
import type { SqlType } from '../sql-type.ts';
import { walkExpr } from '../walk.ts';
import {
  asDouble,
  asNumber,
  asText,
  caseOf,
  choosesCounted,
  comparableJson,
  jsonText,
  shiftedText,
} from './convert.ts';
import { type Constant, constantOf, quote } from './literals.ts';
import type { Printer } from './printer.ts';

/*
 * MySQL compares JSON with SQL values by type first: true is not 1, "25" is not 25 but greater than
 * any number, and a JSON null is less than everything. Equality with a literal is equality of the
 * JSON texts, because Segflow stores equal values as equal texts. Other comparisons are written out
 * with JSON_TYPE. https://dev.mysql.com/doc/refman/8.4/en/json.html#json-comparison
 */

export function comparison(printer: Printer, expr: Expr & { kind: 'comparison' }): string {
  return compare(printer, expr.op, expr.left, expr.right);
}

/** `left op right`, in brackets. */
export function compare(printer: Printer, op: ComparisonOperator, left: Expr, right: Expr): string {
  if (left.type.kind === 'json') return compareJson(printer, op, left, right);
  if (right.type.kind === 'json') return compareJson(printer, FLIPPED[op], right, left);
  if (left.kind === 'row' && right.kind === 'row') return compareRows(printer, op, left, right);
  if (isTime(left.type) && isText(right)) return compareWithTime(printer, op, left, right);
  if (isTime(right.type) && isText(left)) return compareWithTime(printer, FLIPPED[op], right, left);
  checkTimes(printer, [left, right]);
  return `(${operand(printer, left, right)} ${op} ${operand(printer, right, left)})`;
}

/** An operand, converted for comparison with the other one. */
function operand(printer: Printer, expr: Expr, other: Expr): string {
  // Only a constant that looks like a date becomes a time. With other numbers, the time is compared
  // as a number.
  if (isTime(expr.type) && isNumber(other.type) && !isDateNumber(other)) return `(${printer.expr(expr)} + 0)`;
  if (expr.type.kind !== 'text') return printer.expr(expr);
  if (isNumber(other.type)) return asNumber(printer, expr);
  return printer.expr(expr);
}

/**
 * A DATE and a text: MySQL compares only the date of the text, but with a DATE that is constant
 * across rows also its time. MySQL treats an invalid text as the earliest date.
 */
function compareWithTime(printer: Printer, op: ComparisonOperator, time: Expr, text: Expr): string {
  const constant = isConstant(time);
  const right = printer.expr(text);
  const isDate = time.type.kind === 'date';
  const left = constant && isDate ? `cast(${printer.expr(time)} as datetime)` : printer.expr(time);
  // MySQL applies the offset of a text, 12:00+02:00, only if the other operand differs from row to
  // row.
  const read = constant ? right : shiftedText(printer, text);
  const made =
    isDate && !constant
      ? `(cast(${read} as date) + interval 0 day)`
      : `(cast(${read} as datetime(6)) + interval 0 second)`;
  const missing = `${left} is null or ${right} is null`;
  if (op === '<=>') {
    return `(case when ${missing} then ${left} is null and ${right} is null else coalesce(${left} = ${made}, 0) end)`;
  }
  const [, greater] = OUTCOMES[op];
  return `coalesce(${left} ${op} ${made}, if(${missing}, null, ${greater}))`;
}

/** Refuses times of day mixed with other types, which MariaDB converts by its own rules. */
function checkTimes(printer: Printer, operands: Expr[]): void {
  const [time] = operands.filter(({ type }) => type.kind === 'time');
  if (!time) return;
  const other = operands.find((expr) => {
    if (expr.type.kind === 'time' || expr.type.kind === 'null') return false;
    const constant = constantOf(expr);
    if (constant?.kind === 'number') return operands.length > 2;
    return constant?.kind !== 'text' || !/\d/.test(constant.value);
  });
  if (other)
    printer.refuse(other.at, 'a TIME compared with something else', 'it converts them differently; use CAST');
}

function isTime({ kind }: SqlType): boolean {
  return kind === 'datetime' || kind === 'date';
}

/** 20260131 or 20260131120000. */
function isDateNumber(expr: Expr): boolean {
  const constant = constantOf(expr);
  return constant?.kind === 'number' && /^\d{8}(?:\d{6}(?:\.\d+)?)?$/.test(constant.text);
}

function isNumber({ kind }: SqlType): boolean {
  return kind === 'integer' || kind === 'decimal' || kind === 'double' || kind === 'boolean';
}

/** Whether the expression is a text that may differ from row to row. */
function isText(expr: Expr): boolean {
  return expr.type.kind === 'text' && !isConstant(expr);
}

/** Whether the expression is the same for every row. */
function isConstant(expr: Expr): boolean {
  for (const part of walkExpr(expr)) {
    if (['column', 'aggregate', 'window', 'exists', 'inQuery', 'quantified'].includes(part.kind))
      return false;
    if (part.kind === 'subquery' && part.query.correlated) return false;
  }
  return true;
}

function compareRows(
  printer: Printer,
  op: ComparisonOperator,
  left: Expr & { kind: 'row' },
  right: Expr & { kind: 'row' },
): string {
  // If a row holds a NULL, MariaDB's result is false instead of unknown.
  if (op !== '=' && op !== '<=>' && op !== '<>') {
    if ([...left.items, ...right.items].some(holdsJson)) {
      printer.refuse(left.at, '< or > between rows with JSON', 'compare their items one by one');
    }
    return `(${printer.expr(left)} ${op} ${printer.expr(right)})`;
  }
  const equals = left.items.map((item, index) =>
    compare(printer, op === '<>' ? '=' : op, item, right.items[index]!),
  );
  const all = `(${equals.join(' and ')})`;
  return op === '<>' ? `(not ${all})` : all;
}

export function inList(printer: Printer, expr: Expr & { kind: 'in' }): string {
  const { operand: left, list, negated } = expr;
  if (left.kind === 'row') return inRows(printer, left, { list, negated });
  const [only] = list;
  const hasJson = [left, ...list].some(holdsJson);
  if (hasJson && left.type.kind !== 'json' && list.length > 1) {
    printer.refuse(expr.at, 'JSON among other values in a list', 'write it with OR');
  }
  // A choice that counts as the number of its IF or CASE branch is compared with each item.
  if (list.length === 1 || hasJson || choosesCounted(left)) {
    const texts = hasJson && left.type.kind === 'json' ? list.map(jsonLiteral) : [];
    if (texts.length > 0 && texts.every((text) => text !== undefined)) {
      return `(${jsonText(printer, left)}${negated ? ' not' : ''} in (${texts.map(quote).join(', ')}))`;
    }
    const equals = list.length === 1 ? [only!] : list;
    const any = `(${equals.map((item) => compare(printer, '=', left, item)).join(' or ')})`;
    return negated ? `(not ${any})` : any;
  }
  checkTimes(printer, [left, ...list]);
  if (
    isText(left) &&
    list.some(({ type }) => isTime(type)) &&
    list.some(({ type }) => type.kind === 'text')
  ) {
    printer.refuse(
      expr.at,
      'a text in a list of times and texts',
      'it makes times of other texts; write it with OR',
    );
  }
  const print = isNumber(left.type) ? asNumber : (_: Printer, item: Expr) => printer.expr(item);
  const items = list.map((item) => print(printer, item)).join(', ');
  return `(${printer.expr(left)}${negated ? ' not' : ''} in (${items}))`;
}

/** In a list of rows MariaDB converts all values to one type, MySQL row by row. */
function inRows(
  printer: Printer,
  left: Expr & { kind: 'row' },
  { list, negated }: { list: Expr[]; negated: boolean },
): string {
  if ([left, ...list].some(holdsJson)) {
    printer.refuse(left.at, 'a list of rows with JSON', 'compare their items one by one');
  }
  const kinds = (index: number) =>
    [left, ...list].map((row) => (row.kind === 'row' ? row.items[index]!.type.kind : 'unknown'));
  if (left.items.every((_, index) => new Set(kinds(index)).size === 1)) {
    const rows = list.map((row) => printer.expr(row)).join(', ');
    return `(${printer.expr(left)}${negated ? ' not' : ''} in (${rows}))`;
  }
  const any = list.map((row) => {
    const { items } = row as Expr & { kind: 'row' };
    return `(${left.items.map((item, index) => compare(printer, '=', item, items[index]!)).join(' and ')})`;
  });
  return negated ? `(not (${any.join(' or ')}))` : `(${any.join(' or ')})`;
}

function holdsJson(expr: Expr): boolean {
  return expr.type.kind === 'json' || (expr.kind === 'row' && expr.items.some(holdsJson));
}

/**
 * Here MySQL ignores the JSON type: it compares numbers if one of the other operands is not a text,
 * otherwise texts.
 */
export function between(printer: Printer, expr: Expr & { kind: 'between' }): string {
  const operands = [expr.operand, expr.low, expr.high];
  const types = operands.map(({ type }) => type);
  // Among numbers, times become numbers, except next to dates written as numbers.
  const asNumbers = types.some(isTime) && operands.some((item) => isNumber(item.type) && !isDateNumber(item));
  const print = (item: Expr) => {
    if (!types.some(({ kind }) => kind === 'json')) {
      return asNumbers ? asDouble(printer, item) : printer.expr(item);
    }
    const texts = types.every(({ kind }) => kind === 'json' || kind === 'text' || kind === 'null');
    return texts ? asText(printer, item) : asDouble(printer, item);
  };
  if (types.some(({ kind }) => kind === 'json') && types.some(isTime)) {
    printer.refuse(
      expr.at,
      'BETWEEN with JSON and a time',
      'it compares them otherwise; write ->> instead of ->',
    );
  }
  if (expr.operand.type.kind === 'json' && operands.slice(1).some(({ type }) => type.kind === 'json')) {
    printer.refuse(expr.at, 'BETWEEN of JSON and JSON', 'it compares them otherwise; write two comparisons');
  }
  checkTimes(printer, operands);
  const [operand, low, high] = operands.map(print);
  return `(${operand}${expr.negated ? ' not' : ''} between ${low} and ${high})`;
}

/** `CASE operand WHEN …` with JSON: each value is compared as in BETWEEN. */
export function caseWithOperand(
  printer: Printer,
  expr: Expr & { kind: 'case' },
  branch: (expr: Expr) => string,
): string {
  const operand = expr.operand!;
  const hasJson = [operand, ...expr.branches.map(({ when }) => when)].some(
    ({ type }) => type.kind === 'json',
  );
  return caseOf(printer, expr, branch, (when) => {
    if (!hasJson) return compare(printer, '=', operand, when);
    const both = [operand, when];
    if (!both.some(({ type }) => type.kind === 'json')) return compare(printer, '=', operand, when);
    const texts = both.every(
      ({ type }) => type.kind === 'json' || type.kind === 'text' || type.kind === 'null',
    );
    const print = texts ? asText : asDouble;
    return `(${print(printer, operand)} = ${print(printer, when)})`;
  });
}

/** From smallest to greatest; a time is greater than all of them. */
const ORDER = ['null', 'number', 'text', 'object', 'array', 'boolean'] as const;
const TYPES: Record<(typeof ORDER)[number], string[]> = {
  null: ['NULL'],
  number: ['INTEGER', 'DOUBLE'],
  text: ['STRING'],
  object: ['OBJECT'],
  array: ['ARRAY'],
  boolean: ['BOOLEAN'],
};

/**
 * The result of a comparison when the JSON has a smaller, or a greater, type than the other
 * operand.
 */
const OUTCOMES: Record<ComparisonOperator, [less: number, greater: number]> = {
  '=': [0, 0],
  '<=>': [0, 0],
  '<>': [1, 1],
  '<': [1, 0],
  '<=': [1, 0],
  '>': [0, 1],
  '>=': [0, 1],
};

function compareJson(printer: Printer, op: ComparisonOperator, left: Expr, right: Expr): string {
  const json = jsonText(printer, left);
  const literal = jsonLiteral(right);
  if (literal !== undefined && (op === '=' || op === '<>' || op === '<=>'))
    return `(${json} ${op} ${quote(literal)})`;
  switch (right.type.kind) {
    case 'json':
      return compareTwo(printer, op, left, right);
    case 'null':
      return `(${json} ${op} null)`;
    case 'text':
      return byType(printer, op, left, { expr: right, kind: 'text' });
    case 'integer':
    case 'decimal':
    case 'double':
      return byType(printer, op, left, { expr: right, kind: 'number' });
    case 'boolean':
      // MySQL evaluates a constant condition before it checks the type, so the condition is 1 or 0.
      return byType(printer, op, left, {
        expr: right,
        kind: isConstant(right) && !constantOf(right) ? 'number' : 'boolean',
      });
    case 'datetime':
    case 'date':
    case 'time':
      return sameForAll(op, json, { other: printer.expr(right), outcome: OUTCOMES[op][0] });
    case 'unknown':
      return printer.refuse(
        right.at,
        'a comparison of JSON with a value of unknown type',
        'write it with CAST',
      );
  }
}

/**
 * The JSON text that a literal equals; undefined when the text depends on how a number is written.
 */
function jsonLiteral(expr: Expr): string | undefined {
  const constant = constantOf(expr);
  return constant && jsonOf(constant);
}

function jsonOf(constant: Constant): string | undefined {
  switch (constant.kind) {
    case 'null':
      return undefined;
    case 'boolean':
      return String(constant.value);
    case 'text':
      return JSON.stringify(constant.value);
    case 'number': {
      const number = Number(constant.text);
      const size = Math.abs(number);
      const isPlain =
        number === 0 || (size >= 1e-5 && size < 1e15 && constant.text.replace(/\D/g, '').length <= 15);
      return isPlain ? String(number === 0 ? 0 : number) : undefined;
    }
  }
}

function byType(
  printer: Printer,
  op: ComparisonOperator,
  left: Expr,
  { expr, kind }: { expr: Expr; kind: 'number' | 'text' | 'boolean' },
): string {
  const value = printer.expr(left);
  const other = printer.expr(expr);
  const [ifLess, ifGreater] = OUTCOMES[op];
  const less = ORDER.slice(0, ORDER.indexOf(kind)).flatMap((name) => TYPES[name]);
  const sameOp = op === '<=>' ? '=' : op;
  const same = {
    number: `(${value} + 0e0) ${sameOp} ${other}`,
    text: `json_unquote(${value}) ${sameOp} (${other} collate utf8mb4_nopad_bin)`,
    boolean: `(${jsonText(printer, left)} = 'true') ${sameOp} ${other}`,
  }[kind];
  const missing = constantOf(expr) ? `${value} is null` : `${value} is null or ${other} is null`;
  const whenMissing = op === '<=>' ? `(${value} is null and ${other} is null)` : 'null';
  const whenLess =
    less.length === 0 || ifLess === ifGreater
      ? ''
      : `when json_type(${value}) in (${less.map(quote).join(', ')}) then ${ifLess} `;
  return `(case when ${missing} then ${whenMissing} when json_type(${value}) in (${TYPES[kind].map(quote).join(', ')}) then ${same} ${whenLess}else ${ifGreater} end)`;
}

function compareTwo(printer: Printer, op: ComparisonOperator, left: Expr, right: Expr): string {
  if (op !== '=' && op !== '<>' && op !== '<=>') {
    printer.refuse(left.at, '< or > between two JSON values', 'it compares their text; compare ->> with + 0');
  }
  const [a, b] = [comparableJson(printer, left), comparableJson(printer, right)];
  if (op === '<=>')
    return `(case when ${a} is null or ${b} is null then ${a} is null and ${b} is null else json_equals(${a}, ${b}) end)`;
  return `(case when ${a} is null or ${b} is null then null else ${op === '<>' ? 'not ' : ''}json_equals(${a}, ${b}) end)`;
}

function sameForAll(
  op: ComparisonOperator,
  json: string,
  { other, outcome }: { other: string; outcome: number },
): string {
  const whenMissing = op === '<=>' ? `${json} is null and ${other} is null` : 'null';
  return `(case when ${json} is null or ${other} is null then ${whenMissing} else ${outcome} end)`;
}
