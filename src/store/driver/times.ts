/**
 * Epoch milliseconds as the text of a DATETIME(3) in UTC: `2026-01-31 09:00:00.000`. These texts
 * sort in time order.
 */
export function toTime(ms: number): string;
export function toTime(ms: number | null): string | null;
export function toTime(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString().slice(0, 23).replace('T', ' ');
}

/** The inverse of `toTime`. */
export function fromTime(text: string): number {
  return Date.parse(`${text.slice(0, 10)}T${text.slice(11)}Z`);
}
