import { expect, test } from 'bun:test';
import { Lookout, POLL_MS } from '../../src/engine/cluster/lookout.ts';
import type { Slots } from '../../src/engine/ports/leases.ts';
import { testClock } from '../helpers/clock.ts';

const NOW = 1_000;

/** What a lookout wakes when the next run and the next message are due at these times. */
async function woken(
  next: { wake?: number; attempt?: number },
  { owned = [1, 2], now = NOW }: { owned?: number[]; now?: number | null } = {},
) {
  const asked: (Slots | undefined)[] = [];
  const woke: string[] = [];
  const clock = testClock();
  const store = {
    nextWake: async (slots?: Slots) => {
      asked.push(slots);
      return next.wake;
    },
    nextAttempt: async (slots?: Slots) => {
      asked.push(slots);
      return next.attempt;
    },
  };
  const lookout = new Lookout({
    store,
    slots: { owned: () => owned, now: () => now ?? undefined },
    clock,
    onRuns: () => woke.push('runs'),
    onMessages: () => woke.push('messages'),
  });
  expect(await lookout.turn()).toEqual({ at: clock.now() + POLL_MS });
  return { woke, asked };
}

test.each([
  [{}, []],
  [{ wake: NOW + 1, attempt: NOW + 1 }, []],
  [{ wake: NOW }, ['runs']],
  [{ attempt: NOW }, ['messages']],
  [{ wake: NOW - 1, attempt: NOW - 1 }, ['runs', 'messages']],
])('%p wakes %p', async (next, expected) => {
  const { woke, asked } = await woken(next);
  expect(woke).toEqual(expected);
  expect(asked).toEqual([
    [1, 2],
    [1, 2],
  ]);
});

test('a process without slots asks nothing', async () => {
  expect(await woken({ wake: 0 }, { owned: [] })).toEqual({ woke: [], asked: [] });
});

test('a process that does not know the time of the database yet asks nothing', async () => {
  expect(await woken({ wake: 0 }, { now: null })).toEqual({ woke: [], asked: [] });
});
