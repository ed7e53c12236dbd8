import type { Expr } from '../ast.ts';
import { extract, isExtract, isPlain, pathOf } from './json-access.ts';
import { constantOf, quote } from './literals.ts';
import type { Printer } from './printer.ts';

/*
 * MySQL's conversions between types, written out where MariaDB's differ. MariaDB converts numbers,
 * texts and times to each other as MySQL does. The differences are JSON, texts with a UTC offset,
 * and the text of a rounded DOUBLE.
 */

/** JSON as plain text, `"pro"` including its quotes. */
export function jsonText(printer: Printer, expr: Expr): string {
  const printed = printer.expr(expr);
  if (isExtract(expr)) return `concat(${printed})`;
  // Functions return the collation of their arguments.
  if (expr.kind === 'call' || expr.kind === 'cast' || expr.kind === 'aggregate') {
    return `(concat(${printed}) collate utf8mb4_bin)`;
  }
  // A column returns the text as stored; MySQL adds a space after each comma and colon.
  return isStored(expr) ? `concat(json_extract(${printed}, '$'))` : printed;
}

/** The expression where MySQL expects a text. */
export function asText(printer: Printer, expr: Expr): string {
  switch (expr.type.kind) {
    case 'json':
      return jsonText(printer, expr);
    case 'double':
      // MariaDB writes as many digits as ROUND() was asked for: 1.0.
      return `(${printer.expr(expr)} + 0e0)`;
    default:
      return printer.expr(expr);
  }
}

/**
 * The expression where MySQL expects a number. For JSON the result is a text or a number, which
 * MariaDB reads as a DOUBLE.
 */
export function asNumber(printer: Printer, expr: Expr): string {
  // COALESCE and IFNULL pass on a text: "1" with its quotes is 0.
  if (expr.kind === 'call' && (expr.name === 'coalesce' || expr.name === 'ifnull')) return printer.expr(expr);
  if (expr.type.kind === 'json') return jsonNumber(printer, expr);
  if (!choosesCounted(expr)) return printer.expr(expr);
  // IF and CASE pass on the number of their branch, not the number of its text: "1" is 1, true is
  // 1.
  if (expr.kind === 'call') {
    const [condition, then, otherwise] = expr.args;
    return `if(${asFlag(printer, condition!)}, ${asNumberOfBranch(printer, then!)}, ${asNumberOfBranch(printer, otherwise!)})`;
  }
  if (expr.kind !== 'case') return printer.expr(expr);
  return printer.cases(expr, (branch) => asNumberOfBranch(printer, branch));
}

function asNumberOfBranch(printer: Printer, branch: Expr): string {
  const isTime = COUNTED.has(branch.type.kind) && branch.type.kind !== 'json';
  return isTime ? `(${printer.expr(branch)} + 0)` : asNumber(printer, branch);
}

/**
 * The expression as an argument of SUM() and similar functions, which read JSON as JSON whichever
 * function passes it on.
 */
export function asSummand(printer: Printer, expr: Expr): string {
  return expr.type.kind === 'json' ? jsonNumber(printer, expr) : asNumber(printer, expr);
}

/** A DOUBLE, where MariaDB might otherwise compare as texts or times. */
export function asDouble(printer: Printer, expr: Expr): string {
  return `(${asNumber(printer, expr)} + 0e0)`;
}

/** The expression where MySQL expects an integer: the text "1.5" is 1, the JSON number 1.5 is 2. */
export function asInteger(printer: Printer, expr: Expr): string {
  const printed = printer.expr(expr);
  switch (expr.type.kind) {
    case 'json':
      return `if(json_type(${printed}) = 'DOUBLE', cast(${printed} + 0e0 as signed), cast(${jsonNumber(printer, expr)} as signed))`;
    case 'text':
    case 'double':
      return `cast(${printed} as signed)`;
    default:
      return printed;
  }
}

/**
 * A condition of WHERE, HAVING, ON, AND, OR, XOR, NOT and IS: all JSON except the number 0 is true.
 */
export function asCondition(printer: Printer, expr: Expr): string {
  if (expr.type.kind === 'json') return `(${jsonText(printer, expr)} <> '0')`;
  return choosesCounted(expr) ? `(${asNumber(printer, expr)} <> 0)` : printer.expr(expr);
}

/** A condition of IF and CASE: JSON counts as its number. */
export function asFlag(printer: Printer, expr: Expr): string {
  return expr.type.kind === 'json' || choosesCounted(expr)
    ? `(${asNumber(printer, expr)} <> 0)`
    : printer.expr(expr);
}

/** The expression where a function expects a time or a date. */
export function asTime(printer: Printer, expr: Expr): string {
  if (expr.type.kind === 'json') {
    printer.refuse(
      expr.at,
      'JSON as a time',
      'it does not read the same texts as times as MySQL does; write ->> instead of ->',
    );
  }
  return expr.type.kind === 'text' ? timeText(printer, expr) : printer.expr(expr);
}

/**
 * A text that a function reads as a time: MySQL moves a time with an offset to UTC, and treats
 * 0000-00-00 as invalid.
 */
function timeText(printer: Printer, expr: Expr): string {
  const constant = constantOf(expr);
  if (constant?.kind === 'text') return quote(inUtc(constant.value));
  const text = printer.expr(expr);
  return mayHaveOffset(expr)
    ? `(case ${shifted(text)} when ${text} regexp ${ZERO_PATTERN} then null else ${text} end)`
    : text;
}

/** A text in a comparison with a time: 2026-01-31 12:00:00+02:00 is moved to UTC. */
export function shiftedText(printer: Printer, expr: Expr): string {
  const text = printer.expr(expr);
  return mayHaveOffset(expr) ? `(case ${shifted(text)} else ${text} end)` : text;
}

function shifted(text: string): string {
  return `when ${text} regexp ${OFFSET_PATTERN} then convert_tz(left(${text}, char_length(${text}) - 6), right(${text}, 6), '+00:00')`;
}

/** Any expression as JSON, for an argument of a JSON function. */
export function asJson(printer: Printer, expr: Expr): string {
  const printed = printer.expr(expr);
  switch (expr.type.kind) {
    case 'json':
      return isExtract(expr) ? printed : `json_extract(${printed}, '$')`;
    case 'boolean':
      return expr.kind === 'boolean' || expr.kind === 'param'
        ? printed
        : `json_extract(if(${printed}, 'true', 'false'), '$')`;
    case 'integer':
      // For MySQL, a subquery that selects a condition is a number.
      return expr.kind === 'subquery' ? `(${printed} + 0)` : printed;
    case 'datetime':
    case 'time':
      return `date_format(${printed}, '%Y-%m-%d %H:%i:%s.%f')`;
    default:
      return printed;
  }
}

/** Any value as JSON text; equal values have equal texts. */
export function comparableJson(printer: Printer, expr: Expr): string {
  const printed = printer.expr(expr);
  switch (expr.type.kind) {
    case 'json':
      return jsonText(printer, expr);
    case 'text':
      return `json_quote(${printed})`;
    case 'boolean':
      return `if(${printed}, 'true', 'false')`;
    case 'null':
    case 'integer':
      return `concat(${printed})`;
    case 'decimal':
    case 'double':
      return `concat(${printed} + 0e0)`;
    default:
      return printer.refuse(expr.at, 'a time in JSON', 'its JSON has no times');
  }
}

/** CASE with each branch printed by `branch`. */
export function caseOf(
  printer: Printer,
  expr: Expr & { kind: 'case' },
  branch: (expr: Expr) => string,
  condition: (when: Expr) => string = (when) => asFlag(printer, when),
): string {
  const branches = expr.branches.map(({ when, result }) => `when ${condition(when)} then ${branch(result)}`);
  const otherwise = expr.otherwise ? ` else ${branch(expr.otherwise)}` : '';
  return `(case ${branches.join(' ')}${otherwise} end)`;
}

/**
 * MySQL's number for JSON: true is 1, a text is the number at its beginning, null, arrays and
 * objects are 0.
 */
function jsonNumber(printer: Printer, expr: Expr): string {
  if (expr.kind === 'json' && isPlain(expr.path)) {
    const doc = printer.expr(expr.doc);
    const path = pathOf(printer, expr.path, expr.at);
    return `coalesce(json_value(${doc}, ${path}), if(json_exists(${doc}, ${path}), 0, null))`;
  }
  const json = expr.kind === 'json' ? extract(printer, expr) : printer.expr(expr);
  return `coalesce(json_value(${json}, '$'), if(${json} is null, null, 0))`;
}

/**
 * Whether the expression is an IF or CASE that returns a text, but has a branch of JSON or of a
 * time, which counts as its number.
 */
export function choosesCounted(expr: Expr): boolean {
  if (expr.type.kind !== 'text') return false;
  const branches =
    expr.kind === 'case'
      ? [...expr.branches.map(({ result }) => result), ...(expr.otherwise ? [expr.otherwise] : [])]
      : expr.kind === 'call' && expr.name === 'if'
        ? expr.args.slice(1)
        : [];
  return branches.some((branch) => COUNTED.has(branch.type.kind) || choosesCounted(branch));
}

const COUNTED: ReadonlySet<string> = new Set(['json', 'date', 'datetime', 'time']);

/** Columns of Segflow's tables. */
function isStored(expr: Expr): boolean {
  return (
    expr.kind === 'column' &&
    expr.source.kind === 'table' &&
    expr.source.source.kind === 'table' &&
    expr.source.source.cte === undefined
  );
}

/**
 * Whether the text may have an offset: it comes from JSON or from a calculation, not from a column
 * or a function that never writes an offset.
 */
function mayHaveOffset(expr: Expr): boolean {
  return !(expr.kind === 'call' && expr.name === 'date_format') && !isStored(expr);
}

const OFFSET = /^(.*\d:\d{1,2}(?:\.\d+)?)([+-])(\d{2}):(\d{2})$/;
const OFFSET_PATTERN = quote('[0-9]:[0-9]{1,2}(\\.[0-9]+)?[+-][0-9]{2}:[0-9]{2}$');
const ZERO_PATTERN = quote('^ *0+-0+-0+');

function inUtc(text: string): string {
  const found = OFFSET.exec(text);
  if (!found) return text;
  const [, time, sign, hours, minutes] = found;
  const ms = Date.parse(`${time!.trim().replace(' ', 'T')}Z`);
  if (Number.isNaN(ms)) return text;
  const offset = (Number(hours) * 60 + Number(minutes)) * 60_000 * (sign === '-' ? -1 : 1);
  return new Date(ms - offset).toISOString().slice(0, 23).replace('T', ' ');
}
