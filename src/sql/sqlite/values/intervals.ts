import type { Arg } from './arg.ts';
import { daysInMonth } from './civil.ts';
import { DAY, daysOf, type Moment, momentOf, SECOND } from './moment.ts';
import { toDouble, toInteger } from './number-text.ts';

/** Microseconds of each unit with a fixed length. */
const MICROS: Record<string, number> = {
  microsecond: 1,
  second: SECOND,
  minute: 60 * SECOND,
  hour: 3600 * SECOND,
  day: DAY,
  week: 7 * DAY,
};
const MONTHS: Record<string, number> = { month: 1, quarter: 3, year: 12 };

/** The units of each part of a compound unit: `interval '1:30' hour_minute`. */
const PARTS: Record<string, string[]> = {
  second_microsecond: ['second', 'microsecond'],
  minute_microsecond: ['minute', 'second', 'microsecond'],
  minute_second: ['minute', 'second'],
  hour_microsecond: ['hour', 'minute', 'second', 'microsecond'],
  hour_second: ['hour', 'minute', 'second'],
  hour_minute: ['hour', 'minute'],
  day_microsecond: ['day', 'hour', 'minute', 'second', 'microsecond'],
  day_second: ['day', 'hour', 'minute', 'second'],
  day_minute: ['day', 'hour', 'minute'],
  day_hour: ['day', 'hour'],
  year_month: ['year', 'month'],
};

/** An amount of a unit: months, days and microseconds, which are added in this order. */
export interface Interval {
  months: number;
  days: number;
  micros: number;
}

/** The units that keep a date a date. */
export function keepsDates(unit: string): boolean {
  return unit in MONTHS || unit === 'day' || unit === 'week' || unit === 'year_month';
}

/**
 * The amount of `INTERVAL amount unit`. A text is read up to the end of its integer ('1.5' day is
 * one day), a number is rounded (1.5 day is two days), and only seconds have fractions.
 */
export function toInterval(amount: Arg, unit: string): Interval | undefined {
  const total: Interval = { months: 0, days: 0, micros: 0 };
  const parts = PARTS[unit];
  if (parts) {
    const text = String(amount);
    const sign = /^\s*-/.test(text) ? -1 : 1;
    const digits = text.match(/\d+/g) ?? [];
    if (digits.length > parts.length) return undefined;
    // Parts are missing from the left: '30' minute_second is 30 seconds.
    const from = parts.length - digits.length;
    for (const [index, part] of digits.entries()) {
      const name = parts[from + index]!;
      addTo(total, name, sign * Number(name === 'microsecond' ? part.padEnd(6, '0').slice(0, 6) : part));
    }
    return total;
  }
  addTo(total, unit, unit === 'second' ? seconds(amount) : whole(amount));
  return total;
}

function seconds(amount: Arg): number {
  const value = typeof amount === 'number' ? amount : toDouble(String(amount));
  return Math.round(value * SECOND) / SECOND;
}

/**
 * The printer passes numbers as numbers, and texts and exact numbers as texts; exact numbers carry
 * the mark `#`.
 */
function whole(amount: Arg): number {
  if (typeof amount === 'number')
    return Number.isInteger(amount) ? amount : Math.sign(amount) * halfEven(Math.abs(amount));
  const text = String(amount);
  if (!text.startsWith('#')) return Number(toInteger(text));
  const value = Number(text.slice(1));
  return Math.sign(value) * Math.round(Math.abs(value));
}

function halfEven(value: number): number {
  const down = Math.floor(value);
  const rest = value - down;
  return rest < 0.5 || (rest === 0.5 && down % 2 === 0) ? down : down + 1;
}

function addTo(total: Interval, unit: string, count: number): void {
  const months = MONTHS[unit];
  if (months !== undefined) total.months += months * count;
  else if (unit === 'day' || unit === 'week') total.days += count * (unit === 'week' ? 7 : 1);
  else total.micros += count * MICROS[unit]!;
}

/** Undefined outside of the years 0 to 9999. */
export function shift(moment: Moment, interval: Interval, sign: number): Moment | undefined {
  let { year, month, day } = moment;
  if (interval.months !== 0) {
    const target = year * 12 + month - 1 + sign * interval.months;
    if (!Number.isSafeInteger(target) || target < 0 || target >= 120_000) return undefined;
    year = Math.floor(target / 12);
    month = (target % 12) + 1;
    // The 31st becomes the last day of a shorter month.
    day = Math.min(day, daysInMonth(year, month));
  }
  const micros = moment.micros + sign * interval.micros;
  const carried = Math.floor(micros / DAY);
  return momentOf(
    daysOf({ ...moment, year, month, day }) + sign * interval.days + carried,
    micros - carried * DAY,
  );
}

/** TIMESTAMPDIFF: whole units from one to the other. */
export function difference(unit: string, from: Moment, to: Moment): number {
  const months = MONTHS[unit];
  if (months !== undefined) return Math.trunc(wholeMonths(from, to) / months) + 0;
  const days = daysOf(to) - daysOf(from);
  const micros = to.micros - from.micros;
  if (unit === 'day' || unit === 'week') {
    const exact = days + micros / DAY;
    return Math.trunc(exact / (unit === 'week' ? 7 : 1)) + 0;
  }
  return Math.trunc((days * DAY + micros) / MICROS[unit]!) + 0;
}

function wholeMonths(from: Moment, to: Moment): number {
  const backwards = daysOf(to) < daysOf(from) || (daysOf(to) === daysOf(from) && to.micros < from.micros);
  if (backwards) return -wholeMonths(to, from);
  const months = (to.year - from.year) * 12 + to.month - from.month;
  return to.day < from.day || (to.day === from.day && to.micros < from.micros) ? months - 1 : months;
}
