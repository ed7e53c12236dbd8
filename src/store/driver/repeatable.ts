import { SegflowError } from '../../core/errors.ts';

const marked = new WeakSet<object>();

/*
 * `SegflowError.retryable` is for callers: the whole call may succeed later. Within the store, a transaction that met another
 * one is repeated at once and its caller never hears of it: this file marks such failures.
 */

/** Says of a failure that running the transaction once more is likely to succeed. */
export function repeatable<T extends SegflowError>(error: T): T {
  marked.add(error);
  return error;
}

/** Whether it, or what caused it, was said to be repeatable. */
export function isRepeatable(error: unknown): boolean {
  for (
    let item = error;
    typeof item === 'object' && item !== null;
    item = (item as { cause?: unknown }).cause
  ) {
    if (marked.has(item)) return true;
  }
  return false;
}

/** A row that another process has made since this transaction looked for it: the next attempt sees it. */
export async function unlessRaced<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!SegflowError.is(error) || error.code !== 'conflict') throw error;
    throw repeatable(
      new SegflowError('unavailable', 'another process wrote the same at the same time', {
        hint: 'Try again.',
        cause: error,
      }),
    );
  }
}
