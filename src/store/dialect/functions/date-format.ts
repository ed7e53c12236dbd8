import { formatDate, formatDateTime, utc } from '../datetimes.ts';
import { weekOf } from './weeks.ts';

const MONTHS = 'January February March April May June July August September October November December'.split(
  ' ',
);
const DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');

/** DATE_FORMAT. https://dev.mysql.com/doc/refman/8.4/en/date-and-time-functions.html#function_date-format */
export function formatPattern(ms: number, pattern: string): string {
  return pattern.replace(/%(.)/gs, (_whole, letter: string) => specifier(letter, ms));
}

/** STR_TO_DATE: a date, or a time when the pattern has one; null when the text does not fit. */
export function parsePattern(text: string, pattern: string): string | null {
  const letters: string[] = [];
  const source = pattern.replace(/%(.)|[\\^$.*+?()[\]{}|]/gs, (whole, letter?: string) => {
    if (letter === undefined) return `\\${whole}`;
    const piece = PIECES[letter];
    if (piece === undefined) return letter === '%' ? '%' : '\\S+';
    letters.push(letter);
    return `\\s*(${piece})`;
  });
  const found = new RegExp(`^\\s*${source.replace(/\s+/g, '\\s*')}`, 'i').exec(text);
  if (!found) return null;
  const value = new Map(letters.map((letter, index) => [letter, found[index + 1]!]));
  const number = (...names: string[]) => {
    const name = names.find((candidate) => value.has(candidate));
    return name === undefined ? undefined : Number(value.get(name));
  };
  const named = value.get('M') ?? value.get('b');
  const month =
    named === undefined
      ? number('m', 'c')
      : MONTHS.findIndex((it) => it.slice(0, 3).toLowerCase() === named.slice(0, 3).toLowerCase()) + 1;
  const year = number('Y') ?? twoDigits(number('y'));
  const day = number('d', 'e');
  if (year === undefined || !month || month > 12 || !day || day > 31) return null;
  const half = value.get('p')?.toLowerCase();
  const hour12 = number('h', 'I', 'l');
  const hour = number('H', 'k') ?? (hour12 === undefined ? 0 : (hour12 % 12) + (half === 'pm' ? 12 : 0));
  const ms =
    utc(year, month - 1, day) + ((hour * 60 + (number('i') ?? 0)) * 60 + (number('s', 'S') ?? 0)) * 1000;
  return letters.some((letter) => 'HkhIlisSfp'.includes(letter)) ? formatDateTime(ms) : formatDate(ms);
}

const PIECES: Record<string, string> = {
  Y: '\\d{4}',
  y: '\\d{2}',
  m: '\\d{1,2}',
  c: '\\d{1,2}',
  d: '\\d{1,2}',
  e: '\\d{1,2}',
  H: '\\d{1,2}',
  k: '\\d{1,2}',
  h: '\\d{1,2}',
  I: '\\d{1,2}',
  l: '\\d{1,2}',
  i: '\\d{1,2}',
  s: '\\d{1,2}',
  S: '\\d{1,2}',
  f: '\\d{1,6}',
  p: 'am|pm',
  M: '[a-z]+',
  b: '[a-z]{3}',
  W: '[a-z]+',
  a: '[a-z]{3}',
};

function specifier(letter: string, ms: number): string {
  const date = new Date(ms);
  const pad = (value: number, length = 2) => String(value).padStart(length, '0');
  const hour = date.getUTCHours();
  const hour12 = hour % 12 === 0 ? 12 : hour % 12;
  const seconds = `${pad(date.getUTCMinutes())}:${pad(date.getUTCSeconds())}`;
  switch (letter) {
    case 'Y':
      return pad(date.getUTCFullYear(), 4);
    case 'y':
      return pad(date.getUTCFullYear() % 100);
    case 'm':
      return pad(date.getUTCMonth() + 1);
    case 'c':
      return String(date.getUTCMonth() + 1);
    case 'M':
      return MONTHS[date.getUTCMonth()]!;
    case 'b':
      return MONTHS[date.getUTCMonth()]!.slice(0, 3);
    case 'd':
      return pad(date.getUTCDate());
    case 'e':
      return String(date.getUTCDate());
    case 'D':
      return ordinal(date.getUTCDate());
    case 'j':
      return pad(Math.floor((ms - utc(date.getUTCFullYear(), 0, 1)) / 86_400_000) + 1, 3);
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
      return pad(date.getUTCMinutes());
    case 's':
    case 'S':
      return pad(date.getUTCSeconds());
    case 'f':
      return pad(date.getUTCMilliseconds() * 1000, 6);
    case 'p':
      return hour < 12 ? 'AM' : 'PM';
    case 'r':
      return `${pad(hour12)}:${seconds} ${hour < 12 ? 'AM' : 'PM'}`;
    case 'T':
      return `${pad(hour)}:${seconds}`;
    case 'W':
      return DAYS[date.getUTCDay()]!;
    case 'a':
      return DAYS[date.getUTCDay()]!.slice(0, 3);
    case 'w':
      return String(date.getUTCDay());
    case 'U':
      return pad(weekOf(ms, 0).week);
    case 'u':
      return pad(weekOf(ms, 1).week);
    case 'V':
      return pad(weekOf(ms, 2).week);
    case 'v':
      return pad(weekOf(ms, 3).week);
    case 'X':
      return pad(weekOf(ms, 2).year, 4);
    case 'x':
      return pad(weekOf(ms, 3).year, 4);
    default:
      return letter;
  }
}

function ordinal(day: number): string {
  const teen = day >= 11 && day <= 13;
  return `${day}${teen ? 'th' : (['th', 'st', 'nd', 'rd'][day % 10] ?? 'th')}`;
}

function twoDigits(year: number | undefined): number | undefined {
  return year === undefined ? undefined : year + (year < 70 ? 2000 : 1900);
}
