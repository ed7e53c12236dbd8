import type {
  Arithmetic,
  Cast,
  Collate,
  ColumnRef,
  ConvertUsing,
  Expr,
  Is,
  Like,
  Query,
  Unary,
} from '../ast.ts';
import { walkExpr } from '../walk.ts';
import { aggregate, windowCall } from './aggregates.ts';
import { between, comparison, inList } from './comparisons.ts';
import { asCondition, asInteger, asNumber, asText, asTime, comparableJson, jsonText } from './convert.ts';
import { call } from './functions.ts';
import { jsonAccess } from './json-access.ts';
import { memberOf } from './json-functions.ts';
import { constantOf, quote, quoteName, textOf } from './literals.ts';
import type { Printer } from './printer.ts';
import { regexp } from './regexps.ts';
import { dateArithmetic, extractUnit, ofTimeType, timestampDiff } from './time-functions.ts';

/** One expression, in brackets unless it is a single operand. */
export function printExpr(printer: Printer, expr: Expr): string {
  switch (expr.kind) {
    case 'null':
      return 'null';
    case 'boolean':
      return String(expr.value);
    case 'number':
      return expr.text;
    case 'string':
      return quote(expr.value);
    case 'bytes':
      return expr.hex === '' ? "x''" : `0x${expr.hex}`;
    case 'temporal':
      return `${expr.unit} ${quote(expr.value)}`;
    case 'param':
      return typeof expr.value === 'string' ? quote(expr.value) : String(expr.value);
    case 'column':
      // MariaDB (seen in 10.11): a subquery in HAVING reads a column's value from the next group,
      // but aggregates from the right group.
      return printer.readsGroup(expr) ? `min(${columnRef(expr)})` : columnRef(expr);
    case 'star':
      return [...expr.qualifier.map(quoteName), '*'].join('.');
    case 'json':
      return jsonAccess(printer, expr);
    case 'unary':
      return unary(printer, expr);
    case 'arithmetic':
      return arithmetic(printer, expr);
    case 'comparison':
      return comparison(printer, expr);
    case 'quantified':
      if (expr.left.type.kind === 'json' || expr.query.columns[0]?.type.kind === 'json') {
        printer.refuse(expr.at, 'ANY or ALL with JSON', 'compare ->>');
      }
      checkTimeOfDay(printer, expr.left, expr.query);
      return `(${leftOfQuery(printer, expr.left)} ${expr.op} ${expr.quantifier} (${printer.query(expr.query)}))`;
    case 'logic':
      return `(${expr.operands.map((operand) => asCondition(printer, operand)).join(` ${expr.op} `)})`;
    case 'not':
      return `(not ${asCondition(printer, expr.operand)})`;
    case 'is':
      return is(printer, expr);
    case 'between':
      return between(printer, expr);
    case 'in':
      return inList(printer, expr);
    case 'inQuery':
      return inQuery(printer, expr);
    case 'like':
      return like(printer, expr);
    case 'regexp':
      return regexp(printer, expr);
    case 'memberOf':
      return memberOf(printer, expr);
    case 'case': {
      const branch = (then: Expr) =>
        then.type.kind === 'json' && expr.type.kind !== 'json' ? jsonText(printer, then) : printer.expr(then);
      return printer.cases(expr, branch);
    }
    case 'call':
      return call(printer, expr);
    case 'aggregate':
      return aggregate(printer, expr);
    case 'window':
      return windowCall(printer, expr);
    case 'cast':
      return cast(printer, expr);
    case 'convertUsing':
      return convertUsing(printer, expr);
    case 'dateArithmetic':
      return dateArithmetic(printer, expr);
    case 'extract':
      return extractUnit(printer, expr);
    case 'timestampDiff':
      return timestampDiff(printer, expr);
    case 'clock': {
      const digits = expr.fsp === 0 ? '' : String(expr.fsp);
      return {
        now: `now(${digits})`,
        date: 'curdate()',
        time: `curtime(${digits})`,
        unix: 'unix_timestamp()',
      }[expr.what];
    }
    case 'trim': {
      const remove = expr.remove ? ` ${asText(printer, expr.remove)}` : '';
      return `trim(${expr.side}${remove} from ${asText(printer, expr.operand)})`;
    }
    case 'collate':
      return collate(printer, expr);
    case 'row':
      return `(${expr.items.map((item) => printer.expr(item)).join(', ')})`;
    case 'subquery':
      return `(${printer.query(expr.query)})`;
    case 'exists':
      return `exists (${printer.query(expr.query)})`;
  }
}

function columnRef({ qualifier, name }: ColumnRef): string {
  return [...qualifier, name].map(quoteName).join('.');
}

function unary(printer: Printer, expr: Unary): string {
  const { op, operand } = expr;
  const constant = constantOf(expr);
  if (constant?.kind === 'number') return constant.text;
  if (op === 'binary') return `(binary ${asText(printer, operand)})`;
  const printed = op === '~' ? asBits(printer, operand) : asNumber(printer, operand);
  return op === '+' ? printed : `(${op} ${printed})`;
}

const BITS = new Set(['|', '&', '^', '<<', '>>']);

function arithmetic(printer: Printer, { op, left, right, type }: Arithmetic): string {
  const print = BITS.has(op) ? asBits : asNumber;
  const printed = `(${print(printer, left)} ${op} ${print(printer, right)})`;
  // MySQL continues with the rounded quotient, MariaDB with more digits.
  return op === '/' && type.kind === 'decimal' ? `round(${printed}, ${type.scale})` : printed;
}

/** MariaDB rounds texts and DOUBLEs; MySQL reads the whole number at the beginning of a text. */
function asBits(printer: Printer, expr: Expr): string {
  return asInteger(printer, expr);
}

function is(printer: Printer, { operand, test, negated }: Is): string {
  const printed = test === 'null' ? printer.expr(operand) : asCondition(printer, operand);
  return `(${printed} is ${negated ? 'not ' : ''}${test})`;
}

function inQuery(printer: Printer, { operand, query, negated }: Expr & { kind: 'inQuery' }): string {
  const not = negated ? ' not' : '';
  const columns = query.columns.map(({ type }) => type.kind);
  const operands = operand.kind === 'row' ? operand.items : [operand];
  const withJson = operands.some(({ type }, index) => type.kind === 'json' || columns[index] === 'json');
  checkTimeOfDay(printer, operand, query);
  if (!withJson) return `(${leftOfQuery(printer, operand)}${not} in (${printer.query(query)}))`;
  if (operand.kind === 'row')
    printer.refuse(operand.at, 'a row with JSON in a query', 'compare its items one by one');
  const inner = printer.query(query, (expr) => comparableJson(printer, expr));
  return `(${comparableJson(printer, operand)}${not} in (${inner}))`;
}

function checkTimeOfDay(printer: Printer, { type, at }: Expr, { columns: [column] }: Query): void {
  if ((type.kind === 'time') === (column?.type.kind === 'time')) return;
  printer.refuse(at, 'a TIME compared with something else', 'it converts them differently; use CAST');
}

/**
 * MariaDB finds no rows for a plain aggregate (seen in 10.11), but finds them for a function of an
 * aggregate.
 */
function leftOfQuery(printer: Printer, left: Expr): string {
  if (left.kind === 'row') return `(${left.items.map((item) => leftOfQuery(printer, item)).join(', ')})`;
  const isAggregate =
    left.kind === 'aggregate' ||
    (left.kind === 'column' && left.source.kind === 'item' && isAggregated(left.source.item.expr));
  return isAggregate ? `coalesce(${printer.expr(left)})` : printer.expr(left);
}

function isAggregated(expr: Expr): boolean {
  return [...walkExpr(expr)].some(({ kind }) => kind === 'aggregate');
}

function like(printer: Printer, { operand, pattern, escape: sign, negated }: Like): string {
  const escaped = sign ? ` escape ${printer.expr(sign)}` : '';
  return `(${asText(printer, operand)}${negated ? ' not' : ''} like ${asText(printer, pattern)}${escaped})`;
}

function cast(printer: Printer, { operand, to, at }: Cast): string {
  const isJson = operand.type.kind === 'json';
  switch (to.kind) {
    case 'signed':
      return isJson
        ? `cast(${asInteger(printer, operand)} as signed)`
        : `cast(${asNumber(printer, operand)} as signed)`;
    case 'unsigned':
      return `cast(${isJson ? asInteger(printer, operand) : asNumber(printer, operand)} as unsigned)`;
    case 'decimal':
      return `cast(${asNumber(printer, operand)} as decimal(${to.precision}, ${to.scale}))`;
    case 'double':
    case 'float':
      return `cast(${asNumber(printer, operand)} as ${to.kind})`;
    case 'char':
    case 'binary': {
      const length = to.length === undefined ? '' : `(${to.length})`;
      const printed = `cast(${asText(printer, operand)} as ${to.kind}${length})`;
      // In a comparison with an integer, MariaDB takes the number inside the cast and rounds it.
      return operand.type.kind === 'text' ? printed : `concat(${printed})`;
    }
    case 'date':
    case 'datetime': {
      const [type, unit] = to.kind === 'datetime' ? [`datetime(${to.fsp})`, 'second'] : ['date', 'day'];
      const printed = `cast(${asTime(printer, operand)} as ${type})`;
      return ofTimeType(operand) ? printed : `(${printed} + interval 0 ${unit})`;
    }
    case 'time':
      if (isJson || operand.type.kind === 'text') {
        printer.refuse(
          at,
          'CAST() of a text as TIME',
          'it reads texts as times otherwise; write CAST(… AS DATETIME)',
        );
      }
      return `cast(${printer.expr(operand)} as time(${to.fsp}))`;
    case 'json':
      return castToJson(printer, operand);
    case 'year':
      return printer.refuse(at, 'CAST(… AS YEAR)', 'it has no such cast; write YEAR()');
  }
}

function castToJson(printer: Printer, operand: Expr): string {
  if (operand.type.kind === 'json') return printer.expr(operand);
  const text = textOf(operand);
  if (text !== undefined) return `json_extract(${quote(text)}, '$')`;
  if (operand.type.kind === 'text') {
    return printer.refuse(operand.at, 'CAST() of a text as JSON', 'an invalid JSON text would be an error');
  }
  return `json_extract(${comparableJson(printer, operand)}, '$')`;
}

function convertUsing(printer: Printer, { operand, charset, at, type }: ConvertUsing): string {
  if (charset === 'binary') return `cast(${asText(printer, operand)} as binary)`;
  if (charset !== 'utf8mb4') printer.refuse(at, `the character set ${charset}`, 'every text is utf8mb4');
  const collation = type.kind === 'text' ? collationOf(type.collation) : undefined;
  const printed = `convert(${asText(printer, operand)} using utf8mb4)`;
  return collation === undefined ? printed : `(${printed} collate ${collation})`;
}

function collate(printer: Printer, { operand, collation, at }: Collate): string {
  const named = collationOf(collation);
  if (named === undefined) printer.refuse(at, `COLLATE ${collation}`, 'it has no such collation');
  return `(${asText(printer, operand)} collate ${named})`;
}

/** MariaDB's collation that compares the same way. */
function collationOf(name: string): string | undefined {
  if (name === 'connection') return COLLATIONS.utf8mb4_0900_as_cs;
  return COLLATIONS[name] ?? (/^utf8mb4_\w+$/.test(name) && !name.includes('0900') ? name : undefined);
}

const COLLATIONS: Record<string, string> = {
  utf8mb4_0900_ai_ci: 'utf8mb4_uca1400_nopad_ai_ci',
  utf8mb4_0900_as_ci: 'utf8mb4_uca1400_nopad_as_ci',
  utf8mb4_0900_as_cs: 'utf8mb4_uca1400_nopad_as_cs',
  utf8mb4_0900_bin: 'utf8mb4_nopad_bin',
};
