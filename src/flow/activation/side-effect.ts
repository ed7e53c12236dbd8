import { SegflowError } from '../../core/errors.ts';
import type { Json } from '../../core/json.ts';
import { jsonArgument } from '../commands/arguments.ts';
import type { SideEffectContext } from '../commands/commands.ts';

/** The pause after the first failed attempt; each further pause is twice as long. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 3_600_000;

/** The pause after attempt number `attempt` (from 1) failed, in milliseconds. */
export function pauseAfter(attempt: number): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** (attempt - 1), LONGEST_PAUSE_MS);
}

/**
 * One attempt at a side effect, outside of the flow's scope. Rejects when it throws, exceeds its
 * timeout or returns something other than JSON.
 */
export async function attemptSideEffect(
  work: (context: SideEffectContext) => unknown,
  { timeoutMs, ...context }: Omit<SideEffectContext, 'signal'> & { timeoutMs: number },
): Promise<Json> {
  const controller = new AbortController();
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const error = new SegflowError('flow_error', `it took longer than ${timeoutMs / 1000} s`);
    controller.abort(error);
    late.reject(error);
  }, timeoutMs);
  try {
    const working = Promise.resolve(work({ ...context, signal: controller.signal }));
    const value = await Promise.race([working, late.promise]);
    return value === undefined ? null : jsonArgument(value, 'the result of a side effect');
  } finally {
    clearTimeout(timer);
  }
}
