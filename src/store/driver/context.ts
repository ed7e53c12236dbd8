import type { Connection, Dialect } from './driver.ts';
import type { RestoredFact } from './instance-state.ts';
import type { Tally } from './tally.ts';

/** What a statement runs with. */
export interface Context {
  connection: Connection;
  dialect: Dialect;
  /** The database's clock, epoch milliseconds. Within a transaction always the same. */
  now(): Promise<number>;
  /** Counts what a transaction adds and removes; outside of one nothing is written, so nothing is counted. */
  tally: Tally;
  /** Numbers of a sequence that only grows, within this process and, by the database's clock, from one process to the next. */
  sequence(): Promise<() => number>;
  /** Ids of users that the transaction looked for, to lock them, and did not find. */
  absent: Set<string>;
  /** Set when the data came from a backup. */
  restored(): Promise<RestoredFact | undefined>;
}
