import type { ComparisonOperator, Expr } from '../ast.ts';
import { refusal } from '../refusal.ts';
import type { SqlType } from '../sql-type.ts';
import { compareJsonWith } from './compare-json.ts';
import { compareTexts, isTrimmed, mixedCollation, textIn } from './compare-text.ts';
import { asDatetimeKey, asDecimal, asDouble, asJson, asText, asWallKey, type Kind } from './convert.ts';
import { storedAt } from './json-access.ts';
import { constantOf, constantText, isConstant, type Printing, resolved, unsupported } from './printing.ts';
import { toMoment } from './values/moment.ts';

/*
 * Comparisons. Both types decide how MySQL converts the operands: JSON with anything is JSON; a
 * date or time with anything but a number is a DATETIME; two texts are texts; a number with a text
 * or a double is a double; everything else is exact.
 */

type Domain = 'json' | 'datetime' | 'time' | 'text' | 'double' | 'decimal' | 'integer' | 'null';

/** The type in which values of these types are compared. */
function domainOf(types: readonly SqlType[]): Domain {
  const kinds = types.map(({ kind }) => kind).filter((kind) => kind !== 'null');
  const has = (...wanted: Kind[]) => kinds.some((kind) => wanted.includes(kind));
  if (kinds.length === 0) return 'null';
  if (has('json')) return 'json';
  const numbers = has('integer', 'boolean', 'decimal', 'double');
  if (has('datetime', 'date') && !numbers) return 'datetime';
  if (kinds.every((kind) => kind === 'time')) return 'time';
  if (kinds.every((kind) => kind === 'text' || kind === 'unknown' || kind === 'time')) return 'text';
  if (has('text', 'unknown', 'double')) return 'double';
  return has('decimal') || has('datetime', 'date', 'time') ? 'decimal' : 'integer';
}

/** `wall`: ignores UTC offsets in texts, as CASE, IN and others do. */
export function comparison(
  p: Printing,
  op: ComparisonOperator,
  [left, right]: [Expr, Expr],
  { wall = false }: { wall?: boolean } = {},
): string {
  if (op === '<=>') return nullSafe(p, [left, right]);
  switch (domainOf([left.type, right.type])) {
    case 'null':
      return 'null';
    case 'json':
      return compareJsonWith(p, op, [left, right]);
    case 'datetime':
      checkDates(p, [left, right]);
      if (wall) return native(op, [asWallKey(p, left), asWallKey(p, right)]);
      return compareDates(p, op, [left, right]);
    case 'time':
      return native(op, [`my_time_key(${p.expr(left)})`, `my_time_key(${p.expr(right)})`]);
    case 'text':
      return compareTexts(p, op, [left, right]);
    case 'double':
      return native(op, [asDouble(p, left), asDouble(p, right)]);
    case 'decimal':
      return compareExact(p, op, [left, right]);
    case 'integer':
      return native(op, [p.expr(left), p.expr(right)]);
  }
}

/** `<=>`: equal, or both NULL. */
function nullSafe(p: Printing, [left, right]: [Expr, Expr]): string {
  if (right.type.kind === 'null') return `${p.expr(left)} is null`;
  if (left.type.kind === 'null') return `${p.expr(right)} is null`;
  const equal = comparison(p, '=', [left, right]);
  return `ifnull(${equal}, ${p.expr(left)} is null and ${p.expr(right)} is null)`;
}

export function native(op: ComparisonOperator, [left, right]: [string, string]): string {
  return `(${left}) ${op} (${right})`;
}

/** Doubles represent integers and short literals exactly; a function compares DECIMAL. */
function compareExact(p: Printing, op: ComparisonOperator, [left, right]: [Expr, Expr]): string {
  const isWhole = (expr: Expr) => expr.type.kind === 'integer' || expr.type.kind === 'boolean';
  const isShort = (expr: Expr) => typeof constantOf(expr)?.value === 'number';
  if ((isWhole(left) && isShort(right)) || (isShort(left) && isWhole(right))) {
    return native(op, [asDouble(p, left), asDouble(p, right)]);
  }
  return `my_dec_cmp(${asDecimal(p, left)}, ${asDecimal(p, right)}) ${op} 0`;
}

/** If both sides differ from row to row, a text is compared with a DATE as a date. */
function compareDates(p: Printing, op: ComparisonOperator, [left, right]: [Expr, Expr]): string {
  if (isConstant(left) || isConstant(right)) return native(op, [asWallKey(p, left), asWallKey(p, right)]);
  if (isDateAndText(left, right)) return native(op, [dayOf(p, left), dayOf(p, right)]);
  return native(op, [asDatetimeKey(p, left), asDatetimeKey(p, right)]);
}

function isDateAndText(left: Expr, right: Expr): boolean {
  const kinds = [left.type.kind, right.type.kind];
  return kinds.includes('date') && kinds.includes('text');
}

function dayOf(p: Printing, expr: Expr): string {
  return expr.type.kind === 'date' ? p.expr(expr) : `substr(${asDatetimeKey(p, expr)}, 1, 10)`;
}

/** MySQL refuses to compare a date with an invalid literal. */
function checkDates(p: Printing, exprs: Expr[]): void {
  for (const expr of exprs) {
    const text = constantText(expr);
    if (text === undefined || toMoment(text) !== undefined) continue;
    throw refusal(`a date is compared with '${text}', which is not a date`, {
      text: p.text,
      at: expr.at,
      hint: "Write dates as '2026-01-31' and times as '2026-01-31 09:00:00'.",
    });
  }
}

/**
 * `operand between low and high`: all three are compared as one type; JSON counts as text or a
 * number.
 */
export function between(p: Printing, [operand, low, high]: [Expr, Expr, Expr]): string {
  const exprs = [operand, low, high];
  const types = exprs.map(({ type }) => (type.kind === 'json' ? JSON_TEXT : type));
  const domain = domainOf(types);
  switch (domain) {
    case 'json':
    case 'null':
      return 'null';
    case 'datetime':
      checkDates(p, exprs);
      // JSON counts as its text here, and a date in JSON text has quotes.
      return within(
        exprs.map((expr) =>
          expr.type.kind === 'json' ? `my_datetime_key(${asText(p, expr)})` : asWallKey(p, expr),
        ),
      );
    case 'time':
      return within(exprs.map((expr) => `my_time_key(${p.expr(expr)})`));
    case 'text': {
      const collation = mixedCollation(p, exprs);
      const [value, from, to] = exprs.map((expr) => asText(p, expr)) as [string, string, string];
      return `(my_text_cmp(${value}, ${from}, '${collation}') >= 0 and my_text_cmp(${value}, ${to}, '${collation}') <= 0)`;
    }
    case 'double':
      return within(exprs.map((expr) => asDouble(p, expr)));
    case 'decimal':
      return `(${compareExact(p, '>=', [operand, low])} and ${compareExact(p, '<=', [operand, high])})`;
    case 'integer':
      return within(exprs.map((expr) => p.expr(expr)));
  }
}

const JSON_TEXT: SqlType = { kind: 'text', collation: 'utf8mb4_bin', coercibility: 4 };

function within([value, low, high]: string[]): string {
  return `(${value}) between (${low}) and (${high})`;
}

/** `operand in (list)`: each item is compared separately. */
export function inList(p: Printing, operand: Expr, list: Expr[]): string {
  if (operand.kind !== 'row') {
    const types = [operand, ...list].map(({ type }) => type);
    const only = list.length === 1 ? list[0] : undefined;
    if (only) return comparison(p, '=', [operand, only]);
    if (types.some(({ kind }) => kind === 'json')) return inJson(p, operand, list);
    if (types.some(isDated) && !types.some(isNumber)) return inDates(p, operand, list);
    const domains = new Set(list.map((item) => domainOf([operand.type, item.type])));
    const [domain] = domains;
    const constant = list.every((item) => constantOf(item) !== undefined);
    if (domains.size === 1 && constant) {
      if (domain === 'integer')
        return `(${p.expr(operand)}) in (${list.map((item) => p.expr(item)).join(', ')})`;
      if (domain === 'double')
        return `(${asDouble(p, operand)}) in (${list.map((item) => asDouble(p, item)).join(', ')})`;
      if (domain === 'text') {
        const written = textIn(p, operand, list);
        if (written !== undefined) return written;
      }
    }
  }
  return `(${list.map((item) => equal(p, operand, item)).join(' or ')})`;
}

/**
 * Compares JSON with each item as JSON. If JSON is only one of several items, MySQL compares some
 * as JSON and some as text.
 */
function inJson(p: Printing, operand: Expr, list: Expr[]): string {
  if (operand.type.kind !== 'json' && !list.every(({ type }) => type.kind === 'json')) {
    throw unsupported('JSON among other values in a list', {
      at: operand.at,
      why: 'MySQL compares them in unexpected ways; compare each with = and connect them with OR',
      text: p.text,
    });
  }
  const found = resolved(operand);
  if (found.kind === 'json' && !found.unquote && storedAt(p, found) && list.every(hasOneText)) {
    return `(${p.expr(operand)}) in (${list.map((item) => asJson(p, item)).join(', ')})`;
  }
  return `(${list.map((item) => compareJsonWith(p, '=', [operand, item])).join(' or ')})`;
}

/** If one value is a date, all values except invalid literals are compared as dates. */
function inDates(p: Printing, operand: Expr, list: Expr[]): string {
  if (isDated(operand.type)) checkDates(p, list);
  const isNone = (expr: Expr) => {
    const text = constantText(expr);
    return text !== undefined && toMoment(text) === undefined;
  };
  if (isNone(operand)) {
    const pairs = list.map((item) =>
      isDated(item.type) ? `iif((${p.expr(item)}) is null, null, 0)` : comparison(p, '=', [operand, item]),
    );
    return `(${pairs.join(' or ')})`;
  }
  const key = asWallKey(p, operand);
  return `(${key}) in (${list.map((item) => (isNone(item) ? "''" : asWallKey(p, item))).join(', ')})`;
}

function isDated({ kind }: SqlType): boolean {
  return kind === 'datetime' || kind === 'date';
}

function isNumber({ kind }: SqlType): boolean {
  return kind === 'integer' || kind === 'boolean' || kind === 'decimal' || kind === 'double';
}

/** Whether JSON has only one way to write the literal. */
function hasOneText(expr: Expr): boolean {
  const constant = constantOf(expr);
  return (
    typeof constant?.value === 'string' ||
    typeof constant?.value === 'boolean' ||
    Number.isSafeInteger(constant?.value)
  );
}

/** Equality of values or of rows. */
export function equal(p: Printing, left: Expr, right: Expr): string {
  return compareRows(p, '=', [left, right]);
}

/** A comparison of values or rows: the first pair of values that differ decides about rows. */
export function compareRows(p: Printing, op: ComparisonOperator, [left, right]: [Expr, Expr]): string {
  if (left.kind !== 'row' || right.kind !== 'row') return comparison(p, op, [left, right]);
  const pairs = left.items.map((item, index): [Expr, Expr] => [item, right.items[index]!]);
  const all = (operator: ComparisonOperator, some: [Expr, Expr][]) =>
    some.map((pair) => compareRows(p, operator, pair)).join(' and ');
  switch (op) {
    case '=':
    case '<=>':
      return `(${all(op, pairs)})`;
    case '<>':
      return `not (${all('=', pairs)})`;
    default: {
      const strict = op === '<' || op === '<=' ? '<' : '>';
      const terms = pairs.map((pair, index) => {
        const before = pairs.slice(0, index);
        const last = index === pairs.length - 1 ? op : strict;
        return `(${[...(before.length === 0 ? [] : [all('=', before)]), comparison(p, last, pair)].join(' and ')})`;
      });
      return `(${terms.join(' or ')})`;
    }
  }
}

/**
 * Two values that SQLite finds equal when `left` and `right` are equal. Needed for IN over a query,
 * where SQLite compares.
 */
export function equalityKeys(p: Printing, left: Expr, right: Expr): [string, string] {
  const both = (key: (expr: Expr) => string): [string, string] => [key(left), key(right)];
  switch (domainOf([left.type, right.type])) {
    case 'json':
      return both((expr) => `my_json_key(${asJson(p, expr)})`);
    case 'datetime':
      return both(isDateAndText(left, right) ? (expr) => dayOf(p, expr) : (expr) => asDatetimeKey(p, expr));
    case 'time':
      return both((expr) => `my_time_key(${p.expr(expr)})`);
    case 'text': {
      const collation = mixedCollation(p, [left, right]);
      if (collation.endsWith('_ci')) {
        throw unsupported(`IN over a query with ${collation}`, {
          at: left.at,
          why: 'it compares code points there',
          text: p.text,
        });
      }
      const [a, b] = both((expr) => asText(p, expr));
      return collation === 'utf8mb4_bin' && !(isTrimmed(left) && isTrimmed(right))
        ? [`(${a}) collate rtrim`, b]
        : [a, b];
    }
    case 'double':
      return both((expr) => asDouble(p, expr));
    case 'decimal':
      return both((expr) => `my_dec_key(${asDecimal(p, expr)})`);
    default:
      return both((expr) => p.expr(expr));
  }
}
