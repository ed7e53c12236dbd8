import { expect, test } from 'bun:test';
import { SegflowError } from '../../src/core/errors.ts';
import { Outage } from '../../src/engine/cluster/outage.ts';
import { type Next, Worker } from '../../src/engine/cluster/worker.ts';
import type { Log } from '../../src/engine/ports/log.ts';
import { testClock } from '../helpers/clock.ts';

const silentLog: Log = { info() {}, warn() {}, error() {} };

/** A worker whose turns end as `answers` says, one after the other, and then with 'when-woken'. */
function working(answers: (Next | Error)[] = []) {
  const clock = testClock();
  let steps = 0;
  const step = async () => {
    const answer = answers[steps++] ?? 'when-woken';
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const worker = new Worker('some', step, { clock, log: silentLog, outage: new Outage(silentLog) });
  return { worker, clock, steps: () => steps };
}

test('a step that has more to do runs again, one that has not rests until it is woken', async () => {
  const { worker, steps } = working(['now', 'now']);
  worker.start();
  await worker.settled();
  expect(steps()).toBe(3);
  worker.wake();
  await worker.settled();
  expect(steps()).toBe(4);
  await worker.stop();
});

test('a step that wants to run at a time does, and not before', async () => {
  const clock = testClock();
  const { worker, steps, clock: own } = working([{ at: clock.now() + 1_000 }]);
  worker.start();
  await worker.settled();
  own.advance(999);
  await worker.settled();
  expect([steps(), worker.idle]).toEqual([1, true]);
  own.advance(1);
  await worker.settled();
  expect(steps()).toBe(2);
  await worker.stop();
});

test('a worker that was stopped is settled, and works no more', async () => {
  const { worker, steps } = working();
  worker.start();
  await worker.settled();
  const before = steps();
  const stopped = worker.stop();
  await worker.settled();
  await stopped;
  worker.wake();
  await Bun.sleep(0);
  expect(steps()).toBeLessThanOrEqual(before + 1);
});

test.each([
  ['any error', new Error('broken'), [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]],
  ['a store that is away', new SegflowError('unavailable', 'away'), [500, 1_000, 2_000, 4_000, 5_000, 5_000]],
])('%s delays the next attempt ever longer, up to a limit', async (_what, error, delays) => {
  const { worker, clock, steps } = working(delays.map(() => error));
  worker.start();
  for (const [index, delay] of delays.entries()) {
    await worker.settled();
    expect(steps()).toBe(index + 1);
    clock.advance(delay - 1);
    await worker.settled();
    expect(steps()).toBe(index + 1);
    clock.advance(1);
  }
  await worker.stop();
});

test('the delay begins small again after a success', async () => {
  const { worker, clock, steps } = working([new Error('broken'), 'when-woken', new Error('broken')]);
  worker.start();
  await worker.settled();
  clock.advance(500);
  await worker.settled();
  expect(steps()).toBe(2);
  worker.wake();
  await worker.settled();
  clock.advance(500);
  await worker.settled();
  expect(steps()).toBe(4);
  await worker.stop();
});

test('one that lost against another process goes on at once, twenty times', async () => {
  const conflicts = Array.from({ length: 25 }, () => new SegflowError('conflict', 'another was faster'));
  const { worker, steps } = working(conflicts);
  worker.start();
  await worker.settled();
  expect(steps()).toBe(21);
  await worker.stop();
});

test('one whose lease is lost waits a moment', async () => {
  const { worker, clock, steps } = working([new SegflowError('lease_lost', 'lost')]);
  worker.start();
  await worker.settled();
  expect(steps()).toBe(1);
  clock.advance(250);
  await worker.settled();
  expect(steps()).toBe(2);
  await worker.stop();
});
