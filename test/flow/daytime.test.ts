import { describe, expect, test } from 'bun:test';
import { checkTimezone, type Daytime, isDaytime, nextDaytime } from '../../src/flow/commands/daytime.ts';
import { seeded } from './drive.ts';

const DAY = 86_400_000;

/** Successive moments from `from` on, in UTC. */
function moments(from: string, count: number, when: Partial<Daytime> & { timezone: string }): string[] {
  const list: string[] = [];
  let at = Date.parse(from);
  for (let i = 0; i < count; i++) {
    at = nextDaytime(at, { time: '09:00', weekdays: null, ...when });
    list.push(new Date(at).toISOString().slice(0, 16));
  }
  return list;
}

describe('the next time of day', () => {
  test('is later than now, on the same day or the next', () => {
    const timezone = 'Europe/Berlin';
    expect(moments('2026-01-10T07:59:59.999Z', 2, { timezone })).toEqual([
      '2026-01-10T08:00',
      '2026-01-11T08:00',
    ]);
    expect(moments('2026-01-10T08:00:00Z', 1, { timezone })).toEqual(['2026-01-11T08:00']);
    expect(moments('2026-01-10T08:00:00.001Z', 1, { timezone })).toEqual(['2026-01-11T08:00']);
    expect(moments('2026-01-10T23:30:00Z', 1, { timezone, time: '00:30' })).toEqual(['2026-01-11T23:30']);
  });

  test('keeps the wall clock over the change of the clocks', () => {
    expect(moments('2026-03-27T12:00Z', 3, { timezone: 'Europe/Berlin' })).toEqual([
      '2026-03-28T08:00',
      '2026-03-29T07:00',
      '2026-03-30T07:00',
    ]);
    expect(moments('2026-10-30T14:00Z', 3, { timezone: 'America/New_York' })).toEqual([
      '2026-10-31T13:00',
      '2026-11-01T14:00',
      '2026-11-02T14:00',
    ]);
    // Half an hour: from +11 to +10:30 in April, and back in October.
    expect(moments('2026-04-03T23:00Z', 3, { timezone: 'Australia/Lord_Howe' })).toEqual([
      '2026-04-04T22:30',
      '2026-04-05T22:30',
      '2026-04-06T22:30',
    ]);
    expect(moments('2026-04-02T23:00Z', 2, { timezone: 'Australia/Lord_Howe' })).toEqual([
      '2026-04-03T22:00',
      '2026-04-04T22:30',
    ]);
    expect(moments('2026-05-01T00:00Z', 2, { timezone: 'Asia/Kathmandu' })).toEqual([
      '2026-05-01T03:15',
      '2026-05-02T03:15',
    ]);
  });

  test('that the clocks skip comes as much later', () => {
    // 02:30 does not exist on 29 March in Berlin, nor on 8 March in New York; 02:15 not on 4 October on Lord Howe.
    expect(moments('2026-03-28T12:00Z', 2, { timezone: 'Europe/Berlin', time: '02:30' })).toEqual([
      '2026-03-29T01:30',
      '2026-03-30T00:30',
    ]);
    expect(moments('2026-03-07T12:00Z', 2, { timezone: 'America/New_York', time: '02:30' })).toEqual([
      '2026-03-08T07:30',
      '2026-03-09T06:30',
    ]);
    expect(moments('2026-10-03T00:00Z', 2, { timezone: 'Australia/Lord_Howe', time: '02:15' })).toEqual([
      '2026-10-03T15:45',
      '2026-10-04T15:15',
    ]);
  });

  test('that the clocks show twice comes once, the first time', () => {
    const berlin = { timezone: 'Europe/Berlin', time: '02:30' };
    expect(moments('2026-10-24T12:00Z', 2, berlin)).toEqual(['2026-10-25T00:30', '2026-10-26T01:30']);
    // In between, when 02:30 is yet to come for the second time.
    expect(moments('2026-10-25T00:45Z', 1, berlin)).toEqual(['2026-10-26T01:30']);
    expect(moments('2026-10-31T12:00Z', 2, { timezone: 'America/New_York', time: '01:30' })).toEqual([
      '2026-11-01T05:30',
      '2026-11-02T06:30',
    ]);
    expect(moments('2026-04-04T00:00Z', 2, { timezone: 'Australia/Lord_Howe', time: '01:45' })).toEqual([
      '2026-04-04T14:45',
      '2026-04-05T15:15',
    ]);
  });

  test('on some days of the week only', () => {
    // 2026-01-10 is a Saturday.
    expect(moments('2026-01-10T12:00Z', 3, { timezone: 'UTC', weekdays: [1, 5] })).toEqual([
      '2026-01-12T09:00',
      '2026-01-16T09:00',
      '2026-01-19T09:00',
    ]);
    expect(moments('2026-01-10T08:00Z', 2, { timezone: 'UTC', weekdays: [6] })).toEqual([
      '2026-01-10T09:00',
      '2026-01-17T09:00',
    ]);
    // The day of the week is the one where the user lives.
    expect(
      moments('2026-01-10T20:00Z', 1, { timezone: 'Asia/Kathmandu', time: '01:45:30', weekdays: [7] }),
    ).toEqual(['2026-01-10T20:00']);
  });

  test('agrees with the clocks of Intl, in every zone, about once a day', () => {
    const random = seeded(11);
    const zones = Intl.supportedValuesOf('timeZone');
    for (let i = 0; i < 3_000; i++) {
      const timezone = zones[Math.floor(random() * zones.length)]!;
      const after = Math.floor(Date.UTC(1990, 0, 1) + random() * 45 * 365.25 * DAY);
      const hour = Math.floor(random() * 24);
      const minute = Math.floor(random() * 60);
      const time = `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;
      const at = nextDaytime(after, { time, weekdays: null, timezone });
      const context = `${time} in ${timezone} after ${new Date(after).toISOString()}`;
      expect(at > after && at <= after + 2 * DAY, context).toBe(true);
      const shown = new Intl.DateTimeFormat('en-GB', {
        timeZone: timezone,
        hour: '2-digit',
        minute: '2-digit',
        hourCycle: 'h23',
      }).format(at);
      if (shown === time) continue;
      // Only where that time was skipped: just before, the clocks had not come to it; the shift is the one that moved them.
      const offset = (ms: number) =>
        Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(timezone).offsetNanoseconds;
      expect(offset(at) > offset(at - DAY / 2), context).toBe(true);
    }
  });
});

test('a time zone that is not known is refused', () => {
  for (const timezone of ['Mars/Base', '', 'Europe/Berlin ', 'utc+1h']) {
    expect(() => checkTimezone(timezone)).toThrow(`unknown time zone ${JSON.stringify(timezone)}`);
    expect(() => nextDaytime(0, { time: '09:00', weekdays: null, timezone })).toThrow('unknown time zone');
  }
  checkTimezone('America/Argentina/Buenos_Aires');
});

test('times of day', () => {
  for (const time of ['00:00', '09:30', '23:59', '12:34:56']) expect(isDaytime(time), time).toBe(true);
  for (const time of ['24:00', '9:30', '09:60', '09:30:60', '0930', '09:30 ', '09:30:1']) {
    expect(isDaytime(time), time).toBe(false);
  }
});
