import { Database } from 'bun:sqlite';
import { AsyncLocalStorage } from 'node:async_hooks';
import { closeSync, existsSync, openSync } from 'node:fs';
import type { Clock } from '../../core/clock.ts';
import { SegflowError } from '../../core/errors.ts';
import { Mutex } from '../../core/mutex.ts';
import { registerFunctions } from '../../sql/sqlite/functions/register.ts';
import type { Connection, Driver } from '../driver/driver.ts';
import { SqliteConnection } from './connection.ts';
import { sqliteDialect } from './dialect.ts';
import { wrapSqliteError } from './errors.ts';
import { FileWatch } from './file-watch.ts';

/*
 * bun:sqlite is synchronous, but a transaction awaits between its statements, and other code runs
 * then. So:
 * - transactions wait for each other in a queue, and the running one has the write connection to
 *   itself;
 * - reads outside of a transaction have their own connection, which sees committed data (WAL);
 * - in memory there is only one connection, so these reads wait in the same queue.
 *
 * A commit is synced to disk (synchronous=FULL) before `transaction` resolves. When a process dies,
 * the last commit is kept, and SQLite rolls the rest back when the file is opened again.
 */

export interface SqliteDriver extends Driver {
  /** The write connection, for migrations. Use it only while nothing else uses the driver. */
  readonly writer: SqliteConnection;
}

/** Opens the database file. Without a path, opens a database in memory. */
export function openSqlite(options: { path?: string; clock: Clock }): SqliteDriver {
  const { path, clock } = options;
  const writing = new Mutex();
  const inside = new AsyncLocalStorage<{ open: boolean }>();
  const writer = connect(path, clock, WRITER_PRAGMAS);
  const reader = path === undefined ? undefined : connect(path, clock, READER_PRAGMAS);
  const watch = path === undefined ? undefined : new FileWatch([path, `${path}-wal`]);
  let closing: Promise<void> | undefined;

  // A transaction that waits in the queue for itself would wait forever.
  const enqueue = <T>(work: () => Promise<T>): Promise<T> => {
    if (inside.getStore()?.open) {
      return Promise.reject(
        new SegflowError(
          'internal',
          'the store was used inside one of its transactions: use the transaction',
        ),
      );
    }
    return writing.run(work);
  };

  const queued: Connection = {
    query: (text, params) => enqueue(() => writer.query(text, params)),
    execute: (text, params) => enqueue(() => writer.execute(text, params)),
    write: (text, rows) => enqueue(() => writer.write(text, rows)),
    describe: (text) => enqueue(() => writer.describe(text)),
  };

  return {
    product: 'embedded store',
    dialect: sqliteDialect,
    writer,
    reads: reader && watch ? watched(reader, watch) : queued,
    shared: false,
    now: async () => clock.now(),
    transaction: (work) =>
      enqueue(async () => {
        await writer.execute('begin immediate', []);
        const here = { open: true };
        try {
          const result = await inside.run(here, () => work(writer));
          await writer.execute('commit', []);
          watch?.check();
          return result;
        } catch (error) {
          await rollback(writer);
          throw error;
        } finally {
          here.open = false;
        }
      }),
    close() {
      closing ??= writing.run(async () => {
        reader?.close();
        writer.close();
      });
      return closing;
    },
  };
}

/**
 * After this many pages, the log is written into the database; the log also has this size when
 * idle. A larger value means that frequently changed pages are written less often. Recovery reads
 * at most this much.
 */
const LOG_PAGES = 8192;
const WRITER_PRAGMAS = [
  'synchronous = full',
  'cache_size = -65536',
  `wal_autocheckpoint = ${LOG_PAGES}`,
  `journal_size_limit = ${LOG_PAGES * 4096}`,
];
// LIKE is case-sensitive, as in MySQL with a binary collation: that of JSON values and of Segflow's
// columns.
const PRAGMAS = [
  'busy_timeout = 5000',
  'journal_mode = wal',
  'temp_store = memory',
  'case_sensitive_like = on',
];
const READER_PRAGMAS = ['query_only = on', 'cache_size = -32768'];

function connect(path: string | undefined, clock: Clock, pragmas: string[]): SqliteConnection {
  let db: Database | undefined;
  try {
    if (path !== undefined && !existsSync(path)) createForOwner(path);
    db = new Database(path ?? ':memory:', { create: true, readwrite: true });
    for (const pragma of [...PRAGMAS, ...pragmas]) db.run(`pragma ${pragma}`);
    registerFunctions(db, () => clock.now());
    return new SqliteConnection(db);
  } catch (error) {
    db?.close();
    throw wrapSqliteError(error);
  }
}

/** SQLite gives the files next to a database the mode of the database. */
function createForOwner(path: string): void {
  try {
    closeSync(openSync(path, 'a', 0o600));
  } catch {
    // SQLite's own error describes the problem better.
  }
}

/**
 * SQLite may already have rolled back automatically (disk full); then there is nothing to roll
 * back.
 */
async function rollback(writer: SqliteConnection): Promise<void> {
  try {
    await writer.execute('rollback', []);
  } catch {}
}

/** Reads fail once the files are gone, so that a health check notices. */
function watched(reader: SqliteConnection, watch: FileWatch): Connection & { close(): void } {
  return {
    async query(text, params) {
      watch.checkNowAndThen();
      return reader.query(text, params);
    },
    execute: (text, params) => reader.execute(text, params),
    write: (text, rows) => reader.write(text, rows),
    describe: (text) => reader.describe(text),
    close: () => reader.close(),
  };
}
