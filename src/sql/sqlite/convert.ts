import type { Expr, JsonAccess } from '../ast.ts';
import { refusal } from '../refusal.ts';
import type { SqlType } from '../sql-type.ts';
import { accessNumber, accessScalar, accessText } from './json-access.ts';
import { constantOf, constantText, type Printing, quoted, resolved } from './printing.ts';
import { storeDatetime, toMoment } from './values/moment.ts';
import { toDouble } from './values/number-text.ts';

/*
 * How a row stores a value of each type, and how types are converted. If the types are known, the
 * conversion is written out; if it depends on the value, a function converts.
 *
 *   integer, boolean  an INTEGER
 *   double            a REAL, or an INTEGER where the value is whole
 *   decimal           an INTEGER, or a text such as '1.50' (values/decimal.ts)
 *   text              a TEXT
 *   date, datetime    a TEXT such as '2026-01-31' and '2026-01-31 09:00:00.000' (values/moment.ts)
 *   time              a TEXT such as '09:00:00' (values/time-of-day.ts)
 *   json              the TEXT of the JSON (values/json-value.ts)
 */

export type Kind = SqlType['kind'];

/**
 * If the branches of IF, CASE and NULLIF have different types, the chosen branch gives the number
 * or the date, not the text that is the common type. Undefined for other expressions.
 */
function throughBranches(
  p: Printing,
  expr: Expr,
  convert: (p: Printing, expr: Expr) => string,
): string | undefined {
  if (expr.type.kind !== 'text') return undefined;
  const found = resolved(expr);
  const results =
    found.kind === 'case'
      ? [...found.branches.map(({ result }) => result), ...(found.otherwise ? [found.otherwise] : [])]
      : found.kind === 'call' && (found.name === 'if' || found.name === 'nullif')
        ? found.args
        : [];
  if (found.kind !== 'case' && found.kind !== 'call') return undefined;
  const isPlain = (result: Expr): boolean => {
    const inner = resolved(result);
    return (
      result.type.kind === 'text' && inner.kind !== 'case' && !(inner.kind === 'call' && inner.name === 'if')
    );
  };
  if (results.every(isPlain)) return undefined;
  return p.choice(found, (branch) => convert(p, branch));
}

/** The expression converted to a type. */
export function as(p: Printing, expr: Expr, type: SqlType): string {
  switch (type.kind) {
    case 'null':
    case 'unknown':
      return p.expr(expr);
    case 'boolean':
    case 'integer':
      return asInteger(p, expr);
    case 'decimal':
      return asDecimal(p, expr);
    case 'double':
      return asDouble(p, expr);
    case 'text':
      return asText(p, expr);
    case 'datetime':
      return asDatetime(p, expr);
    case 'date':
      return asDate(p, expr);
    case 'time':
      return asTime(p, expr);
    case 'json':
      return asJson(p, expr);
  }
}

export function asInteger(p: Printing, expr: Expr): string {
  const chosen = throughBranches(p, expr, asInteger);
  if (chosen !== undefined) return chosen;
  const value = p.expr(expr);
  switch (expr.type.kind) {
    case 'decimal':
      return `my_dec_integer(${value})`;
    case 'double':
      return `my_round_integer(${value})`;
    case 'text':
    case 'unknown':
      return `my_text_integer(${value})`;
    case 'datetime':
      return `my_dec_integer(my_datetime_number(${value}, 0))`;
    case 'date':
      return `my_date_number(${value})`;
    case 'time':
      return `my_dec_integer(my_time_number(${value}, 0))`;
    case 'json':
      return isCoalesced(expr) ? `my_text_integer(my_json_text(${value}))` : `my_json_integer(${value})`;
    default:
      return value;
  }
}

export function asDouble(p: Printing, expr: Expr): string {
  const known = constantOf(expr);
  if (typeof known?.value === 'number') return doubleLiteral(known.value);
  if (typeof known?.value === 'string') return doubleLiteral(toDouble(known.value));
  const access = accessOf(expr);
  if (access) {
    const written = accessNumber(p, access);
    if (written !== undefined) return written;
  }
  const chosen = p.average(expr) ?? throughBranches(p, expr, asDouble);
  if (chosen !== undefined) return chosen;
  const value = p.expr(expr);
  switch (expr.type.kind) {
    case 'integer':
      // Beyond 2^53 SQLite distinguishes an integer from the double that it becomes.
      return expr.kind === 'cast' ? `cast(${value} as real)` : value;
    case 'decimal':
      return `my_dec_double(${value})`;
    case 'text':
      // A date that was computed from text becomes a number such as 20260131.
      return isComputedTime(expr) ? `my_time_text_number(${value})` : `my_num(${value})`;
    case 'unknown':
      return `my_num(${value})`;
    case 'datetime':
      return `my_dec_double(my_datetime_number(${value}, ${expr.type.fsp}))`;
    case 'date':
      return `my_date_number(${value})`;
    case 'time':
      return `my_dec_double(my_time_number(${value}, ${expr.type.fsp}))`;
    case 'json':
      return isCoalesced(expr) ? `my_num(my_json_text(${value}))` : `my_json_number(${value})`;
    default:
      return value;
  }
}

/** COALESCE and IFNULL of JSON take the number of their text, in which a string has quotes. */
function isCoalesced(expr: Expr): boolean {
  const found = resolved(expr);
  return found.kind === 'call' && (found.name === 'coalesce' || found.name === 'ifnull');
}

function isComputedTime(expr: Expr): boolean {
  const found = resolved(expr);
  if (found.kind === 'dateArithmetic') return true;
  return found.kind === 'call' && (found.name === 'addtime' || found.name === 'subtime');
}

/** As a summand of a sum of doubles: a text that begins with a number is enough. */
export function asAddend(p: Printing, expr: Expr): string {
  const access = accessOf(expr);
  return (access && accessScalar(p, access)) ?? asDouble(p, expr);
}

function doubleLiteral(value: number): string {
  const text = String(value);
  return /[.e]/.test(text) || !Number.isFinite(value) ? text : `${text}.0`;
}

export function asDecimal(p: Printing, expr: Expr): string {
  const chosen = throughBranches(p, expr, asDecimal);
  if (chosen !== undefined) return chosen;
  const value = p.expr(expr);
  switch (expr.type.kind) {
    case 'double':
    case 'text':
    case 'unknown':
      return `my_dec(${value})`;
    case 'datetime':
      return `my_datetime_number(${value}, ${expr.type.fsp})`;
    case 'date':
      return `my_date_number(${value})`;
    case 'time':
      return `my_time_number(${value}, ${expr.type.fsp})`;
    case 'json':
      return isCoalesced(expr) ? `my_dec(my_json_text(${value}))` : `my_json_decimal(${value})`;
    default:
      return value;
  }
}

/** As a number of the result type of arithmetic. */
export function asNumber(p: Printing, expr: Expr, kind: Kind): string {
  if (kind === 'decimal') return asDecimal(p, expr);
  return kind === 'integer' || kind === 'boolean' ? asInteger(p, expr) : asDouble(p, expr);
}

export function asText(p: Printing, expr: Expr): string {
  const access = accessOf(expr);
  if (access?.unquote) return accessText(p, access);
  const value = p.expr(expr);
  switch (expr.type.kind) {
    case 'boolean':
    case 'integer':
    case 'decimal':
      return `cast(${value} as text)`;
    case 'double':
      return `my_double_text(${value})`;
    case 'datetime':
      return shownDatetime(value, expr.type.fsp);
    case 'time':
      return `my_show_time(${value}, ${expr.type.fsp})`;
    case 'json':
      return `my_json_text(${value})`;
    default:
      return value;
  }
}

/** A DATETIME with this many digits of a second. */
export function shownDatetime(value: string, fsp: number): string {
  return fsp === 0
    ? `substr(${value}, 1, 19)`
    : fsp === 3
      ? `substr(${value}, 1, 23)`
      : `my_show_datetime(${value}, ${fsp})`;
}

/** As JSON: a text becomes a string. */
export function asJson(p: Printing, expr: Expr): string {
  const known = constantOf(expr);
  if (known && known.value !== null) {
    if (typeof known.value === 'string') return quoted(JSON.stringify(known.value));
    if (typeof known.value === 'boolean') return quoted(String(known.value));
    if (expr.type.kind === 'integer' || expr.type.kind === 'decimal') return quoted(String(known.value));
  }
  const value = p.expr(expr);
  switch (expr.type.kind) {
    case 'boolean':
      return `case ${value} when 0 then 'false' when 1 then 'true' end`;
    case 'integer':
    case 'decimal':
      return `cast(${value} as text)`;
    case 'double':
      return `my_json_double(${value})`;
    case 'text':
      return `my_json_string(${asText(p, expr)})`;
    case 'datetime':
    case 'date':
    case 'time':
      return `my_json_time('${expr.type.kind}', ${value})`;
    default:
      return value;
  }
}

/** As a document for a JSON function, which may be JSON or JSON text. */
export function asDocument(p: Printing, expr: Expr): string {
  switch (expr.type.kind) {
    case 'json':
    case 'null':
      return p.expr(expr);
    case 'text':
    case 'unknown':
      return asText(p, expr);
    default:
      throw refusal('a function of JSON is given something else', {
        text: p.text,
        at: expr.at,
        hint: 'Pass JSON or JSON text; CAST(… AS JSON) converts a number to JSON.',
      });
  }
}

/** As an argument of a function of dates and times, which also accepts texts and numbers. */
export function asMoment(p: Printing, expr: Expr): string {
  switch (expr.type.kind) {
    case 'json':
      return `my_json_date(${p.expr(expr)})`;
    case 'decimal':
      return `my_dec_double(${p.expr(expr)})`;
    case 'text':
      return throughBranches(p, expr, asMoment) ?? asText(p, expr);
    case 'time':
      // A time of day means today.
      return `my_timestamp(my_today(), ${p.expr(expr)})`;
    default:
      return p.expr(expr);
  }
}

/** As an argument of a function of times of day. A DATE is midnight. */
export function asClockTime(p: Printing, expr: Expr): string {
  if (expr.type.kind === 'date') return atMidnight(p.expr(expr));
  if (expr.type.kind === 'json') return `my_json_clock(${p.expr(expr)})`;
  if (expr.type.kind === 'text') return throughBranches(p, expr, asClockTime) ?? asText(p, expr);
  return expr.type.kind === 'time' ? p.expr(expr) : asMoment(p, expr);
}

export function asDate(p: Printing, expr: Expr): string {
  if (expr.type.kind === 'date') return p.expr(expr);
  if (expr.type.kind === 'datetime') return `substr(${p.expr(expr)}, 1, 10)`;
  return `my_cast_date(${asMoment(p, expr)})`;
}

export function asTime(p: Printing, expr: Expr): string {
  return expr.type.kind === 'time' ? p.expr(expr) : `my_cast_time(${asClockTime(p, expr)}, 6)`;
}

export function asDatetime(p: Printing, expr: Expr): string {
  if (expr.type.kind === 'datetime') return p.expr(expr);
  if (expr.type.kind === 'date') return atMidnight(p.expr(expr));
  return `my_cast_datetime(${asMoment(p, expr)}, 6)`;
}

/**
 * As a DATETIME for comparison: an invalid date is less than every date, and a UTC offset is
 * ignored (see functions/time-functions.ts).
 */
export function asWallKey(p: Printing, expr: Expr): string {
  const { kind } = expr.type;
  const isText = kind === 'text' && constantText(expr) === undefined;
  return isText ? `my_datetime_wall_key(${asText(p, expr)})` : asDatetimeKey(p, expr);
}

/** As a DATETIME for comparison: an invalid date is less than every date. */
export function asDatetimeKey(p: Printing, expr: Expr): string {
  if (expr.type.kind === 'datetime') return p.expr(expr);
  if (expr.type.kind === 'date') return atMidnight(p.expr(expr));
  const text = constantText(expr);
  const moment = text === undefined ? undefined : toMoment(text);
  if (moment !== undefined) return quoted(storeDatetime(moment));
  return `my_datetime_key(${expr.type.kind === 'text' ? asText(p, expr) : asMoment(p, expr)})`;
}

function atMidnight(date: string): string {
  return `(${date} || ' 00:00:00.000')`;
}

/** As a condition: NULL, 0 or anything else. */
export function asCondition(p: Printing, expr: Expr): string {
  switch (expr.type.kind) {
    case 'json':
      // In WHERE, AND, OR and NOT, MySQL compares JSON with the number 0.
      return `my_json_truth(${p.expr(expr)})`;
    case 'boolean':
    case 'integer':
    case 'double':
    case 'null':
      return p.expr(expr);
    case 'datetime':
    case 'date':
      return `(${p.expr(expr)} is not null or null)`;
    default:
      return `${asDouble(p, expr)} <> 0`;
  }
}

/** As the condition of IF() and CASE, in which JSON is a number. */
export function asChoice(p: Printing, expr: Expr): string {
  return expr.type.kind === 'json' ? `${asDouble(p, expr)} <> 0` : asCondition(p, expr);
}

/** The expression as an access to JSON, or undefined. */
function accessOf(expr: Expr): JsonAccess | undefined {
  const found = resolved(expr);
  return found.kind === 'json' ? found : undefined;
}
