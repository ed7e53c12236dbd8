import { dayNumber, isLeapYear, weekdayOf } from './civil.ts';
import { daysOf, type Moment } from './moment.ts';

/**
 * The week of the year, as MySQL's WEEK(date, mode) counts. Bit 0 of the mode: weeks begin on
 * Monday. Bit 1: weeks are 1–53, and days may belong to a week of the previous or next year. Bit 2,
 * set for weeks that begin on Sunday and clear for Monday: week 1 is the first with four days or
 * more in the year, else the first that begins in the year.
 * https://dev.mysql.com/doc/refman/8.4/en/date-and-time-functions.html#function_week
 */
export function weekOf(moment: Moment, mode: number): { year: number; week: number } {
  const mondays = (mode & 1) === 1;
  let wholeYear = (mode & 2) === 2;
  const byFirstDay = mondays ? (mode & 4) === 4 : (mode & 4) === 0;

  const day = daysOf(moment);
  let year = moment.year;
  let first = dayNumber(year, 1, 1);
  let weekday = firstWeekday(first, mondays);
  let days: number;

  if (moment.month === 1 && moment.day <= 7 - weekday) {
    const short = byFirstDay ? weekday !== 0 : weekday >= 4;
    if (!wholeYear && short) return { year, week: 0 };
    if (short) {
      wholeYear = true;
      year--;
      const length = isLeapYear(year) ? 366 : 365;
      first -= length;
      weekday = (weekday + 53 * 7 - length) % 7;
    }
  }
  if (byFirstDay ? weekday !== 0 : weekday >= 4) days = day - (first + (7 - weekday));
  else days = day - (first - weekday);

  if (wholeYear && days >= 52 * 7) {
    const next = (weekday + (isLeapYear(year) ? 366 : 365)) % 7;
    if (byFirstDay ? next === 0 : next < 4) return { year: year + 1, week: 1 };
  }
  return { year, week: Math.floor(days / 7) + 1 };
}

/** 0 for the first day of the week. */
function firstWeekday(days: number, mondays: boolean): number {
  return mondays ? weekdayOf(days) : (weekdayOf(days) + 1) % 7;
}
