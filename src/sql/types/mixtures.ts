import type { Between, Call, Expr, InList, Query } from '../ast.ts';
import { refusal } from '../refusal.ts';
import type { SqlType } from '../sql-type.ts';
import { isTime } from './literals.ts';

/*
 * Mixtures of types that MySQL accepts but interprets in unexpected ways: a number used as a time
 * of day, or a list in which each item changes how the other items are compared. They are refused,
 * so that no store has to imitate them.
 */

type Sort = 'number' | 'text' | 'date' | 'time' | 'json' | 'none';

export function checkList({ operand, list, at }: InList, text: string): void {
  const items = list.filter((item) => item.kind !== 'row');
  if (operand.kind === 'row') {
    for (const item of list) {
      if (item.kind !== 'row') continue;
      for (const [index, value] of item.items.entries()) {
        const sorts = sortsOf([operand.items[index]!, value]);
        if (sorts.size > 1)
          throw refuse('values of different types in a list of rows', { at: value.at, text });
      }
    }
    return;
  }
  const sorts = sortsOf([operand, ...items]);
  const own = sortOf(operand.type);
  if (own === 'number' && isLiteral(operand) && sorts.has('text')) {
    throw refuse('a number is searched for among texts', { at, text });
  }
  if (
    own === 'text' &&
    sorts.has('date') &&
    sorts.has('number') &&
    items.some((item) => isDate(item) && !isLiteral(item))
  ) {
    throw refuse('dates and numbers are in one list', {
      at,
      text,
      hint: 'Write one comparison for each, joined by OR.',
    });
  }
  if (
    own === 'text' &&
    items.length > 1 &&
    items.some((item) => item.type.kind === 'date' && !isLiteral(item))
  ) {
    throw refuse('a text is searched for among dates', {
      at,
      text,
      hint: 'Write a comparison for each, with OR.',
    });
  }
  if (own === 'text' && sorts.has('date') && items.some(({ type }) => type.kind === 'null')) {
    throw refuse('NULL is in a list with dates', {
      at,
      text,
      hint: 'Leave NULL out: nothing is equal to it.',
    });
  }
  checkDates([operand, ...items], text);
  checkTimes([operand, ...items], { at, text });
}

export function checkBetween({ operand, low, high, at }: Between, text: string): void {
  checkDates([operand, low, high], text);
  checkTimes([operand, low, high], { at, text });
}

export function checkPair([left, right]: [Expr, Expr], at: { at: number; text: string }): void {
  // MySQL's plan decides whether the result is true or 1 for JSON.
  if (sortOf(left.type) === 'json' && ASKS_QUERY.has(right.kind)) throw refuseJsonQuery(right, at.text);
  if (sortOf(right.type) === 'json' && ASKS_QUERY.has(left.kind)) throw refuseJsonQuery(left, at.text);
  if (![left, right].some(({ type }) => sortOf(type) === 'number')) checkTimes([left, right], at);
}

/** A value that is searched for in the rows of a query. */
export function checkRows(left: Expr, { columns: [column], at }: Query, text: string): void {
  if (left.kind === 'row' || !column) return;
  const [own, other] = [sortOf(left.type), sortOf(column.type)];
  const sorts = new Set([own, other]);
  const textInDates = own === 'text' && other === 'date';
  if (own === 'none' || other === 'none') {
    throw refuse('NULL is compared with what a query finds', { at, text, hint: 'Use IS NULL.' });
  }
  if (textInDates || (sorts.has('date') && (sorts.has('number') || sorts.has('json')))) {
    throw refuse('dates are compared with subquery values of another type', { at, text, hint: CAST });
  }
  if (sorts.has('json') && sorts.has('number')) {
    throw refuse('JSON is compared with numbers from a subquery', { at, text, hint: CAST });
  }
}

/** The operands of CASE and NULLIF, which convert a text to a date in their own way. */
export function checkChosen(pair: [Expr, Expr], at: { at: number; text: string }): void {
  checkPair(pair, at);
  if (sortsOf(pair).has('date') && pair.some((expr) => sortOf(expr.type) === 'text' && !isLiteral(expr))) {
    throw refuse('a date is compared with a text by CASE or NULLIF', { ...at, hint: CAST });
  }
}

export function checkArguments({ name, args, at }: Call, text: string): void {
  if (name === 'greatest' || name === 'least') {
    const sorts = sortsOf(args);
    if (sorts.size > 1 && (sorts.has('date') || sorts.has('time'))) {
      throw refuse(`${name.toUpperCase()}() is given times and other values`, { at, text, hint: CAST });
    }
  }
  if (name === 'if' || name === 'ifnull' || name === 'coalesce')
    checkChoice(args.slice(name === 'if' ? 1 : 0), { at, text });
  const [first, format] = args;
  if (name === 'time_format' && format && /%[abcDdejMmUuVvWwXxYy]/.test(String(literal(format)))) {
    throw refuse('TIME_FORMAT() is given a date format', { at: format.at, text, hint: 'Use DATE_FORMAT.' });
  }
  if (!first || !TAKE_TIMES.has(name)) return;
  for (const time of TAKE_TWO.has(name) ? args : [first]) {
    const sort = sortOf(time.type);
    if (sort === 'number' && time === first) {
      throw refuse(`${name.toUpperCase()}() is given a number for a time`, { at: time.at, text, hint: CAST });
    }
    if (sort === 'text' && OF_DAY.has(name) && !isLiteral(time)) {
      throw refuse(`${name.toUpperCase()}() is given a text for a time of day`, {
        ...{ at: time.at, text },
        hint: 'Write CAST(… AS DATETIME) around the text.',
      });
    }
    if (sort === 'json') {
      throw refuse(`${name.toUpperCase()}() is given JSON for a time`, {
        ...{ at: time.at, text },
        hint: "Write attributes->>'$.path', which is text, not ->.",
      });
    }
  }
}

/** The possible results of CASE or IF. */
export function checkChoice(results: Expr[], at: { at: number; text: string }): void {
  const sorts = sortsOf(results);
  if (sorts.has('time') && sorts.has('date')) {
    throw refuse('CASE or IF mixes dates and times of day', { ...at, hint: CAST });
  }
  if (sorts.has('json') && sorts.has('date')) {
    throw refuse('CASE or IF mixes dates and JSON', { ...at, hint: CAST });
  }
}

/** The operand of a CAST to a time, or of date arithmetic with an INTERVAL. */
export function checkTimeOf(expr: Expr, by: string, text: string): void {
  const sort = sortOf(expr.type);
  if (sort === 'text' && by === 'CAST AS TIME' && !isLiteral(expr)) {
    throw refuse('CAST AS TIME is given a text', {
      at: expr.at,
      text,
      hint: 'Write CAST(… AS DATETIME) first.',
    });
  }
  if (sort !== 'number' && sort !== 'json') return;
  const what = sort === 'json' ? 'JSON' : 'a number';
  throw refuse(`${by} is given ${what} for a time`, { at: expr.at, text, hint: CAST });
}

// --- internal ---

const ASKS_QUERY: ReadonlySet<string> = new Set(['inQuery', 'exists', 'quantified']);

function refuseJsonQuery(query: Expr, text: string): Error {
  return refuse('JSON is compared with the result of a subquery', {
    at: query.at,
    text,
    hint: 'Use AND and OR.',
  });
}

const CAST = "Write a date as '2026-01-31', or CAST(… AS DATETIME) of a text.";

/** Functions whose first argument is a date or a time. */
const TAKE_TIMES: ReadonlySet<string> = new Set(
  `date time timestamp year quarter month week weekofyear weekday yearweek day dayofweek dayofyear dayname monthname hour minute second
   microsecond to_days to_seconds unix_timestamp datediff timediff addtime subtime date_format time_format convert_tz last_day
   time_to_sec`.split(/\s+/),
);

/** If one value is a date, literal texts must be dates, too. */
function checkDates(exprs: Expr[], text: string): void {
  if (!sortsOf(exprs).has('date')) return;
  for (const expr of exprs) {
    const written = literal(expr);
    if (typeof written === 'string' && !isTime(written)) {
      throw refuse(`dates are compared with "${written}"`, { at: expr.at, text, hint: CAST });
    }
  }
}

/** For these functions, which read a time of day, MySQL takes 2026-01-31T12:00:00Z for 00:20:26. */
const OF_DAY: ReadonlySet<string> = new Set(
  'time hour minute second microsecond time_format time_to_sec timediff addtime subtime'.split(' '),
);

const TAKE_TWO: ReadonlySet<string> = new Set(['datediff', 'timediff', 'addtime', 'subtime']);

/** Times of day can be compared only with times of day and with literals. */
function checkTimes(exprs: Expr[], at: { at: number; text: string }): void {
  const sorts = sortsOf(exprs);
  if (!sorts.has('time') || sorts.size === 1) return;
  const others = exprs.filter(({ type }) => sortOf(type) !== 'time' && sortOf(type) !== 'none');
  if (
    others.every(
      (expr) => isLiteral(expr) && /^\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?$/.test(String(literal(expr))),
    )
  )
    return;
  throw refuse('a time of day is compared with something else', {
    ...at,
    hint: "Write it as '09:00:00', or compare TIME_TO_SEC() with a number.",
  });
}

function isDate({ type }: Expr): boolean {
  return sortOf(type) === 'date';
}

function sortsOf(exprs: Expr[]): Set<Sort> {
  return new Set(exprs.map(({ type }) => sortOf(type)).filter((sort) => sort !== 'none'));
}

function sortOf({ kind }: SqlType): Sort {
  switch (kind) {
    case 'text':
    case 'json':
    case 'time':
      return kind;
    case 'date':
    case 'datetime':
      return 'date';
    case 'null':
    case 'unknown':
      return 'none';
    default:
      return 'number';
  }
}

function isLiteral(expr: Expr): boolean {
  return ['number', 'string', 'boolean', 'param', 'temporal'].includes(expr.kind);
}

function literal(expr: Expr): unknown {
  return expr.kind === 'string' || expr.kind === 'param' ? expr.value : undefined;
}

function refuse(problem: string, at: { at: number; text: string; hint?: string }): Error {
  return refusal(`${problem}, which MySQL interprets in unexpected ways`, at);
}
