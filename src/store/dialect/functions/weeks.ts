import { dayNumber, utc } from '../datetimes.ts';

/**
 * The week of the year as MySQL's WEEK(date, mode) counts it. Bit 0 of the mode: weeks begin on Monday; bit 1: weeks are 1–53, and
 * days may belong to a week of the year before or after; bit 2, for weeks that begin on Sunday set and for Monday clear: week 1 is the
 * first with four days or more in the year, else the first that begins in it.
 * https://dev.mysql.com/doc/refman/8.4/en/date-and-time-functions.html#function_week
 */
export function weekOf(ms: number, mode: number): { year: number; week: number } {
  const mondays = (mode & 1) === 1;
  let wholeYear = (mode & 2) === 2;
  const byFirstDay = mondays ? (mode & 4) === 4 : (mode & 4) === 0;

  const day = dayNumber(ms);
  const date = new Date(ms);
  let year = date.getUTCFullYear();
  let first = dayNumber(utc(year, 0, 1));
  let weekday = weekdayOf(first, mondays);
  let days: number;

  if (date.getUTCMonth() === 0 && date.getUTCDate() <= 7 - weekday) {
    const short = byFirstDay ? weekday !== 0 : weekday >= 4;
    if (!wholeYear && short) return { year, week: 0 };
    if (short) {
      wholeYear = true;
      year--;
      const length = dayNumber(utc(year + 1, 0, 1)) - dayNumber(utc(year, 0, 1));
      first -= length;
      weekday = (weekday + 53 * 7 - length) % 7;
    }
  }
  if (byFirstDay ? weekday !== 0 : weekday >= 4) days = day - (first + (7 - weekday));
  else days = day - (first - weekday);

  if (wholeYear && days >= 52 * 7) {
    const length = dayNumber(utc(year + 1, 0, 1)) - dayNumber(utc(year, 0, 1));
    const next = (weekday + length) % 7;
    if (byFirstDay ? next === 0 : next < 4) return { year: year + 1, week: 1 };
  }
  return { year, week: Math.floor(days / 7) + 1 };
}

/** 0 for the first day of the week. */
function weekdayOf(day: number, mondays: boolean): number {
  return (((day + (mondays ? 3 : 4)) % 7) + 7) % 7;
}
