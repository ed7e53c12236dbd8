import { expect, test } from 'bun:test';
import { SegflowError } from '../../src/core/errors.ts';
import { Ingest } from '../../src/engine/ingest/ingest.ts';
import type { Store } from '../../src/engine/ports/store.ts';

/* How a commit that fails is tried again, over a store that fails as it is told. */

const CONFLICT = () => new SegflowError('conflict', 'an event is there already');

/** An ingest whose commits end as `outcomes` says, one after the other: with an error, or as one that found another revision. */
function ingesting(outcomes: (Error | 'other revision')[]) {
  const seen = { commits: 0, refreshes: 0 };
  const store = {
    async transaction() {
      const outcome = outcomes[seen.commits++];
      if (outcome === undefined) return { results: [[{ ok: true }]], messages: false };
      if (outcome === 'other revision') return undefined;
      throw outcome;
    },
  } as unknown as Store;
  const ingest = new Ingest({
    store,
    inForce: async () => ({ revision: 'r', transactions: undefined, eventMatters: () => false }),
    refresh: async () => {
      seen.refreshes++;
    },
    onCommit: () => {},
  });
  const submit = () => ingest.submit({ operations: [] }).catch((error: Error) => error.message);
  return { seen, submit };
}

test('events that are there already are asked about once, and then stored', async () => {
  const { seen, submit } = ingesting([CONFLICT()]);
  expect(await submit()).toEqual([{ ok: true }] as never);
  expect(seen).toEqual({ commits: 2, refreshes: 0 });
});

test('a conflict that stays is the answer', async () => {
  const { seen, submit } = ingesting([CONFLICT(), CONFLICT()]);
  expect(await submit()).toBe('an event is there already');
  expect(seen.commits).toBe(2);
});

test.each([
  ['known', () => new SegflowError('unavailable', 'the database is away')],
  ['unknown', () => new Error('the database is away')],
])('another failure is the answer at once, one that is %s', async (_what, failure) => {
  const { seen, submit } = ingesting([failure()]);
  expect(await submit()).toBe('the database is away');
  expect(seen.commits).toBe(1);
});

test('what another process put in force is asked for, as often as it changes', async () => {
  const { seen, submit } = ingesting(['other revision', 'other revision']);
  expect(await submit()).toEqual([{ ok: true }] as never);
  expect(seen).toEqual({ commits: 3, refreshes: 2 });
});

test('after a failure the next submission is committed', async () => {
  const { submit } = ingesting([new Error('the database is away')]);
  expect(await submit()).toBe('the database is away');
  expect(await submit()).toEqual([{ ok: true }] as never);
});
