import type { Arg } from './arg.ts';
import { civilDay, dayNumber, daysInMonth } from './civil.ts';

/*
 * DATE and DATETIME. In a row a DATE is the text `2026-01-31`, and a DATETIME is `2026-01-31
 * 09:00:00.000`: at least three digits of a second, as in Segflow's columns, and up to six without
 * trailing zeros. Such texts sort like the times.
 */

/** A date with a time of day. A date alone is midnight. */
export interface Moment {
  year: number;
  month: number;
  day: number;
  /** Microseconds since midnight. */
  micros: number;
  /** Without a time of day. */
  dateOnly: boolean;
  /** Number of digits of a second in the text. */
  digits: number;
  /** Other text follows the time. */
  truncated?: boolean;
  /** The UTC offset of the text in minutes, already subtracted. */
  offset?: number | undefined;
}

export const SECOND = 1_000_000;
export const DAY = 86_400 * SECOND;

/** The stand-in for an invalid date in comparisons of dates: MySQL's zero date. */
export const ZERO_DATE = '0000-00-00';

export function momentOf(days: number, micros: number): Moment | undefined {
  if (!Number.isFinite(days) || days < FIRST_DAY || days > LAST_DAY) return undefined;
  return { ...civilDay(days), micros, dateOnly: false, digits: 0 };
}

const FIRST_DAY = dayNumber(0, 1, 1);
const LAST_DAY = dayNumber(9999, 12, 31);

export function daysOf(moment: Moment): number {
  return dayNumber(moment.year, moment.month, moment.day);
}

/** The form of a DATE in a row. */
export function storeDate({ year, month, day }: Moment): string {
  return `${pad(year, 4)}-${pad(month)}-${pad(day)}`;
}

/** The form of a DATETIME in a row. */
export function storeDatetime(moment: Moment): string {
  return `${storeDate(moment)} ${clock(moment.micros)}.${storedFraction(moment.micros % SECOND)}`;
}

/** `09:00:00` from microseconds since midnight. */
export function clock(micros: number): string {
  const seconds = Math.floor(micros / SECOND);
  return `${pad(Math.floor(seconds / 3600))}:${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}`;
}

/** As MySQL shows the moment with this many digits of a second. */
export function showDatetime(moment: Moment, fsp: number): string {
  const text = `${storeDate(moment)} ${clock(moment.micros)}`;
  return fsp === 0 ? text : `${text}.${pad(moment.micros % SECOND, 6).slice(0, fsp)}`;
}

function storedFraction(micros: number): string {
  const text = pad(micros, 6);
  return text.slice(0, 3) + text.slice(3).replace(/0+$/, '');
}

export function pad(value: number, length = 2): string {
  return String(value).padStart(length, '0');
}

/** Rounds to this many digits of a second. */
export function roundMoment(moment: Moment, fsp: number): Moment | undefined {
  const step = 10 ** (6 - fsp);
  const micros = Math.floor((moment.micros + step / 2) / step) * step;
  if (micros < DAY) return { ...moment, micros };
  return momentOf(daysOf(moment) + 1, micros - DAY);
}

/**
 * The date or time that MySQL reads from a text or a number; undefined for everything else,
 * including zero dates.
 */
export function toMoment(value: Arg | undefined): Moment | undefined {
  const moment = toFuzzyMoment(value);
  return moment === undefined || moment.month === 0 || moment.day === 0 ? undefined : moment;
}

/** Like `toMoment`, but also accepts dates whose month or day is 0, such as 2026-00-00. */
export function toFuzzyMoment(value: Arg | undefined): Moment | undefined {
  if (typeof value === 'number') return fromNumber(value);
  if (typeof value !== 'string') return undefined;
  return fromStored(value) ?? fromText(value);
}

/** The time as written in a text, ignoring a UTC offset. */
export function wallTime(moment: Moment): Moment {
  if (!moment.offset) return moment;
  const micros = moment.micros + moment.offset * 60 * SECOND;
  const days = Math.floor(micros / DAY);
  return momentOf(daysOf(moment) + days, micros - days * DAY) ?? moment;
}

/** The form in a row, read directly instead of scanned. */
function fromStored(text: string): Moment | undefined {
  const length = text.length;
  if (length !== 10 && (length < 23 || length > 26)) return undefined;
  if (text.charCodeAt(4) !== DASH || text.charCodeAt(7) !== DASH) return undefined;
  const year = digitsAt(text, 0, 4);
  const month = digitsAt(text, 5, 7);
  const day = digitsAt(text, 8, 10);
  // The exact reader handles unusual texts.
  if (!(month >= 1 && month <= 12 && day >= 1 && day <= 28) || Number.isNaN(year)) return undefined;
  if (length === 10) return { year, month, day, micros: 0, dateOnly: true, digits: 0 };
  if (text.charCodeAt(10) !== 32 || text.charCodeAt(13) !== COLON || text.charCodeAt(16) !== COLON)
    return undefined;
  if (text.charCodeAt(19) !== DOT) return undefined;
  const hour = digitsAt(text, 11, 13);
  const minute = digitsAt(text, 14, 16);
  const second = digitsAt(text, 17, 19);
  const fraction = digitsAt(text, 20, length) * 10 ** (26 - length);
  if (!(hour <= 23 && minute <= 59 && second <= 59) || Number.isNaN(fraction)) return undefined;
  const micros = ((hour * 60 + minute) * 60 + second) * SECOND + fraction;
  return { year, month, day, micros, dateOnly: false, digits: length - 20 };
}

const DASH = 45;
const DOT = 46;
const COLON = 58;

function digitsAt(text: string, from: number, to: number): number {
  let value = 0;
  for (let i = from; i < to; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

const isDigit = (text: string | undefined) => text !== undefined && text >= '0' && text <= '9';
const isSpace = (text: string | undefined) => text !== undefined && /[ \t\n\v\f\r]/.test(text);
const isPunctuation = (text: string | undefined) => text !== undefined && /[!-/:-@[-`{-~]/.test(text);

/** The fields of a date in order: year, month, day, hour, minute, second, fraction. */
const DAY_FIELD = 2;
const SECOND_FIELD = 5;
const FRACTION_FIELD = 6;

/**
 * Follows str_to_datetime() in MySQL's my_time.cc, because user data relies on its oddities: any
 * punctuation, short years, T, rounding.
 */
export function fromText(text: string): Moment | undefined {
  const end = text.length;
  let at = 0;
  while (isSpace(text[at])) at++;
  if (!isDigit(text[at])) return undefined;

  let scan = at;
  while (isDigit(text[scan]) || text[scan] === 'T') scan++;
  const first = scan - at;
  // Digits without delimiters: YYYYMMDD, YYMMDD, YYYYMMDDhhmmss, …
  const packed = scan === end || text[scan] === '.';
  let width = packed ? (first === 4 || first === 8 || first >= 14 ? 4 : 2) : 4;
  let yearLength = width;

  const fields = [0, 0, 0, 0, 0, 0, 0];
  let fractionLength = 0;
  let zone: number | undefined;
  let count = 0;
  let last = at;
  for (; count < 7 && isDigit(text[at]); count++) {
    const start = at;
    let value = 0;
    const fixedWidth = packed || count === FRACTION_FIELD;
    do {
      value = value * 10 + (text.charCodeAt(at) - 48);
      at++;
      if (value > 999_999) return undefined;
    } while (isDigit(text[at]) && (!fixedWidth || --width > 0));
    fields[count] = value;
    if (count === 0 && !packed) yearLength = at - start;
    if (count === FRACTION_FIELD) fractionLength = at - start;
    width = 2;
    last = at;
    if (at === end) {
      count++;
      break;
    }
    if (count === DAY_FIELD && text[at] === 'T') {
      at++;
      continue;
    }
    if (count === SECOND_FIELD) {
      if (text[at] === '.') {
        at++;
        last = at;
        width = 6;
      } else if (isDigit(text[at])) {
        count++;
        break;
      }
      continue;
    }
    if (count === FRACTION_FIELD) continue;
    while (isPunctuation(text[at]) || isSpace(text[at])) {
      // A space is accepted only after the day.
      if (isSpace(text[at]) && count !== DAY_FIELD) return undefined;
      at++;
    }
    last = at;
  }
  at = last;

  const [yearField, month, day, hour, minute, second, fraction] = fields as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const anything = fields.some((field) => field !== 0);
  const year = yearLength === 2 && anything ? yearField + (yearField < 70 ? 2000 : 1900) : yearField;
  if (count < 3 || year > 9999 || month > 12 || day > 31 || hour > 23 || minute > 59 || second > 59)
    return undefined;
  if (!anything) return undefined;
  if (month > 0 && day > daysInMonth(year, month)) return undefined;

  let micros = ((hour * 60 + minute) * 60 + second) * SECOND + fraction * 10 ** (6 - fractionLength);
  let carry = 0;
  if (fractionLength === 6 && isDigit(text[at])) {
    carry = text.charCodeAt(at) >= 53 ? 1 : 0;
    while (isDigit(text[at])) at++;
  }
  if (text[at] === '+' || text[at] === '-') {
    zone = zoneMinutes(text.slice(at));
    if (zone === undefined || month === 0 || day === 0) return undefined;
  }
  const truncated = zone === undefined && /\S/.test(text.slice(at));
  micros += carry - (zone ?? 0) * 60 * SECOND;
  const dateOnly = count <= 3;
  const digits = Math.min(6, fractionLength + carry);
  if (micros >= 0 && micros < DAY) {
    return { year, month, day, micros, dateOnly, digits, truncated, offset: zone };
  }
  const days = Math.floor(micros / DAY);
  const moved = momentOf(dayNumber(year, month, day) + days, micros - days * DAY);
  return moved && { ...moved, dateOnly, digits, truncated, offset: zone };
}

/** Minutes of `+02:00`; undefined for anything else. From −13:59 to +14:00. */
export function zoneMinutes(text: string): number | undefined {
  const found = /^([+-])(\d{1,2}):(\d{2})$/.exec(text);
  if (!found) return undefined;
  const minutes = Number(found[2]) * 60 + Number(found[3]);
  if (Number(found[3]) > 59 || minutes > 14 * 60 || (found[1] === '-' && minutes >= 14 * 60))
    return undefined;
  return found[1] === '-' ? -minutes : minutes;
}

/** YYYYMMDD, YYMMDD, YYYYMMDDhhmmss and YYMMDDhhmmss as numbers. */
function fromNumber(value: number): Moment | undefined {
  const whole = Math.trunc(value);
  const packed = packedNumber(whole);
  if (packed === undefined) return undefined;
  const date = Math.floor(packed / 1_000_000);
  const time = packed % 1_000_000;
  const [year, month, day] = [Math.floor(date / 10_000), Math.floor(date / 100) % 100, date % 100];
  const [hour, minute, second] = [Math.floor(time / 10_000), Math.floor(time / 100) % 100, time % 100];
  if (year > 9999 || month > 12 || day > 31 || hour > 23 || minute > 59 || second > 59) return undefined;
  if (month > 0 && day > daysInMonth(year, month)) return undefined;
  const fraction = Math.round((value - whole) * SECOND);
  const micros = ((hour * 60 + minute) * 60 + second) * SECOND + fraction;
  return { year, month, day, micros, dateOnly: whole <= 99_991_231, digits: fraction === 0 ? 0 : 6 };
}

/** As YYYYMMDDhhmmss. */
function packedNumber(value: number): number | undefined {
  if (value < 0) return undefined;
  if (value <= 691_231) return (value + 20_000_000) * 1_000_000;
  if (value < 700_101) return undefined;
  if (value <= 991_231) return (value + 19_000_000) * 1_000_000;
  if (value <= 99_991_231) return value * 1_000_000;
  if (value < 101_000_000) return undefined;
  if (value <= 691_231_235_959) return value + 20_000_000_000_000;
  if (value < 700_101_000_000) return undefined;
  if (value <= 991_231_235_959) return value + 19_000_000_000_000;
  return value;
}
