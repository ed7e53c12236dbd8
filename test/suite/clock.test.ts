import { expect, test } from 'bun:test';
import { testClock } from '../helpers/clock.ts';

test('stands still until it is set', () => {
  const clock = testClock('2026-03-01T00:00:00Z');
  const at = clock.now();
  expect(at).toBe(Date.UTC(2026, 2, 1));
  clock.advance(1_500);
  expect(clock.now()).toBe(at + 1_500);
});

test('wakes those who are due, in order, and no others', async () => {
  const clock = testClock(0);
  const never = new AbortController().signal;
  const woken: string[] = [];
  for (const [name, at] of Object.entries({ late: 300, early: 100, middle: 200 })) {
    void clock.sleepUntil(at, never).then(() => woken.push(name));
  }
  expect(clock.sleeping).toEqual([100, 200, 300]);
  clock.advance(250);
  await Promise.resolve();
  expect(woken).toEqual(['early', 'middle']);
  expect(clock.sleeping).toEqual([300]);
});

test('an aborted sleep ends; a time that has come is no sleep', async () => {
  const clock = testClock(1_000);
  const controller = new AbortController();
  const sleep = clock.sleepUntil(5_000, controller.signal);
  controller.abort();
  await sleep;
  await clock.sleepUntil(5_000, controller.signal);
  await clock.sleepUntil(1_000, new AbortController().signal);
  expect(clock.sleeping).toEqual([]);
});
