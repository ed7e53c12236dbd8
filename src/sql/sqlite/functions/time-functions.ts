import type { Arg } from '../values/arg.ts';
import { dayNumber, daysInMonth, weekdayOf } from '../values/civil.ts';
import { DAYS, formatPattern, MONTHS, parsePattern } from '../values/date-format.ts';
import { store } from '../values/decimal.ts';
import { difference, keepsDates, shift, toInterval } from '../values/intervals.ts';
import {
  DAY,
  daysOf,
  type Moment,
  momentOf,
  pad,
  roundMoment,
  SECOND,
  showDatetime,
  storeDate,
  storeDatetime,
  toFuzzyMoment,
  toMoment,
  wallTime,
  ZERO_DATE,
  zoneMinutes,
} from '../values/moment.ts';
import { toDouble } from '../values/number-text.ts';
import { limitTime, roundTime, storeTime, toTimeMicros } from '../values/time-of-day.ts';
import { weekOf } from '../values/weeks.ts';
import { type Functions, fn, type Result } from './registry.ts';

/** Days from MySQL's day 0 to 1970-01-01. */
const EPOCH_DAYS = 719_528;
const LAST_TIMESTAMP = 32_536_771_199;

/**
 * Functions of dates and times. They accept values of any type: texts written by people as well as
 * DATE, DATETIME and numbers.
 */
export function timeFunctions(now: () => number): Functions {
  const current = () => {
    const ms = now();
    const days = Math.floor(ms / 86_400_000);
    return momentOf(days, Math.floor(ms - days * 86_400_000) * 1000)!;
  };
  return {
    my_now: fn(1, (fsp: number) => storeDatetime(cut(current(), fsp))),
    my_today: fn(0, () => storeDate(current())),
    my_time_now: fn(1, (fsp: number) => storeTime(cut(current(), fsp).micros)),
    my_unix_now: fn(0, () => Math.floor(now() / 1000)),

    my_cast_datetime: fn(2, (value: Arg, fsp: number) => {
      const moment = toMoment(value);
      const rounded = moment && roundMoment(moment, fsp);
      return rounded && storeDatetime(rounded);
    }),
    my_cast_date: fn(1, (value: Arg) => use(value, storeDate)),
    my_cast_time: fn(2, (value: Arg, fsp: number) => {
      const micros = toTimeMicros(value);
      return micros === undefined ? null : storeTime(roundTime(micros, fsp));
    }),
    // For comparisons: an invalid date is less than every date.
    my_datetime_key: fn(1, (value: Arg) => {
      const moment = toMoment(value);
      return moment === undefined ? `${ZERO_DATE} 00:00:00.000` : storeDatetime(moment);
    }),
    // The same, with the time as written. MySQL applies a UTC offset only if both sides differ from
    // row to row.
    my_datetime_wall_key: fn(1, (value: Arg) => {
      const moment = toMoment(value);
      return moment === undefined ? `${ZERO_DATE} 00:00:00.000` : storeDatetime(wallTime(moment));
    }),
    my_time_key: fn(1, (value: Arg) => toTimeMicros(value) ?? 0),
    my_show_datetime: fn(2, (value: Arg, fsp: number) => use(value, (moment) => showDatetime(moment, fsp))),
    my_show_time: fn(2, (value: Arg, fsp: number) => {
      const micros = toTimeMicros(value);
      return micros === undefined ? null : storeTime(micros, fsp);
    }),
    // A DATETIME, a DATE or a TIME as a number, with the point before the microseconds.
    my_datetime_number: fn(2, (value: Arg, fsp: number) =>
      use(value, (moment) => {
        const text = showDatetime(moment, fsp).replace(/[-: ]/g, '');
        return fsp === 0 ? Number(text) : text;
      }),
    ),
    my_date_number: fn(1, (value: Arg) =>
      use(value, ({ year, month, day }) => (year * 100 + month) * 100 + day),
    ),
    my_time_text_number: fn(1, (text: string) => {
      const digits = text.replace(/[-: ]/g, '');
      return text.startsWith('-') ? -Number(digits) : Number(digits);
    }),
    my_time_number: fn(2, (value: Arg, fsp: number) => {
      const micros = toTimeMicros(value);
      if (micros === undefined) return null;
      const text = storeTime(micros, fsp).replaceAll(':', '');
      return fsp === 0 ? Number(text) : text;
    }),

    // The specification is the sign, the unit and the result type, such as `+day:datetime`.
    my_date_add: fn(3, (value: Arg, amount: Arg, specification: string) =>
      added(value, amount, specification),
    ),
    my_time_add: fn(3, (value: Arg, amount: Arg, specification: string) => {
      const micros = toTimeMicros(value);
      const { sign, unit } = parsedSpecification(specification);
      const interval = toInterval(amount, unit);
      if (micros === undefined || !interval || interval.months !== 0) return null;
      const sum = micros + sign * (interval.days * DAY + interval.micros);
      return limitTime(sum) === sum ? storeTime(sum) : null;
    }),
    my_time_greatest: fn([2, 100], (...times: string[]) => extremeTime(times, 1)),
    my_time_least: fn([2, 100], (...times: string[]) => extremeTime(times, -1)),
    my_timestampdiff: fn(3, (unit: string, from: Arg, to: Arg) =>
      use(from, (a) => use(to, (b) => difference(unit, a, b))),
    ),
    my_datediff: fn(2, (a: Arg, b: Arg) => use(a, (x) => use(b, (y) => daysOf(x) - daysOf(y)))),
    my_date_format: fn(2, (value: Arg, format: string) => {
      const moment = typeof value === 'number' && value < 101 ? undefined : toFuzzyMoment(value);
      return moment === undefined || format === '' ? null : formatPattern(moment, format);
    }),
    my_time_format: fn(2, (value: Arg, format: string) => {
      const micros = toTimeMicros(value);
      if (micros === undefined || format === '') return null;
      return formatPattern(
        { year: 0, month: 0, day: 0, micros: Math.abs(micros), dateOnly: false, digits: 0 },
        format,
      );
    }),
    my_str_to_date: fn(3, (value: string, format: string, kind: string) => {
      const parsed = parsePattern(value, format);
      if (!parsed) return null;
      if (kind === 'time') return parsed.time === undefined ? null : storeTime(parsed.time);
      if (!parsed.moment) return null;
      return kind === 'date' ? storeDate(parsed.moment) : storeDatetime(parsed.moment);
    }),
    my_from_unixtime: fn(1, (seconds: Arg) => {
      const moment = fromUnix(seconds);
      return moment && storeDatetime(moment);
    }),
    my_unix_timestamp: fn(2, (value: Arg, scale: number) => {
      const moment = toMoment(value);
      const seconds = moment === undefined ? 0 : daysOf(moment) * 86_400 + Math.floor(moment.micros / SECOND);
      const inside = seconds >= 1 && seconds <= LAST_TIMESTAMP;
      const micros = moment && inside ? moment.micros % SECOND : 0;
      const units =
        BigInt(inside ? seconds : 0) * 10n ** BigInt(scale) + BigInt(Math.floor(micros / 10 ** (6 - scale)));
      return store({ units, scale });
    }),
    my_convert_tz: fn(3, (value: Arg, from: string, to: string) => {
      const [a, b] = [zone(from), zone(to)];
      if (a === undefined || b === undefined) return null;
      return use(value, (moment) => {
        const moved = shift(moment, { months: 0, days: 0, micros: (b - a) * 60 * SECOND }, 1);
        return moved && storeDatetime(moved);
      });
    }),
    my_timestamp: fn(2, (value: Arg, time: Arg) => {
      const micros = toTimeMicros(time);
      if (micros === undefined) return null;
      return use(value, (moment) => {
        const moved = shift(moment, { months: 0, days: 0, micros }, 1);
        return moved && storeDatetime(moved);
      });
    }),

    my_extract: fn(2, (unit: string, value: Arg) => extract(unit, value)),
    my_year: fuzzy(({ year }) => year),
    my_quarter: fuzzy(({ month }) => Math.ceil(month / 3)),
    my_month: fuzzy(({ month }) => month),
    my_day: fuzzy(({ day }) => day),
    my_hour: ofTime((micros) => Math.floor(micros / (3600 * SECOND))),
    my_minute: ofTime((micros) => Math.floor(micros / (60 * SECOND)) % 60),
    my_second: ofTime((micros) => Math.floor(micros / SECOND) % 60),
    my_microsecond: ofTime((micros) => micros % SECOND),
    my_dayofweek: part((moment) => ((weekdayOf(daysOf(moment)) + 1) % 7) + 1),
    my_weekday: part((moment) => weekdayOf(daysOf(moment))),
    my_dayofyear: part((moment) => daysOf(moment) - dayNumber(moment.year, 1, 1) + 1),
    my_week: fn(2, (value: Arg, mode: number) => use(value, (moment) => weekOf(moment, mode).week)),
    my_yearweek: fn(2, (value: Arg, mode: number) =>
      use(value, (moment) => {
        const { year, week } = weekOf(moment, mode | 2);
        return year * 100 + week;
      }),
    ),
    my_dayname: part((moment) => DAYS[weekdayOf(daysOf(moment))]),
    my_monthname: fuzzy(({ month }) => MONTHS[month - 1]),
    my_last_day: fuzzy((moment) =>
      moment.month === 0 ? null : storeDate({ ...moment, day: daysInMonth(moment.year, moment.month) }),
    ),
    my_makedate: fn(2, (year: number, day: number) => {
      if (day < 1 || year < 0 || year > 9999) return null;
      const full = year < 70 ? year + 2000 : year < 100 ? year + 1900 : year;
      const moment = momentOf(dayNumber(full, 1, 1) + day - 1, 0);
      return moment && storeDate(moment);
    }),
    my_maketime: fn(3, (hours: number, minutes: number, seconds: Arg) => {
      const rest = typeof seconds === 'number' ? seconds : toDouble(String(seconds));
      if (minutes < 0 || minutes > 59 || rest < 0 || rest >= 60) return null;
      const size = (Math.abs(hours) * 60 + minutes) * 60 * SECOND + Math.round(rest * SECOND);
      return storeTime(limitTime(hours < 0 ? -size : size));
    }),
    my_to_days: part((moment) => daysOf(moment) + EPOCH_DAYS),
    my_to_seconds: part(
      (moment) => (daysOf(moment) + EPOCH_DAYS) * 86_400 + Math.floor(moment.micros / SECOND),
    ),
    my_from_days: fn(1, (days: number) => {
      const moment = days < 366 ? undefined : momentOf(days - EPOCH_DAYS, 0);
      return moment ? storeDate(moment) : ZERO_DATE;
    }),
    my_time_to_sec: fn(1, (value: Arg) => {
      const micros = toTimeMicros(value);
      return micros === undefined ? null : Math.trunc(micros / SECOND) + 0;
    }),
    my_sec_to_time: fn(1, (seconds: Arg) => {
      const value = typeof seconds === 'number' ? seconds : toDouble(String(seconds));
      return storeTime(limitTime(Math.round(value * SECOND)));
    }),
    my_timediff: fn(2, (a: Arg, b: Arg) => timeDifference(a, b)),
    // The specification is the sign and the result type, such as `+:datetime`.
    my_addtime: fn(3, (value: Arg, time: Arg, specification: string) => {
      const micros = toTimeMicros(time);
      if (micros === undefined) return null;
      const sign = specification.startsWith('-') ? -1 : 1;
      const moment = isDatedText(value) ? toMoment(value) : undefined;
      if (moment) {
        const moved = shift(moment, { months: 0, days: 0, micros }, sign);
        return moved && (specification.endsWith('datetime') ? storeDatetime(moved) : showText(moved));
      }
      const start = toTimeMicros(value);
      return start === undefined ? null : storeTime(limitTime(start + sign * micros));
    }),
    my_period_add: fn(2, (period: number, months: number) => {
      const total = monthsOfPeriod(period) + months;
      return Math.floor(total / 12) * 100 + (total % 12) + 1;
    }),
    my_period_diff: fn(2, (a: number, b: number) => monthsOfPeriod(a) - monthsOfPeriod(b)),
  };
}

/** The result of `then` for the value's date; NULL for an invalid date. */
function use(value: Arg, then: (moment: Moment) => Result): Result {
  const moment = toMoment(value);
  return moment === undefined ? null : then(moment);
}

function part(of: (moment: Moment) => Result) {
  return fn(1, (value: Arg) => use(value, of));
}

/** The same for dates whose month or day may be 0. */
function fuzzy(of: (moment: Moment) => Result) {
  return fn(1, (value: Arg) => {
    const moment = toFuzzyMoment(value);
    return moment === undefined ? null : of(moment);
  });
}

function ofTime(of: (micros: number) => number) {
  return fn(1, (value: Arg) => {
    const micros = timeOfDay(value);
    return micros === undefined ? null : of(Math.abs(micros));
  });
}

/** For a DATETIME as stored in a row; anything else is read as a time, and a date is not a time. */
function timeOfDay(value: Arg): number | undefined {
  if (typeof value === 'string' && STORED.test(value)) return toMoment(value)?.micros;
  return toTimeMicros(value);
}

const STORED = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3,6}$/;

function cut(moment: Moment, fsp: number): Moment {
  const step = 10 ** (6 - fsp);
  return { ...moment, micros: Math.floor(moment.micros / step) * step };
}

const specifications = new Map<string, { sign: number; unit: string; kind: string }>();

function parsedSpecification(text: string): { sign: number; unit: string; kind: string } {
  let found = specifications.get(text);
  if (!found) {
    const [unit, kind] = text.slice(1).split(':') as [string, string];
    found = { sign: text[0] === '-' ? -1 : 1, unit, kind };
    specifications.set(text, found);
  }
  return found;
}

function added(value: Arg, amount: Arg, specification: string): Result {
  const { sign, unit, kind } = parsedSpecification(specification);
  const moment = toMoment(value);
  const interval = moment && toInterval(amount, unit);
  const moved = interval && shift(moment, interval, sign);
  if (!moved) return null;
  if (kind === 'date') return storeDate(moved);
  if (kind === 'datetime') return storeDatetime(moved);
  // A text gives a text: a date if both are dates.
  return moment.dateOnly && keepsDates(unit) ? storeDate(moved) : showText(moved);
}

function showText(moment: Moment): string {
  return showDatetime(moment, moment.micros % SECOND === 0 ? 0 : 6);
}

function fromUnix(seconds: Arg): Moment | undefined {
  const [whole, fraction = ''] = String(seconds).split('.') as [string, string?];
  const value = typeof seconds === 'number' ? seconds : Number(`${whole}.${fraction}`);
  if (!(value >= 0 && value < LAST_TIMESTAMP + 1)) return undefined;
  const count = Math.floor(value);
  const micros = Math.round((value - count) * SECOND);
  const days = Math.floor(count / 86_400);
  return momentOf(days, (count - days * 86_400) * SECOND + micros);
}

function zone(text: string): number | undefined {
  // Without its tables of named time zones, MySQL knows no others.
  return /^system$/i.test(text) ? 0 : zoneMinutes(text);
}

function timeDifference(a: Arg, b: Arg): Result {
  if (isDatedText(a) !== isDatedText(b)) return null;
  if (isDatedText(a)) {
    return use(a, (x) =>
      use(b, (y) => storeTime(limitTime((daysOf(x) - daysOf(y)) * DAY + x.micros - y.micros))),
    );
  }
  const [x, y] = [toTimeMicros(a), toTimeMicros(b)];
  return x === undefined || y === undefined ? null : storeTime(limitTime(x - y));
}

/** Whether a value is a date and not a time of day. */
function isDatedText(value: Arg): boolean {
  return typeof value === 'string' && /^\s*\d+[-/]\d/.test(value) && toMoment(value) !== undefined;
}

function extremeTime(times: string[], sign: number): string {
  const size = (time: string) => sign * (toTimeMicros(time) ?? 0);
  return times.reduce((best, time) => (size(time) > size(best) ? time : best));
}

function monthsOfPeriod(period: number): number {
  const year = Math.floor(period / 100);
  return (year < 70 ? year + 2000 : year < 100 ? year + 1900 : year) * 12 + (period % 100) - 1;
}

/**
 * The parts of EXTRACT's compound units, with the number of digits of each part after the first.
 */
const EXTRACTED: Record<string, ('day' | 'hour' | 'minute' | 'second' | 'microsecond')[]> = {
  day_hour: ['day', 'hour'],
  day_minute: ['day', 'hour', 'minute'],
  day_second: ['day', 'hour', 'minute', 'second'],
  day_microsecond: ['day', 'hour', 'minute', 'second', 'microsecond'],
  hour: ['hour'],
  hour_minute: ['hour', 'minute'],
  hour_second: ['hour', 'minute', 'second'],
  hour_microsecond: ['hour', 'minute', 'second', 'microsecond'],
  minute: ['minute'],
  minute_second: ['minute', 'second'],
  minute_microsecond: ['minute', 'second', 'microsecond'],
  second: ['second'],
  second_microsecond: ['second', 'microsecond'],
  microsecond: ['microsecond'],
};

function extract(unit: string, value: Arg): Result {
  const moment = toFuzzyMoment(value);
  switch (unit) {
    case 'year':
      return moment?.year;
    case 'quarter':
      return moment && Math.ceil(moment.month / 3);
    case 'month':
      return moment?.month;
    case 'week':
      return use(value, (found) => weekOf(found, 0).week);
    case 'day':
      return moment?.day;
    case 'year_month':
      return moment && moment.year * 100 + moment.month;
  }
  const pieces = EXTRACTED[unit]!;
  const dated = typeof value !== 'number' && moment !== undefined && !moment.dateOnly;
  const micros = dated ? moment.micros : timeOfDay(value);
  if (micros === undefined) return null;
  const size = Math.abs(micros);
  const hours = Math.floor(size / (3600 * SECOND));
  const days = dated ? moment.day : Math.floor(hours / 24);
  const values = {
    day: days,
    hour: pieces[0] === 'day' && !dated ? hours % 24 : hours,
    minute: Math.floor(size / (60 * SECOND)) % 60,
    second: Math.floor(size / SECOND) % 60,
    microsecond: size % SECOND,
  };
  const text = pieces.map((piece, index) =>
    index === 0 ? String(values[piece]) : pad(values[piece], piece === 'microsecond' ? 6 : 2),
  );
  return (micros < 0 ? -1 : 1) * Number(text.join('')) + 0;
}
