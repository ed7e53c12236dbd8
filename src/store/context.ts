import type { Clock } from '../core/clock.ts';
import type { Connection, Dialect } from './driver.ts';
import type { Restored } from './instance-state.ts';
import type { Tally } from './tally.ts';

/** What a statement runs with. */
export interface Context {
  connection: Connection;
  dialect: Dialect;
  clock: Clock;
  /** Counts what a transaction adds and removes; outside of one nothing is written, so nothing is counted. */
  tally: Tally;
  /** The next number of a sequence that only grows, within this process and from one process to the next. */
  nextSeq(): number;
  /** Set when the data came from a backup. */
  restored(): Promise<Restored | undefined>;
}
