export const FIRST_RETRY_MS = 1_000;
export const LAST_RETRY_MS = 600_000;
/** The longest delay, no matter who asked for it. */
export const LONGEST_DELAY_MS = 3_600_000;

/** The delay after this many attempts: 1 s, 2 s, 4 s … 10 minutes. */
export function backoff(attempts: number): number {
  return Math.min(FIRST_RETRY_MS * 2 ** Math.max(0, attempts - 1), LAST_RETRY_MS);
}
