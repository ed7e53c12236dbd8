import { AsyncLocalStorage } from 'node:async_hooks';

/*
 * A test that fails in a run of thousands, on a machine that nobody can look at, has to say what it saw: what its servers
 * printed, what its commands answered, and what was left in its store. Helpers hand that in with `evidence`; the `test` of
 * witnessed-test.ts adds it to the error.
 */

/** Hands in what the current test shows when it fails. Does nothing outside of a witnessed test. */
export function evidence(name: string, show: () => string): void {
  current.getStore()?.push({ name, show });
}

/** Whether the current test gathers evidence: reading a store takes time. */
export function isWitnessed(): boolean {
  return current.getStore() !== undefined;
}

/**
 * Runs `work`, which fails when it takes longer than `timeoutMs`. Its error also says what was handed in meanwhile.
 *
 * Bun's own limit ends a test without a word, and the report of tests that run side by side gives the error of one to another:
 * so the limit is kept here, and the error names its test.
 */
export async function witnessed<T>(
  name: string,
  work: () => T | Promise<T>,
  { timeoutMs }: { timeoutMs: number },
): Promise<T> {
  const pieces: Piece[] = [];
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`not done after ${timeoutMs / 1000} s`)), timeoutMs);
  try {
    return await Promise.race([current.run(pieces, async () => await work()), late.promise]);
  } catch (error) {
    throw withEvidence(name, error, pieces);
  } finally {
    clearTimeout(timer);
  }
}

// --- internal ---

interface Piece {
  name: string;
  show: () => string;
}

const current = new AsyncLocalStorage<Piece[]>();
/** Of each piece the last characters are shown. */
const SHOWN = 6_000;

function withEvidence(name: string, error: unknown, pieces: Piece[]): Error {
  const shown = pieces.map((piece) => `--- ${piece.name}\n${lastOf(textOf(piece.show))}`);
  const failed = error instanceof Error ? error : new Error(String(error));
  // The same error: Bun shows its place.
  failed.message = [`"${name}" failed: ${failed.message}`, ...shown].join('\n\n');
  return failed;
}

function textOf(show: () => string): string {
  try {
    return show().trim() || '(nothing)';
  } catch (error) {
    return `(cannot be shown: ${error})`;
  }
}

function lastOf(text: string): string {
  return text.length <= SHOWN ? text : `…${text.slice(-SHOWN)}`;
}
