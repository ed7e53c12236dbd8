import {
  addMonths,
  dayNumber,
  daysInMonth,
  formatDate,
  formatDateTime,
  isDateOnly,
  parseDateTime,
  utc,
  zoneMs,
} from '../datetimes.ts';
import { unsupported } from '../unsupported.ts';
import { formatPattern, parsePattern } from './date-format.ts';
import { type Arg, type Functions, fn, num, text } from './registry.ts';
import { weekOf } from './weeks.ts';

const SECOND_MS = 1000;
const DAY_MS = 86_400_000;

/** Lengths of the units that have one. */
const UNIT_MS: Record<string, number> = {
  microsecond: 0.001,
  second: SECOND_MS,
  minute: 60 * SECOND_MS,
  hour: 3600 * SECOND_MS,
  day: DAY_MS,
  week: 7 * DAY_MS,
};
const UNIT_MONTHS: Record<string, number> = { month: 1, quarter: 3, year: 12 };
/** The units of each part of a composite one: `interval '1:30' hour_minute`. */
const COMPOSITE: Record<string, string[]> = {
  minute_second: ['minute', 'second'],
  hour_minute: ['hour', 'minute'],
  hour_second: ['hour', 'minute', 'second'],
  day_hour: ['day', 'hour'],
  day_minute: ['day', 'hour', 'minute'],
  day_second: ['day', 'hour', 'minute', 'second'],
  year_month: ['year', 'month'],
};

export function timeFunctions(now: () => number): Functions {
  return {
    now: fn([0, 1], (digits) => formatDateTime(precise(now(), digits))),
    sysdate: fn([0, 1], (digits) => formatDateTime(precise(now(), digits))),
    curdate: fn(0, () => formatDate(now())),
    curtime: fn([0, 1], () => formatDateTime(now())?.slice(11, 19)),
    unix_timestamp: fn([0, 1], (...args) =>
      args.length === 0 ? Math.floor(now() / 1000) : at(args[0]!, (ms) => ms / 1000),
    ),
    from_unixtime: fn([1, 2], (seconds, format) => {
      const ms = num(seconds!) * 1000;
      return format === undefined ? formatDateTime(ms) : formatPattern(ms, text(format));
    }),
    mysql_datetime: fn(1, (value) => at(value!, formatDateTime)),
    date: fn(1, (value) => at(value!, formatDate)),
    time: fn(1, (value) => at(value!, (ms) => formatDateTime(ms)?.slice(11, 19) ?? null)),
    mysql_date_add: fn(3, (time, amount, unit) => add(time!, amount!, text(unit!), 1)),
    mysql_date_sub: fn(3, (time, amount, unit) => add(time!, amount!, text(unit!), -1)),
    mysql_interval_add: fn(3, (amount, unit, time) => add(time!, amount!, text(unit!), 1)),
    timestampadd: fn(3, (unit, amount, time) => add(time!, amount!, text(unit!), 1)),
    timestampdiff: fn(3, (unit, from, to) => at(from!, (a) => at(to!, (b) => difference(text(unit!), a, b)))),
    datediff: fn(2, (a, b) => at(a!, (x) => at(b!, (y) => dayNumber(x) - dayNumber(y)))),
    date_format: fn(2, (value, format) => at(value!, (ms) => formatPattern(ms, text(format!)))),
    str_to_date: fn(2, (value, format) => parsePattern(text(value!), text(format!))),
    convert_tz: fn(3, (value, from, to) => {
      const [a, b] = [zoneMs(text(from!)), zoneMs(text(to!))];
      if (Number.isNaN(a) || Number.isNaN(b)) {
        throw unsupported('CONVERT_TZ() with a named time zone', "write the offset, such as '+02:00'");
      }
      return at(value!, (ms) => formatDateTime(ms - a + b));
    }),
    mysql_extract: fn(2, (unit, value) => at(value!, (ms) => extract(text(unit!), ms))),
    year: part((date) => date.getUTCFullYear()),
    quarter: part((date) => Math.floor(date.getUTCMonth() / 3) + 1),
    month: part((date) => date.getUTCMonth() + 1),
    day: part((date) => date.getUTCDate()),
    hour: part((date) => date.getUTCHours()),
    minute: part((date) => date.getUTCMinutes()),
    second: part((date) => date.getUTCSeconds()),
    microsecond: part((date) => date.getUTCMilliseconds() * 1000),
    dayofweek: part((date) => date.getUTCDay() + 1),
    weekday: part((date) => (date.getUTCDay() + 6) % 7),
    dayofyear: part((date) => dayNumber(date.getTime()) - dayNumber(utc(date.getUTCFullYear(), 0, 1)) + 1),
    week: fn([1, 2], (value, mode = 0) => at(value!, (ms) => weekOf(ms, num(mode)).week)),
    weekofyear: fn(1, (value) => at(value!, (ms) => weekOf(ms, 3).week)),
    yearweek: fn([1, 2], (value, mode = 0) =>
      at(value!, (ms) => {
        const { year, week } = weekOf(ms, num(mode) | 2);
        return year * 100 + week;
      }),
    ),
    dayname: fn(1, (value) => at(value!, (ms) => formatPattern(ms, '%W'))),
    monthname: fn(1, (value) => at(value!, (ms) => formatPattern(ms, '%M'))),
    last_day: part((date) =>
      formatDate(
        utc(
          date.getUTCFullYear(),
          date.getUTCMonth(),
          daysInMonth(date.getUTCFullYear(), date.getUTCMonth()),
        ),
      ),
    ),
    makedate: fn(2, (year, day) => (num(day!) < 1 ? null : formatDate(utc(num(year!), 0, num(day!))))),
    // Day 1 of MySQL's count is 0000-01-01.
    to_days: fn(1, (value) => at(value!, (ms) => dayNumber(ms) + 719_528)),
    from_days: fn(1, (days) => formatDate((num(days!) - 719_528) * DAY_MS)),
    time_to_sec: fn(1, (value) => {
      const found = /(?:^|[ T])(\d+):(\d+)(?::(\d+))?/.exec(text(value!));
      return found ? Number(found[1]) * 3600 + Number(found[2]) * 60 + Number(found[3] ?? 0) : null;
    }),
  };
}

/** What `use` makes of the value's time; NULL when it is none. */
function at<T>(value: Arg, use: (ms: number) => T): T | null {
  const ms = parseDateTime(value);
  return ms === undefined ? null : use(ms);
}

function part(of: (date: Date) => number | string | null) {
  return fn(1, (value) => at(value!, (ms) => of(new Date(ms))));
}

function precise(ms: number, digits: Arg | undefined): number {
  const step = 10 ** (3 - Math.min(3, digits === undefined ? 0 : num(digits)));
  return Math.floor(ms / step) * step;
}

function add(time: Arg, amount: Arg, unit: string, sign: number): string | null {
  const ms = parseDateTime(time);
  if (ms === undefined) return null;
  let result = ms;
  let keepsDate = isDateOnly(time);
  for (const [name, count] of amounts(unit, amount)) {
    const months = UNIT_MONTHS[name];
    const length = UNIT_MS[name];
    if (months !== undefined) result = addMonths(result, sign * months * Math.round(count));
    else if (length !== undefined) {
      // Only seconds have fractions: `interval 1.5 day` is two days.
      result += sign * length * (name === 'second' ? count : Math.round(count));
      if (length < DAY_MS) keepsDate = false;
    } else throw unsupported(`INTERVAL … ${name.toUpperCase()}`, 'the unit is not known');
  }
  return keepsDate ? formatDate(result) : formatDateTime(result);
}

function amounts(unit: string, amount: Arg): [unit: string, count: number][] {
  const parts = COMPOSITE[unit];
  if (!parts) return [[unit, num(amount)]];
  const negative = text(amount).trim().startsWith('-') ? -1 : 1;
  const numbers = (text(amount).match(/\d+/g) ?? []).map((digits) => negative * Number(digits));
  // Numbers are missing from the left: '30' minute_second is 30 seconds.
  const from = parts.length - numbers.length;
  return numbers.map((count, index) => [parts[index + Math.max(from, 0)] ?? 'second', count]);
}

function difference(unit: string, from: number, to: number): number {
  const months = UNIT_MONTHS[unit];
  if (months !== undefined) return Math.trunc(wholeMonths(from, to) / months) + 0;
  const length = UNIT_MS[unit];
  if (length === undefined)
    throw unsupported(`TIMESTAMPDIFF(${unit.toUpperCase()})`, 'the unit is not known');
  return Math.trunc((to - from) / length) + 0;
}

function wholeMonths(from: number, to: number): number {
  if (to < from) return -wholeMonths(to, from);
  const [a, b] = [new Date(from), new Date(to)];
  const months = (b.getUTCFullYear() - a.getUTCFullYear()) * 12 + b.getUTCMonth() - a.getUTCMonth();
  const [dayA, dayB] = [a.getUTCDate(), b.getUTCDate()];
  const early = dayB < dayA || (dayB === dayA && to % DAY_MS < from % DAY_MS);
  return early ? months - 1 : months;
}

function extract(unit: string, ms: number): number {
  const format: Record<string, string> = {
    year: '%Y',
    month: '%c',
    day: '%e',
    hour: '%k',
    minute: '%i',
    second: '%s',
    microsecond: '%f',
    year_month: '%Y%m',
    day_hour: '%d%H',
    day_minute: '%d%H%i',
    day_second: '%d%H%i%s',
    hour_minute: '%H%i',
    hour_second: '%H%i%s',
    minute_second: '%i%s',
  };
  if (unit === 'quarter') return Math.floor(new Date(ms).getUTCMonth() / 3) + 1;
  if (unit === 'week') return weekOf(ms, 0).week;
  if (!format[unit]) throw unsupported(`EXTRACT(${unit.toUpperCase()} …)`, 'the unit is not known');
  return Number(formatPattern(ms, format[unit]));
}
