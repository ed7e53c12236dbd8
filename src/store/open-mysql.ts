import type { Clock } from '../core/clock.ts';
import { prepareToServe } from './driver/instance-state.ts';
import { type MigrationStatus, refusePending, statusOf } from './driver/migrations.ts';
import { type MysqlDriver, openMysql } from './mysql/driver.ts';
import { appliedMysql, migrateMysql, pendingMysql } from './mysql/migrate.ts';
import { mysqlMigrations } from './mysql/migrations.ts';
import { type DisposableStore, storeOn } from './store.ts';

/**
 * Opens the store in a MySQL or MariaDB database and brings its schema up to date; processes that
 * start at the same time wait for each other. Throws
 * - `invalid_input` for a wrong URL;
 * - `unavailable` when the server cannot be reached or refuses the connection, or (with
 *   `noMigrate`) when the schema is not up to date;
 * - `store_unsupported` when the server is too old;
 * - `schema_newer` when a newer Segflow has migrated the database;
 * - `conflict` when the instance was moved elsewhere.
 */
export async function openMysqlStore(options: {
  url: string;
  clock: Clock;
  noMigrate?: boolean;
  followClock?: boolean;
  force?: boolean;
}): Promise<DisposableStore> {
  const { url, clock, noMigrate = false, followClock = false, force = false } = options;
  const driver = await openMysql({ url, ...(followClock ? { clock } : {}) });
  try {
    if (noMigrate) await requireMigrated(driver);
    else await driver.session((connection) => migrateMysql(connection, mysqlMigrations));
    await prepareToServe(driver, { clock, force });
  } catch (error) {
    await driver.close();
    throw error;
  }
  return storeOn(driver);
}

/** Brings the schema up to date. Returns the migrations that ran. */
export function migrateDatabase(url: string): Promise<MigrationStatus[]> {
  return briefly(url, (driver) =>
    driver.session(async (connection) => {
      const ran = await migrateMysql(connection, mysqlMigrations);
      return statusOf(ran, await appliedMysql(connection));
    }),
  );
}

/** Every migration with the time when it ran. Changes nothing. Throws `schema_newer`. */
export function statusOfDatabase(url: string): Promise<MigrationStatus[]> {
  return briefly(url, (driver) =>
    driver.session(async (connection) => {
      await pendingMysql(connection, mysqlMigrations);
      return statusOf(mysqlMigrations, await appliedMysql(connection));
    }),
  );
}

async function requireMigrated(driver: MysqlDriver): Promise<void> {
  refusePending(
    driver.shown,
    await driver.session((connection) => pendingMysql(connection, mysqlMigrations)),
  );
}

async function briefly<T>(url: string, work: (driver: MysqlDriver) => Promise<T>): Promise<T> {
  const driver = await openMysql({ url });
  try {
    return await work(driver);
  } finally {
    await driver.close();
  }
}
