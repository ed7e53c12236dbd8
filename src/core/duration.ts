import { SegflowError } from './errors.ts';

/**
 * A length of time as a mix of units. Fractions are allowed, and all given units add up. A month
 * has no fixed length, so it is not a unit.
 */
export interface Duration {
  weeks?: number;
  days?: number;
  hours?: number;
  minutes?: number;
  seconds?: number;
  milliseconds?: number;
}

const UNIT_MS: Record<keyof Duration, number> = {
  weeks: 604_800_000,
  days: 86_400_000,
  hours: 3_600_000,
  minutes: 60_000,
  seconds: 1_000,
  milliseconds: 1,
};

/** The longest wait accepted: 100 years. */
export const MAX_DURATION_MS = 100 * 365.25 * UNIT_MS.days;

/**
 * Converts `duration` to whole milliseconds. Throws `invalid_input` for anything but a sum of known
 * units from 0 to 100 years.
 */
export function durationMs(duration: Duration): number {
  if (typeof duration !== 'object' || duration === null || Array.isArray(duration)) {
    throw refuse(`a duration is an object such as { days: 1, hours: 12 }, got ${describe(duration)}`);
  }
  const entries = Object.entries(duration);
  if (entries.length === 0) throw refuse('a duration needs at least one unit, got {}');
  let total = 0;
  for (const [unit, amount] of entries) {
    if (!Object.hasOwn(UNIT_MS, unit)) {
      throw refuse(`unknown unit "${unit}" in a duration; the units are ${Object.keys(UNIT_MS).join(', ')}`);
    }
    if (amount === undefined) continue;
    if (typeof amount !== 'number' || !Number.isFinite(amount)) {
      throw refuse(`"${unit}" in a duration must be a finite number, got ${describe(amount)}`);
    }
    total += amount * UNIT_MS[unit as keyof Duration];
  }
  if (total < 0) throw refuse(`a duration cannot be negative, got ${describe(duration)}`);
  if (total > MAX_DURATION_MS) throw refuse(`a duration cannot exceed 100 years, got ${describe(duration)}`);
  return Math.round(total);
}

const SHORT: [keyof Duration, string][] = [
  ['weeks', 'w'],
  ['days', 'd'],
  ['hours', 'h'],
  ['minutes', 'm'],
  ['seconds', 's'],
  ['milliseconds', 'ms'],
];

/**
 * Short canonical text of a length of time, with days as the largest unit: `30d`, `1h30m`, `0s`.
 * Equal lengths give equal text.
 */
export function formatDuration(ms: number): string {
  let rest = ms;
  let text = '';
  for (const [unit, symbol] of SHORT.slice(1)) {
    const count = Math.floor(rest / UNIT_MS[unit]);
    if (count > 0) text += `${count}${symbol}`;
    rest -= count * UNIT_MS[unit];
  }
  return text || '0s';
}

/**
 * Parses a text such as `30s`, `5m`, `1h30m`, `2 days` to milliseconds; undefined if it is not a
 * duration.
 */
export function parseDuration(text: string): number | undefined {
  const pattern = /(\d+(?:\.\d+)?)\s*(milliseconds?|ms|seconds?|s|minutes?|m|hours?|h|days?|d|weeks?|w)\s*/gy;
  let total = 0;
  let end = 0;
  const input = text.trim();
  for (const match of input.matchAll(pattern)) {
    const word = match[2]!;
    const found = SHORT.find(([unit, symbol]) => word === symbol || unit === word || unit === `${word}s`);
    if (!found) return undefined;
    total += Number(match[1]) * UNIT_MS[found[0]];
    end = match.index + match[0].length;
  }
  return end === input.length && end > 0 ? Math.round(total) : undefined;
}

function refuse(message: string): SegflowError {
  return new SegflowError('invalid_input', message, { hint: 'Write for example rt.wait({ days: 1 }).' });
}

function describe(value: unknown): string {
  if (typeof value === 'number') return String(value);
  if (typeof value === 'function') return 'a function';
  try {
    // JSON has no NaN and no Infinity.
    const written = (_key: string, item: unknown) =>
      typeof item === 'number' && !Number.isFinite(item) ? String(item) : item;
    return JSON.stringify(value, written) ?? String(value);
  } catch {
    return typeof value;
  }
}
