import { Script } from 'node:vm';

/** Thrown instead of the work's own result or error when the work took too long. */
export class Interrupted extends Error {}

/**
 * Calls `work`. Throws Interrupted when `work` has not returned within `ms`. Interrupted code is
 * left in any state, without its `finally` blocks, and cannot report where it was.
 */
export function withinTime<T>(work: () => T, ms: number): T {
  let result: T | undefined;
  call = () => {
    result = work();
  };
  try {
    script.runInThisContext({ timeout: ms });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === INTERRUPTED) throw new Interrupted();
    throw error;
  }
  // The call sets this.
  return result as T;
}

// --- internal ---

const NAME = '__segflowTimed';
const INTERRUPTED = 'ERR_SCRIPT_EXECUTION_TIMEOUT';

let call: () => void;
Object.assign(globalThis, { [NAME]: () => call() });
const script = new Script(`${NAME}()`);
