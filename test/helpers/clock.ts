import { SimulatedClock } from '../../src/testing/simulated-clock.ts';

/** The simulation's clock, which stands still until it is told otherwise. */
export function testClock(start: number | string | Date = '2026-01-01T00:00:00Z'): SimulatedClock {
  return new SimulatedClock(start);
}
