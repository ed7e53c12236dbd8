import type { Connection, Dialect } from './driver.ts';
import type { RestoredFact } from './instance-state.ts';
import type { Tally } from './tally.ts';

/** The context in which a statement runs. */
export interface Context {
  connection: Connection;
  dialect: Dialect;
  /** The database's clock, epoch milliseconds. Constant within a transaction. */
  now(): Promise<number>;
  /**
   * Counts the rows that a transaction adds and removes. Absent outside a transaction, where
   * nothing is written.
   */
  tally: Tally;
  /**
   * Numbers of a sequence that only grows, both within this process and (by the database's clock)
   * from one process to the next.
   */
  sequence(): Promise<() => number>;
  /** Ids of users that the transaction tried to lock but did not find. */
  absent: Set<string>;
  /** Set when the data came from a backup. */
  restored(): Promise<RestoredFact | undefined>;
}
