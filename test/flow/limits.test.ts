import { describe, expect, test } from 'bun:test';
import type { UserContext } from '../../src/config/types.ts';
import { startFlow } from '../../src/flow/activation/flow-rules.ts';
import { jsonArgument, nameArgument } from '../../src/flow/commands/arguments.ts';
import type { Runtime } from '../../src/flow/commands/runtime.ts';
import { journalPosition, record } from '../../src/flow/journal/journal.ts';
import { DrivenRun } from './drive.ts';

/* What is just within a limit of the commands is taken, and what is just beyond is refused. */

describe('a name', () => {
  test.each(['a', 'a'.repeat(128), 'ä b/c', '😀'.repeat(64)])('%p is one', (name) => {
    expect(nameArgument(name, 'emit takes a name')).toBe(name);
  });

  test.each(['', 'a'.repeat(129), '\ud83d', 5, null, undefined])('%p is none', (name) => {
    expect(() => nameArgument(name, 'emit takes a name')).toThrow(
      'emit takes a name (1 to 128 characters), got',
    );
  });
});

describe('a value', () => {
  // With its two quotes.
  test('of 65,536 characters of JSON is kept', () => {
    const text = 'a'.repeat(65_534);
    expect(jsonArgument(text, 'the result')).toBe(text);
    expect(() => jsonArgument(`${text}a`, 'the result')).toThrow(
      'the result is too large: 65537 characters of JSON, at most 65536',
    );
  });

  test.each([undefined, () => 1, Symbol('s'), 1n])('%p is none', (value) => {
    expect(() => jsonArgument(value, 'the result')).toThrow('the result must be JSON');
  });
});

describe('the retries of a side effect', () => {
  /** A run whose side effect always fails. */
  const retrying = (retries: number) =>
    new DrivenRun(function* (_ctx: UserContext, rt: Runtime) {
      yield* rt.run('hook', () => Promise.reject(new Error('refused')), { retries });
    });

  test.each([1, 20])('are %d', async (retries) => {
    expect(await retrying(retries).pendingAsync()).toMatchObject({ kind: 'retry', error: 'refused' });
  });

  test('are none', async () => {
    expect(await retrying(0).stepAsync()).toMatchObject({ outcome: 'failed' });
  });

  test.each([-1, 21, 1.5, Number.NaN])('are not %d', async (retries) => {
    expect(await retrying(retries).stepAsync()).toMatchObject({
      outcome: 'failed',
      error: { message: `the retries of run are a whole number from 0 to 20, got ${retries}` },
    });
  });
});

test.each([
  ['text', 'text'],
  [null, null],
  [{}, {}],
])('%p is no flow', (flow) => {
  expect(() => startFlow(flow, {})).toThrow(
    'a flow must be a generator function (function*), but this one is',
  );
});

test.each([
  ['async function', async () => {}],
  ['async generator function', async function* () {}],
])('an %s is no flow', (_what, flow) => {
  expect(() => startFlow(flow, {})).toThrow('this one is async');
});

test('a position counts the commands since a new beginning, and those before it', () => {
  const begun = record.activation(1) + record.base(40, null);
  expect(journalPosition(begun)).toBe(40);
  expect(journalPosition(`${begun}>wait 1d -\n${record.activation(2)}>email a -\n`)).toBe(42);
  expect(journalPosition(`${record.activation(1)}>wait 1d -\n`)).toBe(1);
});
