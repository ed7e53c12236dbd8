import { Script } from 'node:vm';

/** Thrown instead of what the work that took too long would have come to. */
export class Interrupted extends Error {}

/**
 * Calls `work`. Throws Interrupted when it has not returned within `ms`. Code that is interrupted leaves everything as it is, its `finally`
 * included, and cannot tell where it was.
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
  // Set by the call.
  return result as T;
}

// --- internal ---

const NAME = '__segflowTimed';
const INTERRUPTED = 'ERR_SCRIPT_EXECUTION_TIMEOUT';

let call: () => void;
Object.assign(globalThis, { [NAME]: () => call() });
const script = new Script(`${NAME}()`);
