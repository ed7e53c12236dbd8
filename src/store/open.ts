import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Clock } from '../core/clock.ts';
import { messageOf, SegflowError } from '../core/errors.ts';
import { prepareToServe } from './driver/instance-state.ts';
import {
  type MigrationStatus,
  pendingMigrations,
  printMigrations,
  refusePending,
  statusOf,
} from './driver/migrations.ts';
import { mysqlMigrations } from './mysql/migrations.ts';
import { migrateDatabase, openMysqlStore, statusOfDatabase } from './open-mysql.ts';
import { databaseFile, hasStore } from './sqlite/database-file.ts';
import { openSqlite } from './sqlite/driver.ts';
import { closeMark, refuseExchangedStore, refuseLostStore, writeMark } from './sqlite/folder-mark.ts';
import { giveToOwner } from './sqlite/folder-owner.ts';
import { lockFolder } from './sqlite/lock.ts';
import { appliedMigrations, migrateSqlite } from './sqlite/migrate.ts';
import { sqliteMigrations } from './sqlite/migrations.ts';
import { type DisposableStore, storeOn } from './store.ts';

/**
 * Where the data is: a MySQL or MariaDB database, the embedded store in a folder, or the embedded
 * store in memory.
 */
export type StoreLocation = { url: string } | { dataDir: string };

export type StoreOptions = (StoreLocation | { memory: true }) & {
  clock: Clock;
  /** Refuses a database whose schema is not up to date, instead of migrating it. */
  noMigrate?: boolean;
  /** The database also uses the time of `clock`: for tests (with a `url`). */
  followClock?: boolean;
  /** Opens the store although the instance was moved elsewhere, and undoes the move. */
  force?: boolean;
};

/**
 * Opens the store. For a `url` see openMysqlStore. For the embedded store: creates the data folder
 * (mode 0700), takes its lock and brings the schema up to date. Throws `store_locked`,
 * `schema_newer`, `unavailable`, and `conflict` when the instance was moved elsewhere.
 */
export async function openStore(options: StoreOptions): Promise<DisposableStore> {
  const { clock } = options;
  if ('url' in options) return openMysqlStore(options);
  const dataDir = 'dataDir' in options ? makeFolder(options.dataDir) : undefined;
  const lock = dataDir === undefined ? undefined : lockFolder(dataDir);
  const force = options.force ?? false;
  try {
    if (dataDir !== undefined && !force) refuseLostStore(dataDir);
    const driver = openSqlite(dataDir === undefined ? { clock } : { path: databaseFile(dataDir), clock });
    let instanceId = '';
    try {
      lock?.claim();
      if (options.noMigrate) {
        refusePending(
          `the store in ${dataDir}`,
          pendingMigrations(sqliteMigrations, await appliedMigrations(driver.writer)),
        );
      } else await migrateSqlite(driver.writer, { migrations: sqliteMigrations, clock });
      if (dataDir !== undefined) {
        // A store that is only half received has no such row yet, and is refused below.
        const [row] = await driver.writer.query('select id from instance', []);
        instanceId = String(row?.id ?? '');
        if (row && !force) refuseExchangedStore(dataDir, instanceId);
      }
      await prepareToServe(driver, { clock, force });
      if (dataDir !== undefined) writeMark(dataDir, { instanceId, open: true });
    } catch (error) {
      await driver.close();
      throw error;
    }
    let released: Promise<void> | undefined;
    const close = () => {
      if (dataDir !== undefined && !released) closeMark(dataDir, instanceId);
      released ??= driver.close().finally(() => lock?.release());
      return released;
    };
    return storeOn({ ...driver, close });
  } catch (error) {
    lock?.release();
    throw error;
  }
}

/**
 * Brings the schema up to date. Returns the migrations that ran. Throws `store_locked` while a
 * server uses the data folder.
 */
export async function migrate(options: StoreLocation & { clock: Clock }): Promise<MigrationStatus[]> {
  if ('url' in options) return migrateDatabase(options.url);
  const dataDir = makeFolder(options.dataDir);
  const lock = lockFolder(dataDir);
  try {
    refuseLostStore(dataDir);
    const driver = openSqlite({ path: databaseFile(dataDir), clock: options.clock });
    try {
      const ran = await migrateSqlite(driver.writer, { migrations: sqliteMigrations, clock: options.clock });
      return statusOf(ran, await appliedMigrations(driver.writer));
    } finally {
      await driver.close();
    }
  } finally {
    lock.release();
    giveToOwner(dataDir);
  }
}

/**
 * Every migration with the time when it ran. Changes nothing, and works while a server runs. Throws
 * `schema_newer`.
 */
export async function migrationStatus(options: StoreLocation & { clock: Clock }): Promise<MigrationStatus[]> {
  if ('url' in options) return statusOfDatabase(options.url);
  if (!hasStore(options.dataDir)) return statusOf(sqliteMigrations, []);
  const driver = openSqlite({ path: databaseFile(options.dataDir), clock: options.clock });
  try {
    const applied = await appliedMigrations(driver.writer);
    pendingMigrations(sqliteMigrations, applied);
    return statusOf(sqliteMigrations, applied);
  } finally {
    await driver.close();
  }
}

/** The SQL of all migrations, as text to read. */
export function migrationSql(on: 'embedded' | 'mysql' = 'embedded'): string {
  return printMigrations(on === 'mysql' ? mysqlMigrations : sqliteMigrations);
}

function makeFolder(path: string): string {
  const folder = resolve(path);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new SegflowError(
      'unavailable',
      `the data folder ${folder} cannot be created: ${messageOf(error)}`,
      {
        hint: 'Choose a folder that this user may write, with --data.',
        cause: error,
      },
    );
  }
  return folder;
}
