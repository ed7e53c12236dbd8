import { AsyncLocalStorage } from 'node:async_hooks';
import type { Clock } from '../../core/clock.ts';
import { SegflowError } from '../../core/errors.ts';
import type { Connection, Driver } from '../driver/driver.ts';
import { isRepeatable } from '../driver/repeatable.ts';
import type { MysqlConnection } from './connection.ts';
import { mysqlDialect } from './dialect.ts';
import { isLost, lostCommit, wasNotSent, wrapMysqlError } from './errors.ts';
import { productOf, readVersion, type Server } from './server.ts';
import { poolOptions, Sessions } from './sessions.ts';
import { parseDatabaseUrl } from './url.ts';

/*
 * The driver for MySQL and MariaDB, on mysql2's pools.
 *
 * A transaction has its own session from beginning to end. States: begun → work → committed |
 * rolled back | lost.
 * - A deadlock rolls back and runs the work again, a few times. A lock timeout only rolls back: the
 *   caller has already waited long enough.
 * - A connection lost before COMMIT was sent: the server has rolled back, and the work runs again
 *   on another connection.
 * - A connection lost during COMMIT: the outcome is unknown. The caller gets `unavailable` and
 *   decides by reading.
 *
 * Reads have their own pool, so a transaction whose work reads outside of the transaction never
 * waits for itself. A process that dies leaves only transactions that the server rolls back.
 */

export interface MysqlDriver extends Driver {
  readonly server: Server;
  /** The database's name for people, without the password. */
  readonly shown: string;
  /** A session for the duration of the work: for migrations. */
  session<T>(work: (connection: MysqlConnection) => Promise<T>): Promise<T>;
}

/**
 * Connects. Throws `invalid_input` for a wrong URL, `unavailable` when the server cannot be reached
 * or refuses the connection, and `store_unsupported` when the server is too old. With a `clock`,
 * the sessions use that clock's time: for tests.
 */
export async function openMysql(options: { url: string; clock?: Clock }): Promise<MysqlDriver> {
  const database = parseDatabaseUrl(options.url);
  const { createConnection, createPool } = await import('mysql2');
  const server = await askVersion(createConnection, database);
  const { shown } = database;
  const sessions = () => new Sessions(createPool(poolOptions(database)), { server, clock: options.clock });
  const writes = sessions();
  const reads = sessions();
  const inside = new AsyncLocalStorage<{ open: boolean }>();
  const active = new Set<Promise<unknown>>();
  let closing: Promise<void> | undefined;

  const tracked = <T>(work: () => Promise<T>): Promise<T> => {
    if (closing) return Promise.reject(closedError());
    const running = work();
    active.add(running);
    running.then(
      () => active.delete(running),
      () => active.delete(running),
    );
    return running;
  };
  const read = <T>(work: (connection: Connection) => Promise<T>): Promise<T> =>
    tracked(() => repeated(() => reads.use(work)));

  return {
    product: productOf(server),
    dialect: mysqlDialect(server.flavor, database.connect.database),
    server,
    shown,
    shared: true,
    session: (work) => tracked(() => writes.use(work)),
    reads: {
      query: (text, params) => read((connection) => connection.query(text, params)),
      execute: (text, params) => read((connection) => connection.execute(text, params)),
      write: (text, rows) => read((connection) => connection.write(text, rows)),
      describe: (text) => read((connection) => connection.describe(text)),
    },
    async now(connection) {
      const [row] = await connection.query('select cast(unix_timestamp(now(3)) * 1000 as signed) as at', []);
      return Number(row!.at);
    },
    transaction(work) {
      if (inside.getStore()?.open) {
        return Promise.reject(
          new SegflowError(
            'internal',
            'the store was used inside one of its transactions: use the transaction',
          ),
        );
      }
      return tracked(() =>
        repeated(() =>
          writes.use(async (connection) => {
            await connection.run('start transaction');
            const here = { open: true };
            let result: Awaited<ReturnType<typeof work>>;
            try {
              result = await inside.run(here, () => work(connection));
            } catch (error) {
              if (!connection.lost) await rollback(connection);
              throw error;
            } finally {
              here.open = false;
            }
            try {
              await connection.run('commit');
            } catch (error) {
              if (connection.lost && !wasNotSent(error)) throw lostCommit(error);
              if (!connection.lost) await rollback(connection);
              throw error;
            }
            return result;
          }),
        ),
      );
    },
    close() {
      closing ??= (async () => {
        await Promise.allSettled([...active]);
        await Promise.all([writes.close(), reads.close()]);
      })();
      return closing;
    },
  };
}

const MOST_REPEATS = 12;
const MOST_LOSSES = 2;

async function repeated<T>(work: () => Promise<T>): Promise<T> {
  let losses = 0;
  for (let attempt = 0; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const again = isRepeatable(error) ? attempt < MOST_REPEATS : isLost(error) && losses++ < MOST_LOSSES;
      if (!again) throw error;
      // A random delay keeps two transactions that conflicted from conflicting again.
      await new Promise((resolve) => setTimeout(resolve, Math.random() * Math.min(4 * 2 ** attempt, 250)));
    }
  }
}

/** If this fails, the connection is gone and the server rolls back. */
async function rollback(connection: MysqlConnection): Promise<void> {
  try {
    await connection.run('rollback');
  } catch {
    connection.lost = true;
  }
}

function askVersion(
  createConnection: typeof import('mysql2').createConnection,
  database: ReturnType<typeof parseDatabaseUrl>,
): Promise<Server> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => {
      connection.destroy();
      reject(wrapMysqlError(error, database.shown));
    };
    const { connectionLimit: _, ...options } = poolOptions(database);
    const connection = createConnection(options);
    connection.on('error', fail);
    connection.query('select version() as version', (error, rows) => {
      if (error) return fail(error);
      try {
        resolve(readVersion(String((rows as { version: string }[])[0]?.version)));
        connection.end();
      } catch (refusal) {
        fail(refusal);
      }
    });
  });
}

function closedError(): SegflowError {
  return new SegflowError('unavailable', 'the store is closed', { hint: 'Segflow is shutting down.' });
}
