import { SimulatedClock } from '../../src/testing/simulated-clock.ts';

/** The simulation's clock, which stands still until it is told otherwise, for tests: it takes times as they are written. */
export class FakeClock extends SimulatedClock {
  constructor(now: number | string | Date = '2026-01-01T00:00:00Z') {
    super(new Date(now).getTime());
  }

  override set(to: number | string | Date): void {
    super.set(new Date(to).getTime());
  }

  advance(ms: number): void {
    this.set(this.now() + ms);
  }
}
