import { test as bunTest } from 'bun:test';
import { witnessed } from './evidence.ts';

type Work = () => unknown;

/** Like the `test` of bun:test: a test that fails, or takes longer than `timeoutMs`, shows its evidence (evidence.ts). */
export function test(name: string, work: Work, timeoutMs = TEST_MS): void {
  bunTest(name, () => witnessed(name, work, { timeoutMs }), timeoutMs + GRACE_MS);
}

test.concurrent = (name: string, work: Work, timeoutMs = TEST_MS): void => {
  bunTest.concurrent(name, () => witnessed(name, work, { timeoutMs }), timeoutMs + GRACE_MS);
};

test.skip = (name: string, _work: Work): void => bunTest.skip(name, () => {});

/** Like the `test.skipIf` of bun:test. */
test.skipIf = (condition: boolean): typeof test.skip => (condition ? test.skip : test);

// --- internal ---

/** Somewhat below what test/runner/process.mjs grants a test. */
const TEST_MS = 170_000;
/** So that Bun, which says nothing of what a test saw, is not the first to end the test. */
const GRACE_MS = 10_000;
