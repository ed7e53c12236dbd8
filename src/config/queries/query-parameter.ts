import { SegmentTrouble } from './segment-trouble.ts';

/** A parameter of a query as JSON carries it. Throws SegmentTrouble; `index` is its ordinal from 0. */
export function plainParameter(value: unknown, index: number): string | number | boolean | null {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (value instanceof Date && !Number.isNaN(value.getTime())) {
    // As Drizzle writes DATETIME columns: MySQL's own form, in UTC.
    return value.toISOString().replace('T', ' ').replace('Z', '');
  }
  const what =
    value instanceof Date ? 'an invalid date' : typeof value === 'object' ? 'an object' : String(value);
  throw new SegmentTrouble(
    `parameter ${index + 1} of its query is ${what}`,
    'Parameters are texts, numbers, booleans, dates or null.',
  );
}
