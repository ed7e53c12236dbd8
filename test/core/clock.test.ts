import { afterEach, expect, setSystemTime, test } from 'bun:test';
import { systemClock } from '../../src/core/clock.ts';

const HOUR = 3_600_000;

afterEach(() => {
  setSystemTime();
});

test('who sleeps wakes when the time has come', async () => {
  const at = systemClock.now() + 20;
  await systemClock.sleepUntil(at, new AbortController().signal);
  expect(systemClock.now()).toBeGreaterThanOrEqual(at);
});

test('a clock that is set back meanwhile makes nobody sleep longer', async () => {
  const sleep = systemClock.sleepUntil(systemClock.now() + 20, new AbortController().signal);
  setSystemTime(new Date(Date.now() - HOUR));
  await sleep;
});

test('who is woken sleeps no longer', async () => {
  const alarm = new AbortController();
  const sleep = systemClock.sleepUntil(systemClock.now() + HOUR, alarm.signal);
  alarm.abort();
  await sleep;
});
