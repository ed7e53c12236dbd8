import { sql } from 'drizzle-orm';
import { bulkInsert } from './bulk.ts';
import type { Connection, Dialect } from './driver.ts';
import { counters } from './tables.ts';

/**
 * Counts the rows that a transaction adds and removes, by counter, and writes the counts as its
 * last statement: one row per counter and transaction, however many rows it wrote.
 *
 * Invariant: for each counter, the sum of its shards is the number of such rows in the committed
 * database.
 */
export interface Tally {
  add(name: CounterName, amount: number): void;
  flush(on: { connection: Connection; dialect: Dialect }): Promise<void>;
}

export type CounterName =
  | 'users'
  | 'events'
  | `run:${string}`
  | `message:${string}`
  | `segment:${string}`
  /** The runs of a campaign, and the runs that reached its goal. */
  | `entered:${string}`
  | `converted:${string}`;

export function tally(): Tally {
  const amounts = new Map<CounterName, number>();
  return {
    add(name, amount) {
      amounts.set(name, (amounts.get(name) ?? 0) + amount);
    },
    async flush(on) {
      const changes = [...amounts].filter(([, amount]) => amount !== 0).sort(([a], [b]) => (a < b ? -1 : 1));
      const shard = Math.floor(Math.random() * on.dialect.counterShards);
      await addToCounters.write(
        on,
        changes.map(([name, amount]) => [name, shard, amount]),
      );
    },
  };
}

const addToCounters = bulkInsert({
  into: counters,
  columns: [counters.name, counters.shard, counters.value],
  ending: (dialect) =>
    dialect.orUpdate(
      [counters.name, counters.shard],
      [[counters.value, sql`${counters.value} + ${dialect.proposed(counters.value)}`]],
    ),
});
