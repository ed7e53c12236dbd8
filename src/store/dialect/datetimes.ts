/* MySQL's dates and times as the texts the embedded store keeps, in UTC: `2026-01-31` and `2026-01-31 09:00:00.000`. */

const DAY_MS = 86_400_000;

/** Epoch milliseconds of what MySQL reads as a date or time; undefined for what it does not. */
export function parseDateTime(value: unknown): number | undefined {
  if (typeof value === 'number') return parseDigits(String(value));
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  const found = FORMAT.exec(text);
  if (!found) return /^\d{8}(\d{6})?$/.test(text) ? parseDigits(text) : undefined;
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone] = found;
  const ms = civil([year, month, day, hour, minute, second].map(Number), fractionMs(fraction));
  return ms === undefined || zone === undefined ? ms : ms - zoneMs(zone);
}

export function formatDateTime(ms: number): string | null {
  if (!Number.isFinite(ms) || ms < MIN || ms > MAX) return null;
  return new Date(Math.floor(ms)).toISOString().slice(0, 23).replace('T', ' ');
}

export function formatDate(ms: number): string | null {
  return formatDateTime(ms)?.slice(0, 10) ?? null;
}

/** Whether a text is a date without a time: adding days to one gives a date, not a time. */
export function isDateOnly(value: unknown): boolean {
  return typeof value === 'string' && /^\d{4}-\d{1,2}-\d{1,2}$/.test(value.trim());
}

/** Adds months as MySQL does: the 31st becomes the last day of a shorter month. */
export function addMonths(ms: number, months: number): number {
  const date = new Date(ms);
  const target = date.getUTCFullYear() * 12 + date.getUTCMonth() + months;
  const year = Math.floor(target / 12);
  const month = target - year * 12;
  const day = Math.min(date.getUTCDate(), daysInMonth(year, month));
  return utc(year, month, day) + (((ms % DAY_MS) + DAY_MS) % DAY_MS);
}

export function daysInMonth(year: number, month: number): number {
  return new Date(utc(year, month + 1, 0)).getUTCDate();
}

/** Days since 1970-01-01. */
export function dayNumber(ms: number): number {
  return Math.floor(ms / DAY_MS);
}

/** Of a calendar day; months from 0. Years below 100 are meant as written. */
export function utc(year: number, month: number, day: number): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month, day);
  return date.getTime();
}

/** Milliseconds of `+02:00`, `-0530`, `Z`, `UTC`; NaN for others. */
export function zoneMs(zone: string): number {
  if (/^(z|utc|gmt)$/i.test(zone)) return 0;
  const found = /^([+-])(\d{1,2}):?(\d{2})$/.exec(zone);
  if (!found) return Number.NaN;
  return (found[1] === '-' ? -1 : 1) * (Number(found[2]) * 60 + Number(found[3])) * 60_000;
}

const FORMAT =
  /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T\s]+(\d{1,2})(?::(\d{1,2})(?::(\d{1,2})(?:\.(\d*))?)?)?)?\s*(z|utc|[+-]\d{1,2}:?\d{2})?$/i;
const MIN = utc(0, 0, 1);
const MAX = utc(9999, 11, 31) + DAY_MS - 1;

function parseDigits(text: string): number | undefined {
  const found = /^(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2}))?$/.exec(text);
  return found
    ? civil(
        found.slice(1).map((part) => Number(part ?? 0)),
        0,
      )
    : undefined;
}

function civil(parts: number[], fraction: number): number | undefined {
  const [year, month, day, hour, minute, second] = parts as [number, number, number, number, number, number];
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month - 1)) return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  return utc(year, month - 1, day) + ((hour * 60 + minute) * 60 + second) * 1000 + fraction;
}

function fractionMs(digits: string): number {
  return Math.floor(Number(`0.${digits || '0'}`) * 1000 + 1e-6);
}
