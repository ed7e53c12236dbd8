import { SegflowError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';

/** A time of day, on some days of the week, in a time zone. */
export interface Daytime {
  /** `HH:MM` or `HH:MM:SS`, 00:00 to 23:59:59. */
  time: string;
  /** Days of the week, 1 is Monday; null is every day. */
  weekdays: readonly number[] | null;
  /** IANA name: `Europe/Berlin`. */
  timezone: string;
}

/**
 * The first moment after `after` at which a clock in the time zone shows this time, in epoch
 * milliseconds. On a day whose clock skips the time, the moment is later by the skipped amount. On
 * a day that has the time twice, only the first one counts. Throws `invalid_input` for an unknown
 * time zone.
 */
export function nextDaytime(after: number, { time, weekdays, timezone }: Daytime): number {
  const plainTime = Temporal.PlainTime.from(time);
  const today = zoned(after, timezone).toPlainDate();
  // Eight days reach the same weekday again when today's moment is over.
  for (let days = 0; days <= 8; days++) {
    const date = today.add({ days });
    if (weekdays && !weekdays.includes(date.dayOfWeek)) continue;
    const at = date.toZonedDateTime({ timeZone: timezone, plainTime }).epochMilliseconds;
    if (at > after) return at;
  }
  throw new Error(`no ${time} in ${timezone} within eight days of ${after}`);
}

/**
 * The user's time zone: the attribute `timezone`, or UTC when the attribute is missing or not a
 * time zone, as can happen in data about people.
 */
export function timezoneOf({ timezone }: JsonObject): string {
  if (typeof timezone !== 'string') return 'UTC';
  try {
    checkTimezone(timezone);
    return timezone;
  } catch {
    return 'UTC';
  }
}

/** Throws `invalid_input` for an unknown time zone. */
export function checkTimezone(timezone: string): void {
  if (known.has(timezone)) return;
  zoned(0, timezone);
  if (known.size > 1_000) known.clear();
  known.add(timezone);
}

/** Whether a text is a time of day. */
export function isDaytime(time: string): boolean {
  return /^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$/.test(time);
}

// --- internal ---

const known = new Set<string>();

function zoned(at: number, timezone: string): Temporal.ZonedDateTime {
  try {
    return Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timezone);
  } catch (error) {
    throw new SegflowError('invalid_input', `unknown time zone ${JSON.stringify(timezone)}`, {
      hint: 'A time zone has a name such as "Europe/Berlin" or "America/New_York".',
      cause: error,
    });
  }
}
