/** Statuses that mean "not done, try again", for answers without `retryable`. */
const RETRYABLE = new Set([429, 502, 503, 504]);

const FIRST_DELAY_MS = 250;
const MAX_DELAY_MS = 8_000;
/**
 * If a server asks for a longer delay than this, there is no retry, and the caller gets the error
 * immediately.
 */
export const MAX_RETRY_AFTER_MS = 60_000;

export function isRetryable(status: number): boolean {
  return RETRYABLE.has(status);
}

/** Milliseconds before retry number `attempt` (from 0): doubling, the upper half of each step at random. */
export function backoffMs(attempt: number, random: () => number): number {
  const step = Math.min(FIRST_DELAY_MS * 2 ** attempt, MAX_DELAY_MS);
  return Math.round(step / 2 + (step / 2) * random());
}

/** Milliseconds a Retry-After header asks for (RFC 9110, 10.2.3: seconds or a date); undefined when it is absent or nonsense. */
export function retryAfterMs(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  const text = header.trim();
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const at = /[a-z]/i.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

/** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
export function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, ms);
    if (signal?.aborted) abort();
    else signal?.addEventListener('abort', abort, { once: true });
  });
}
