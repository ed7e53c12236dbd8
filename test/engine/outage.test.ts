import { expect, test } from 'bun:test';
import { SegflowError } from '../../src/core/errors.ts';
import { Outage } from '../../src/engine/cluster/outage.ts';
import { Worker } from '../../src/engine/cluster/worker.ts';
import { testClock } from '../helpers/clock.ts';

test('a database that is away is logged once for all workers, and once when each that failed gets through again', async () => {
  const clock = testClock();
  const lines: string[] = [];
  const log = {
    info: (line: string) => lines.push(line),
    warn: (line: string) => lines.push(line),
    error: (line: string) => lines.push(line),
  };
  const outage = new Outage(log);
  let isAway = true;
  let attempts = 0;
  const step = async () => {
    attempts++;
    if (isAway) throw new SegflowError('unavailable', 'nothing answers');
    return 'when-woken' as const;
  };
  let hasWork = true;
  const workers = [
    new Worker('lease', step, { clock, log, outage }),
    new Worker('runner', () => (hasWork ? step() : Promise.resolve('when-woken')), { clock, log, outage }),
  ];
  for (const worker of workers) worker.start();
  const settled = () => Promise.all(workers.map((worker) => worker.settled()));
  await settled();
  for (let second = 0; second < 30; second++) {
    clock.advance(1_000);
    await settled();
    // Without its lease it has nothing to do, and gets through.
    hasWork = second < 10;
  }
  expect(attempts).toBeGreaterThan(10);
  expect(lines).toEqual(['lease: nothing answers; trying again until it works']);
  isAway = false;
  clock.advance(10_000);
  await settled();
  expect(lines.slice(1)).toEqual(['the database works again, after 40s']);

  isAway = true;
  for (const worker of workers) worker.wake();
  await settled();
  expect(lines.slice(2)).toEqual(['lease: nothing answers; trying again until it works']);
  await Promise.all(workers.map((worker) => worker.stop()));
});
