import { describe, expect, test } from 'bun:test';
import {
  type Duration,
  durationMs,
  formatDuration,
  MAX_DURATION_MS,
  parseDuration,
} from '../../src/core/duration.ts';
import { SegflowError } from '../../src/core/errors.ts';

const DAY = 86_400_000;

describe('durationMs', () => {
  test.each([
    [{ days: 1 }, DAY],
    [{ weeks: 2 }, 14 * DAY],
    [{ hours: 1, minutes: 30 }, 5_400_000],
    [{ days: 0.5 }, DAY / 2],
    [{ seconds: 1.5, milliseconds: 250 }, 1_750],
    [{ days: 2, hours: -12 }, 1.5 * DAY],
    [{ seconds: 0 }, 0],
  ] as [Duration, number][])('%j is %d ms', (duration, ms) => {
    expect(durationMs(duration)).toBe(ms);
  });

  test.each([
    [{}, 'at least one unit'],
    [{ days: -1 }, 'cannot be negative, got {"days":-1}'],
    [{ days: Number.NaN }, 'finite number, got NaN'],
    [{ days: Number.POSITIVE_INFINITY }, 'finite number, got Infinity'],
    [{ days: '1' }, 'finite number, got "1"'],
    [{ day: 1 }, 'unknown unit "day"'],
    [{ months: 1 }, 'unknown unit "months"'],
    [{ days: 40_000 }, '100 years'],
    ['1 day', 'got "1 day"'],
    [5, 'got 5'],
    [null, 'got null'],
    [undefined, 'got undefined'],
    [{ toString: 1 }, 'unknown unit "toString"'],
  ])('refuses %j', (duration, message) => {
    try {
      durationMs(duration as Duration);
      throw new Error('was accepted');
    } catch (error) {
      expect(SegflowError.is(error) && error.code).toBe('invalid_input');
      expect((error as Error).message).toContain(message);
    }
  });
});

test('format and parse are inverse for every length', () => {
  let ms = 1;
  while (ms < MAX_DURATION_MS) {
    const whole = Math.round(ms);
    expect(parseDuration(formatDuration(whole))).toBe(whole);
    ms *= 1.37;
  }
  expect(parseDuration(formatDuration(0))).toBe(0);
});

test.each([
  ['30s', 30_000],
  ['5 minutes', 300_000],
  ['1h30m', 5_400_000],
  ['2 days', 2 * DAY],
  ['1 week', 7 * DAY],
  ['1.5h', 5_400_000],
  ['250ms', 250],
])('parseDuration(%j) is %d', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each(['', 'soon', '5', '5x', '1h nonsense', '-1s', '5 m 3'])(
  'parseDuration(%j) is not a duration',
  (text) => {
    expect(parseDuration(text)).toBeUndefined();
  },
);
