import { sql } from 'drizzle-orm';
import type { Clock } from '../../core/clock.ts';
import { SegflowError } from '../../core/errors.ts';
import type { Connection, Dialect, Driver } from './driver.ts';
import { prepared, rows, run } from './statement.ts';
import { instanceState } from './tables.ts';
import { toTime } from './times.ts';

/*
 * Facts about an instance that is not simply serving: by name, each as JSON.
 *
 *   restored    the data came from a backup: the original may already have sent what is due here
 *   moved       the data is being moved, or was moved, elsewhere: never serve it by accident
 *   receiving   a transfer into this store is running, so the store is not served until it ends
 *               (`receiving:TABLE` holds its progress)
 */

interface On {
  connection: Connection;
  dialect: Dialect;
}

/** Times are epoch milliseconds. */
export interface RestoredFact {
  /** When the backup was started. Everything before that time is in it. */
  backedUpAt: number;
  restoredAt: number;
  /**
   * The provider is not asked before this time, because it may still be processing the original's
   * last messages.
   */
  askFrom: number;
  /**
   * How long, from the first start, the provider is asked before a message is sent. Null: the
   * default.
   */
  askForMs: number | null;
  /** When that period ends. Null before the first start. */
  askUntil: number | null;
}

export interface Moved {
  /** The transfer's id. */
  transfer: string;
  /** The destination, for people: a URL without its password, or a folder. */
  to: string;
  at: number;
  done: boolean;
}

export interface Receiving {
  transfer: string;
  /** The id of the instance being received. */
  instanceId: string;
  from: string;
  at: number;
}

export interface InstanceFacts {
  restored: RestoredFact;
  moved: Moved;
  receiving: Receiving;
  [progress: `receiving:${string}`]: unknown;
}

/**
 * The provider is asked for as long as the backup was old when it was restored, plus one week for
 * users who wait for a weekday.
 */
const WEEK_MS = 7 * 86_400_000;

export async function readFact<Name extends keyof InstanceFacts>(
  on: On,
  name: Name,
): Promise<InstanceFacts[Name] | undefined> {
  const [row] = await rows(on, selectFact, { name });
  return row && (JSON.parse(String(row.value)) as InstanceFacts[Name]);
}

export async function writeFact<Name extends keyof InstanceFacts>(
  on: On,
  name: Name,
  value: InstanceFacts[Name],
): Promise<void> {
  await run(on, putFact, { name, value: JSON.stringify(value) });
}

/** Deletes the fact; for `receiving`, also its progress. */
export async function removeFact(on: On, name: keyof InstanceFacts): Promise<void> {
  await run(on, deleteFact, { name, prefix: `${name}:%` });
}

/**
 * Called before a store is served. Throws `conflict` when the instance was moved elsewhere (unless
 * `force`, which undoes the move) or when a transfer is still filling the store. Starts the clock
 * of an instance that came from a backup.
 */
export async function prepareToServe(
  driver: Driver,
  options: { clock: Clock; force: boolean },
): Promise<void> {
  const { dialect } = driver;
  const on = { connection: driver.reads, dialect };
  const receiving = await readFact(on, 'receiving');
  if (receiving) {
    throw new SegflowError(
      'conflict',
      `a transfer into this store, from ${receiving.from}, is not finished`,
      {
        hint: 'Run the same segflow transfer again: it continues where it stopped.',
      },
    );
  }
  const moved = await readFact(on, 'moved');
  if (moved && !options.force) throw elsewhere(moved);
  const restored = await readFact(on, 'restored');
  const begins = restored && restored.askUntil === null;
  if (!moved && !begins) return;
  await driver.transaction(async (connection) => {
    if (moved) await removeFact({ connection, dialect }, 'moved');
    if (begins) {
      const now = options.clock.now();
      const askUntil = now + (restored.askForMs ?? now - restored.backedUpAt + WEEK_MS);
      await writeFact({ connection, dialect }, 'restored', { ...restored, askUntil });
    }
  });
}

function elsewhere({ to, at, done }: Moved): SegflowError {
  const when = toTime(at).slice(0, 16);
  return done
    ? new SegflowError('conflict', `this instance was moved to ${to} at ${when} UTC`, {
        hint: 'Serve it there. To serve this old copy anyway, which may mail people twice: segflow serve --force.',
      })
    : new SegflowError('conflict', `this instance is being moved to ${to} (started at ${when} UTC)`, {
        hint: 'Run the same segflow transfer again to finish. To cancel the move and serve this instance: segflow serve --force.',
      });
}

const selectFact = prepared<{ name: string }>(
  (param) =>
    sql`select ${instanceState.value} from ${instanceState} where ${instanceState.name} = ${param('name')}`,
);

const putFact = prepared<{ name: string; value: string }>(
  (param, dialect) => sql`insert into ${instanceState} (${sql.identifier('name')}, ${sql.identifier('value')})
    values (${param('name')}, ${param('value')})
    ${dialect.orUpdate([instanceState.name], [[instanceState.value, dialect.proposed(instanceState.value)]])}`,
);

const deleteFact = prepared<{ name: string; prefix: string }>(
  (param) => sql`delete from ${instanceState}
    where ${instanceState.name} = ${param('name')} or ${instanceState.name} like ${param('prefix')}`,
);
