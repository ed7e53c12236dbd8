import { dayNumber, daysInMonth, weekdayOf } from './civil.ts';
import { clock, DAY, daysOf, type Moment, momentOf, pad, SECOND } from './moment.ts';
import { weekOf } from './weeks.ts';

export const MONTHS = [
  ...['January', 'February', 'March', 'April', 'May', 'June'],
  ...['July', 'August', 'September', 'October', 'November', 'December'],
];
/** From Monday, as `weekdayOf` counts. */
export const DAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];

/**
 * DATE_FORMAT; null if the date lacks a part that the pattern needs.
 * https://dev.mysql.com/doc/refman/8.4/en/date-and-time-functions.html#function_date-format
 */
export function formatPattern(moment: Moment, pattern: string): string | null {
  let result = '';
  for (let at = 0; at < pattern.length; at++) {
    if (pattern[at] !== '%' || at === pattern.length - 1) {
      result += pattern[at];
      continue;
    }
    at++;
    const letter = String.fromCodePoint(pattern.codePointAt(at)!);
    at += letter.length - 1;
    const piece = specifier(letter, moment);
    if (piece === null) return null;
    result += piece;
  }
  return result;
}

function specifier(letter: string, moment: Moment): string | null {
  const { year, month, day, micros } = moment;
  const hour = Math.floor(micros / (3600 * SECOND));
  const hour12 = hour % 12 === 0 ? 12 : hour % 12;
  const isDay = month > 0 && day > 0;
  switch (letter) {
    case 'Y':
      return pad(year, 4);
    case 'y':
      return pad(year % 100);
    case 'm':
      return pad(month);
    case 'c':
      return String(month);
    case 'M':
      return MONTHS[month - 1] ?? null;
    case 'b':
      return MONTHS[month - 1]?.slice(0, 3) ?? null;
    case 'd':
      return pad(day);
    case 'e':
      return String(day);
    case 'D':
      return ordinal(day);
    case 'j':
      return isDay ? pad(daysOf(moment) - dayNumber(year, 1, 1) + 1, 3) : null;
    case 'H':
      return pad(hour);
    case 'k':
      return String(hour);
    case 'h':
    case 'I':
      return pad(hour12);
    case 'l':
      return String(hour12);
    case 'i':
      return clock(micros).slice(3, 5);
    case 's':
    case 'S':
      return clock(micros).slice(6);
    case 'f':
      return pad(micros % SECOND, 6);
    case 'p':
      return hour < 12 ? 'AM' : 'PM';
    case 'r':
      return `${pad(hour12)}:${clock(micros).slice(3)} ${hour < 12 ? 'AM' : 'PM'}`;
    case 'T':
      return clock(micros);
    case 'W':
      return isDay ? DAYS[weekdayOf(daysOf(moment))]! : null;
    case 'a':
      return isDay ? DAYS[weekdayOf(daysOf(moment))]!.slice(0, 3) : null;
    case 'w':
      return isDay ? String((weekdayOf(daysOf(moment)) + 1) % 7) : null;
    case 'U':
      return isDay ? pad(weekOf(moment, 0).week) : null;
    case 'u':
      return isDay ? pad(weekOf(moment, 1).week) : null;
    case 'V':
      return isDay ? pad(weekOf(moment, 2).week) : null;
    case 'v':
      return isDay ? pad(weekOf(moment, 3).week) : null;
    case 'X':
      return isDay ? pad(weekOf(moment, 2).year, 4) : null;
    case 'x':
      return isDay ? pad(weekOf(moment, 3).year, 4) : null;
    default:
      return letter;
  }
}

function ordinal(day: number): string {
  const teen = day >= 10 && day <= 19;
  return `${day}${teen ? 'th' : (['th', 'st', 'nd', 'rd'][day % 10] ?? 'th')}`;
}

/** The numbers that a pattern of STR_TO_DATE can read, with their maximum number of digits. */
const DIGITS: Record<string, number> = {
  ...{ Y: 4, y: 2, m: 2, c: 2, d: 2, e: 2, H: 2, k: 2, h: 2, I: 2, l: 2, i: 2, s: 2, S: 2, f: 6, j: 3 },
};

export interface Parsed {
  /** Undefined when the pattern has no date. */
  moment: Moment | undefined;
  /** Microseconds of the time of day; undefined when the pattern has none. */
  time: number | undefined;
}

/** STR_TO_DATE; undefined when the text does not fit. Weeks (%U, %V, …) are not read. */
export function parsePattern(text: string, pattern: string): Parsed | undefined {
  const read: Partial<Record<string, number>> = {};
  let half: string | undefined;
  let at = 0;
  const skipSpace = () => {
    while (at < text.length && /\s/.test(text[at]!)) at++;
  };
  const number = (digits: number): number | undefined => {
    const found = new RegExp(`^\\d{1,${digits}}`).exec(text.slice(at));
    if (!found) return undefined;
    at += found[0].length;
    return Number(found[0]);
  };
  const word = (words: string[]): number | undefined => {
    const rest = text.slice(at).toLowerCase();
    const index = words.findIndex((candidate) => rest.startsWith(candidate.toLowerCase()));
    if (index < 0) return undefined;
    at += words[index]!.length;
    return index;
  };
  // Compound patterns are expanded.
  const whole = pattern.replaceAll('%r', '%I:%i:%S %p').replaceAll('%T', '%H:%i:%S');
  let dated = false;
  let timed = false;
  for (let p = 0; p < whole.length && at < text.length; p++) {
    skipSpace();
    if (at === text.length) break;
    const char = whole[p]!;
    if (char !== '%' || p === whole.length - 1) {
      if (/\s/.test(char)) continue;
      if (char !== text[at]) return undefined;
      at++;
      continue;
    }
    const letter = whole[++p]!;
    if ('HkhIlisSfp'.includes(letter)) timed = true;
    else if ('YymcdeMbj'.includes(letter)) dated = true;
    if (letter === 'p') {
      half = /^[ap]m/i.exec(text.slice(at))?.[0].toLowerCase();
      if (half === undefined) return undefined;
      at += 2;
    } else if (letter === 'M' || letter === 'b') {
      const month = word(letter === 'M' ? MONTHS : MONTHS.map((name) => name.slice(0, 3)));
      if (month === undefined) return undefined;
      read.m = month + 1;
    } else if (letter === 'W' || letter === 'a') {
      if (word(letter === 'W' ? DAYS : DAYS.map((name) => name.slice(0, 3))) === undefined) return undefined;
    } else if (DIGITS[letter] !== undefined) {
      const start = at;
      const value = number(DIGITS[letter]);
      if (value === undefined) return undefined;
      const short = (letter === 'Y' && at - start <= 2) || letter === 'y';
      const size = letter === 'f' ? value * 10 ** (6 - (at - start)) : value;
      read[ALIKE[letter] ?? letter] = short ? value + (value < 70 ? 2000 : 1900) : size;
    } else if (letter === '%') {
      if (text[at] !== '%') return undefined;
      at++;
    } else return undefined;
  }
  const { Y = 0, m = 0, d = 0, j, H, h, i = 0, s = 0, f = 0 } = read;
  if (h !== undefined && (h < 1 || h > 12)) return undefined;
  const hour = H ?? (h === undefined ? 0 : (h % 12) + (half === 'pm' ? 12 : 0));
  if (hour > 23 || i > 59 || s > 59) return undefined;
  const micros = ((hour * 60 + i) * 60 + s) * SECOND + f;
  // A pattern longer than the text still decides the type of the result.
  const kinds = [...whole.matchAll(/%(.)/gs)].map(([, letter]) => letter!);
  timed ||= kinds.some((letter) => 'HkhIlisSfp'.includes(letter));
  dated ||= kinds.some((letter) => 'YymcdeMbj'.includes(letter));
  if (!dated) return { moment: undefined, time: timed ? micros : undefined };
  if (j !== undefined && (j < 1 || j > 366)) return undefined;
  const found = j === undefined ? { year: Y, month: m, day: d } : momentOf(dayNumber(Y, 1, 1) + j - 1, 0);
  if (!found || found.month < 1 || found.month > 12 || found.day < 1) return undefined;
  if (found.day > daysInMonth(found.year, found.month) || micros >= DAY) return undefined;
  const moment = { ...found, micros, dateOnly: !timed, digits: read.f === undefined ? 0 : 6 };
  return { moment, time: timed ? micros : undefined };
}

const ALIKE: Record<string, string> = { y: 'Y', c: 'm', e: 'd', k: 'H', I: 'h', l: 'h', S: 's' };
