import { sql } from 'drizzle-orm';
import type { Clock } from '../../core/clock.ts';
import { SegflowError } from '../../core/errors.ts';
import type { Connection, Dialect, Driver } from './driver.ts';
import { prepared, rows, run } from './statement.ts';
import { instanceState } from './tables.ts';
import { toTime } from './times.ts';

/*
 * What sets an instance apart from one that simply serves: facts by name, each as JSON.
 *
 *   restored    the data came from a backup: what it is about to send, the original may have sent already
 *   moved       the data is being moved, or was moved, elsewhere: it must not be served here by accident
 *   receiving   a transfer into this store is under way (`receiving:TABLE`: how far it is): it is not served until that ends
 */

interface On {
  connection: Connection;
  dialect: Dialect;
}

/** Times are epoch milliseconds. */
export interface RestoredFact {
  /** When the backup was begun: all that happened before is in it. */
  backedUpAt: number;
  restoredAt: number;
  /** The provider is not asked before: it may still be taking in what the original sent last. */
  askFrom: number;
  /** For how long, from the first start, the provider is asked before a message is sent. Null: the default. */
  askForMs: number | null;
  /** Until when that is; null before the first start. */
  askUntil: number | null;
}

export interface Moved {
  /** Id of the transfer. */
  transfer: string;
  /** Where to, for people: a URL without its password, or a folder. */
  to: string;
  at: number;
  done: boolean;
}

export interface Receiving {
  transfer: string;
  /** The id of the instance that comes. */
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

/** Asked about for as long again as the backup was old when it came back to life, and a week for whoever waits for a weekday. */
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

/** Forgets the fact, and with `receiving` the progress of it. */
export async function removeFact(on: On, name: keyof InstanceFacts): Promise<void> {
  await run(on, deleteFact, { name, prefix: `${name}:%` });
}

/**
 * Called before a store is served: refuses with `conflict` one that was moved elsewhere (unless `force` takes that back) or that
 * a transfer is still filling, and starts the clock of one that came from a backup.
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
        hint: 'Run the same segflow transfer again: it goes on where it was.',
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
        hint: 'Serve it there. To serve this old copy all the same, which may mail people twice: segflow serve --force.',
      })
    : new SegflowError('conflict', `this instance is being moved to ${to} since ${when} UTC`, {
        hint: 'Run the same segflow transfer again to finish. To give it up and serve this one: segflow serve --force.',
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
