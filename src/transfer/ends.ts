import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Clock } from '../core/clock.ts';
import { SegflowError } from '../core/errors.ts';
import type { Driver } from '../store/driver/driver.ts';
import { openMysql } from '../store/mysql/driver.ts';
import { migrateMysql } from '../store/mysql/migrate.ts';
import { mysqlMigrations } from '../store/mysql/migrations.ts';
import { databaseFile, hasStore } from '../store/sqlite/database-file.ts';
import { openSqlite } from '../store/sqlite/driver.ts';
import { forgetMark, refuseLostStore } from '../store/sqlite/folder-mark.ts';
import { giveToOwner } from '../store/sqlite/folder-owner.ts';
import { lockFolder } from '../store/sqlite/lock.ts';
import { migrateSqlite } from '../store/sqlite/migrate.ts';
import { sqliteMigrations } from '../store/sqlite/migrations.ts';

/** A store at one end of a transfer, with the current schema. */
export interface End extends AsyncDisposable {
  driver: Driver;
  /** For people: a folder, or a URL without its password. */
  shown: string;
  /** The data folder of an embedded store. */
  dataDir: string | undefined;
  /** The last id that the table assigned, or 0. */
  lastId(table: string): Promise<number>;
  /** Makes the table's next id follow `id`. */
  continueAfter(table: string, id: number): Promise<void>;
  /** Removes every row of the table. */
  empty(table: string): Promise<void>;
  /** Names of the processes that use the store now; an embedded store is locked instead. */
  inUseBy(): Promise<string[]>;
}

/**
 * Opens a data folder (and locks it) or a database URL. Throws `not_found` for a missing source,
 * `store_locked` for a folder in use, and the errors of opening a database.
 */
export function openEnd(where: string, options: { clock: Clock; isSource: boolean }): Promise<End> {
  return isDatabaseUrl(where) ? openDatabase(where) : openFolder(resolve(where), options);
}

export function isDatabaseUrl(where: string): boolean {
  return /^[a-z][a-z0-9+.-]+:\/\//i.test(where);
}

const DELETED_AT_ONCE = 10_000;

async function openFolder(dataDir: string, options: { clock: Clock; isSource: boolean }): Promise<End> {
  const path = databaseFile(dataDir);
  if (options.isSource && !hasStore(dataDir)) {
    throw new SegflowError('not_found', `there is no embedded store in ${dataDir}`, {
      hint: 'Name the data folder, or the database URL, with --from.',
    });
  }
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  await using opened = new AsyncDisposableStack();
  opened.defer(() => giveToOwner(dataDir));
  opened.adopt(lockFolder(dataDir), (it) => it.release());
  if (options.isSource) refuseLostStore(dataDir);
  else forgetMark(dataDir);
  const driver = opened.adopt(openSqlite({ path, clock: options.clock }), (it) => it.close());
  await migrateSqlite(driver.writer, { migrations: sqliteMigrations, clock: options.clock });
  const kept = opened.move();
  return {
    driver,
    shown: dataDir,
    dataDir,
    async lastId(table) {
      const [row] = await driver.reads.query('select seq from sqlite_sequence where name = ?', [table]);
      return Number(row?.seq ?? 0);
    },
    async continueAfter(table, id) {
      await driver.transaction(async (connection) => {
        const { changes } = await connection.execute(
          'update sqlite_sequence set seq = max(seq, ?) where name = ?',
          [id, table],
        );
        if (changes > 0) return;
        await connection.execute('insert into sqlite_sequence (name, seq) values (?, ?)', [table, id]);
      });
    },
    async empty(table) {
      await driver.transaction((connection) => connection.execute(`delete from ${table}`, []));
    },
    // No other process can have the lock.
    inUseBy: async () => [],
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

async function openDatabase(url: string): Promise<End> {
  const driver = await openMysql({ url });
  try {
    await driver.session((connection) => migrateMysql(connection, mysqlMigrations));
  } catch (error) {
    await driver.close();
    throw error;
  }
  const run = async (text: string) => {
    await driver.session((connection) => connection.run(text));
  };
  return {
    driver,
    shown: driver.shown,
    dataDir: undefined,
    async lastId(table) {
      // Not from information_schema, whose values are cached for a day.
      const [row] = await driver.reads.query(`show create table \`${table}\``, []);
      const [, next = '1'] = /\bAUTO_INCREMENT=(\d+)/.exec(String(row?.['Create Table'])) ?? [];
      return Number(next) - 1;
    },
    continueAfter: (table, id) => run(`alter table \`${table}\` auto_increment = ${id + 1}`),
    async empty(table) {
      // Not TRUNCATE, which needs the right to drop tables. Deletes in parts, because the server
      // keeps everything that it might have to roll back.
      const some = `delete from \`${table}\` limit ${DELETED_AT_ONCE}`;
      let changes = DELETED_AT_ONCE;
      while (changes === DELETED_AT_ONCE) {
        ({ changes } = await driver.transaction((connection) => connection.execute(some, [])));
      }
    },
    async inUseBy() {
      const rows = await driver.reads.query('select name from nodes where expires_at > now(3)', []);
      return rows.map((row) => String(row.name));
    },
    [Symbol.asyncDispose]: () => driver.close(),
  };
}
