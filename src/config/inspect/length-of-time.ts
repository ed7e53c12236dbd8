import { type Duration, durationMs, parseDuration } from '../../core/duration.ts';
import { messageOf } from '../../core/errors.ts';
import { describeValue } from '../value-kinds.ts';
import type { Path, Report } from './report.ts';

/** Milliseconds of `{ days: 1 }` or `'1d'`; anything else is reported, and undefined. */
export function lengthOfTime(
  value: unknown,
  { path, hint }: { path: Path; hint: string },
  report: Report,
): number | undefined {
  if (typeof value === 'string') {
    const ms = parseDuration(value);
    if (ms === undefined) report.add(path, `expected a length of time, got ${describeValue(value)}`, hint);
    return ms;
  }
  try {
    return durationMs(value as Duration);
  } catch (error) {
    report.add(path, messageOf(error), hint);
    return undefined;
  }
}
