import { Database } from 'bun:sqlite';
import { describe, expect, test } from 'bun:test';
import { getTableConfig } from 'drizzle-orm/mysql-core';
import * as schema from '../../src/schema/index.ts';
import type { Row } from '../../src/store/driver/driver.ts';
import {
  checksumOf,
  type Migration,
  pendingMigrations,
  printMigrations,
} from '../../src/store/driver/migrations.ts';
import * as ownTables from '../../src/store/driver/tables.ts';
import { mysqlMigrations } from '../../src/store/mysql/migrations.ts';
import { splitStatements, tableMadeBy } from '../../src/store/mysql/split-statements.ts';
import { SqliteConnection } from '../../src/store/sqlite/connection.ts';
import { appliedMigrations, migrateSqlite } from '../../src/store/sqlite/migrate.ts';
import { sqliteMigrations } from '../../src/store/sqlite/migrations.ts';
import { testClock } from '../helpers/clock.ts';
import { FIRST_RELEASE, TODAY } from './first-release.ts';

const clock = testClock();
const ONE = { version: 1, name: 'one', sql: 'create table one (id integer)' };
const TWO = { version: 2, name: 'two', sql: 'create table two (id integer); insert into two values (2)' };

describe('migrations', () => {
  test('are numbered without gaps', () => {
    expect(sqliteMigrations.map(({ version }) => version)).toEqual(
      sqliteMigrations.map((_, index) => index + 1),
    );
  });

  test('of a release are never changed: a database that ran them would be refused', () => {
    // Those of the first release. A release adds its migrations here.
    const released = (list: Migration[]) =>
      list.slice(0, 1).map((it) => `${it.version} ${it.name} ${checksumOf(it)}`);
    expect(released(sqliteMigrations)).toEqual(['1 initial c673cd3986c29932f05aa1d0de073f24']);
    expect(released(mysqlMigrations)).toEqual(['1 initial a0657b7ec780e03309a7a8541a4bfd23']);
  });

  test('of both kinds of stores have the same numbers and names', () => {
    const names = (list: Migration[]) => list.map(({ version, name }) => [version, name]);
    expect(names(mysqlMigrations)).toEqual(names(sqliteMigrations));
  });

  test('run once, in order, each with its record', async () => {
    const connection = new SqliteConnection(new Database(':memory:'));
    expect(await migrateSqlite(connection, { migrations: [ONE], clock })).toEqual([ONE]);
    expect(await migrateSqlite(connection, { migrations: [ONE, TWO], clock })).toEqual([TWO]);
    expect(await migrateSqlite(connection, { migrations: [ONE, TWO], clock })).toEqual([]);
    expect(await connection.query('select id from two', [])).toEqual([{ id: 2 }]);
    expect(await appliedMigrations(connection)).toEqual(
      [ONE, TWO].map((migration) => ({
        version: migration.version,
        name: migration.name,
        checksum: checksumOf(migration),
        appliedAt: clock.now(),
      })),
    );
    connection.close();
  });

  test('that fail leave nothing, and can be repaired and run', async () => {
    const connection = new SqliteConnection(new Database(':memory:'));
    const broken = { ...TWO, sql: 'create table two (id integer); create nonsense' };
    await expect(migrateSqlite(connection, { migrations: [ONE, broken], clock })).rejects.toThrow();
    expect((await appliedMigrations(connection)).map(({ version }) => version)).toEqual([1]);
    expect(await migrateSqlite(connection, { migrations: [ONE, TWO], clock })).toEqual([TWO]);
    connection.close();
  });

  test('carry over what the first release wrote', async () => {
    const connection = new SqliteConnection(new Database(':memory:'));
    await migrateSqlite(connection, { migrations: sqliteMigrations.slice(0, 1), clock });
    for (const statement of FIRST_RELEASE) await connection.execute(statement, []);
    await migrateSqlite(connection, { migrations: sqliteMigrations, clock });
    for (const [query, rows] of TODAY) expect(await connection.query(query, [])).toEqual(rows as Row[]);
    connection.close();
  });

  test('that the program does not know are refused', () => {
    const applied = [{ version: 2, name: 'two', checksum: checksumOf(TWO), appliedAt: 0 }];
    expect(() => pendingMigrations([ONE], applied)).toThrow(/version 2.*up to 1/);
  });

  test('can be read', () => {
    expect(printMigrations([ONE, TWO])).toBe(
      '-- 1 one\ncreate table one (id integer)\n\n-- 2 two\ncreate table two (id integer); insert into two values (2)\n',
    );
  });

  test('make the tables and columns of the schema', async () => {
    const connection = new SqliteConnection(new Database(':memory:'));
    await migrateSqlite(connection, { migrations: sqliteMigrations, clock });
    const tables = Object.values({ ...schema, ...ownTables }).filter((value) => typeof value === 'object');
    for (const table of tables) {
      const { name, columns } = getTableConfig(table);
      const found = await connection.query(`select name, "notnull" from pragma_table_info('${name}')`, []);
      const notNull = new Map(found.map((row) => [String(row.name), Number(row.notnull) === 1]));
      const wanted = new Map(columns.map((column) => [column.name, column.notNull]));
      // The primary key of a rowid table is never null, whatever the declaration says.
      for (const column of columns) if (column.primary) notNull.set(column.name, true);
      expect([name, Object.fromEntries(notNull)]).toEqual([name, Object.fromEntries(wanted)]);
    }
    connection.close();
  });
});

describe('a migration file of MySQL', () => {
  test('is split at semicolons, but not in text, names and comments', () => {
    const text = [
      '-- It has a comment; with a semicolon.',
      `insert into a values ('it''s; \\'quoted;'), ("two;");`,
      'update `odd;name` set a = 1 # the rest; of the line',
      '  where b = 2 /* or; three */;',
      ';',
    ].join('\n');
    expect(splitStatements(text).map((statement) => statement.replace(/\s+/g, ' '))).toEqual([
      `insert into a values ('it''s; \\'quoted;'), ("two;")`,
      'update `odd;name` set a = 1 where b = 2',
    ]);
  });

  test('that ends in the middle of something is refused', () => {
    expect(() => splitStatements('select 1;\nselect 2')).toThrow(/lacks its semicolon: select 2/);
    expect(() => splitStatements("select 'one;")).toThrow(/is not closed/);
    expect(() => splitStatements('select 1; /* two')).toThrow(/is not closed/);
  });

  test('says which tables it makes', () => {
    expect(tableMadeBy('create table if not exists users (\n id int)')).toBe('users');
    expect(tableMadeBy('alter table users add column a int')).toBeUndefined();
  });
});
