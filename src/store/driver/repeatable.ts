import { SegflowError } from '../../core/errors.ts';

const marked = new WeakSet<object>();

/*
 * `SegflowError.retryable` is for callers: the whole call may succeed later. Within the store, a
 * transaction that conflicted with another one is repeated at once, and its caller never notices.
 * This file marks such failures.
 */

/** Marks a failure: running the transaction once more is likely to succeed. */
export function repeatable<T extends SegflowError>(error: T): T {
  marked.add(error);
  return error;
}

/** Whether the failure, or one of its causes, was marked as repeatable. */
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

/**
 * Another process created the row after this transaction looked for it; the next attempt sees it.
 */
export async function unlessRaced<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!SegflowError.is(error) || error.code !== 'conflict') throw error;
    throw repeatable(
      new SegflowError('unavailable', 'another process wrote the same row at the same time', {
        hint: 'Try again.',
        cause: error,
      }),
    );
  }
}
