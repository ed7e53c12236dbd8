import { Database } from 'bun:sqlite';
import { describe, expect, test } from 'bun:test';
import { SqliteConnection } from '../../src/store/sqlite/connection.ts';
import { openSqlite } from '../../src/store/sqlite/driver.ts';
import { testClock } from '../helpers/clock.ts';
import { temporaryFolder } from './folder.ts';

describe('what SQLite reports', () => {
  test('a key that exists is a conflict, and no parameter is in its message', async () => {
    const connection = new SqliteConnection(new Database(':memory:'));
    connection.script('create table t (email text primary key) strict');
    await connection.execute('insert into t values (?)', ['secret@example.com']);
    const failure = await connection
      .execute('insert into t values (?)', ['secret@example.com'])
      .catch((error) => error);
    expect(failure).toMatchObject({ code: 'conflict' });
    expect(JSON.stringify([failure.message, failure.hint])).not.toContain('secret');
    connection.close();
  });

  test.each([
    ['a missing value', 'insert into t values (1, null)', 'NOTNULL'],
    ['a value that is not allowed', 'insert into t values (1, 0)', 'CHECK'],
    ['a value of another type', "insert into t values (1, 'x')", 'DATATYPE'],
  ])('%s is no conflict of keys', async (_what, statement, kind) => {
    const connection = new SqliteConnection(new Database(':memory:'));
    connection.script('create table t (id integer primary key, n integer not null check (n > 0)) strict');
    const failure = await connection.execute(statement, []).catch((error) => error);
    expect(failure).toMatchObject({ code: 'internal', cause: { code: `SQLITE_CONSTRAINT_${kind}` } });
    expect(failure.message).not.toContain('exists already');
    connection.close();
  });

  test.each([
    ['a rowid', 'insert into t (rowid, n, u) values (1, 2, 2)'],
    ['a unique value', 'insert into t (n, u) values (2, 1)'],
    ['a primary key', 'insert into t (n, u) values (1, 2)'],
  ])('%s that exists is one', async (_what, statement) => {
    const connection = new SqliteConnection(new Database(':memory:'));
    connection.script('create table t (n text primary key, u integer unique)');
    await connection.execute('insert into t (rowid, n, u) values (1, 1, 1)', []);
    const failure = await connection.execute(statement, []).catch((error) => error);
    expect(failure).toMatchObject({ code: 'conflict' });
    connection.close();
  });

  test('a full disk is unavailable, and takes back the transaction', async () => {
    using folder = temporaryFolder();
    const driver = openSqlite({ path: `${folder.path}/full.db`, clock: testClock() });
    driver.writer.script('create table t (data blob); pragma max_page_count = 20');
    const filling = driver.transaction(async (connection) => {
      for (let i = 0; i < 1000; i++) await connection.execute('insert into t values (zeroblob(1000))', []);
    });
    await expect(filling).rejects.toMatchObject({
      code: 'unavailable',
      hint: expect.stringContaining('Free space'),
    });
    expect(await driver.reads.query('select count(*) as n from t', [])).toEqual([{ n: 0 }]);
    await driver.transaction((connection) => connection.execute('insert into t values (zeroblob(10))', []));
    expect(await driver.reads.query('select count(*) as n from t', [])).toEqual([{ n: 1 }]);
    await driver.close();
  });

  test('a database that another connection holds is unavailable', async () => {
    using folder = temporaryFolder();
    const path = `${folder.path}/busy.db`;
    const driver = openSqlite({ path, clock: testClock() });
    driver.writer.script('create table t (n integer); pragma busy_timeout = 1');
    using other = new Database(path);
    other.run('begin immediate');
    const writing = driver.transaction((connection) => connection.execute('insert into t values (1)', []));
    await expect(writing).rejects.toMatchObject({ code: 'unavailable' });
    other.run('rollback');
    await driver.transaction((connection) => connection.execute('insert into t values (1)', []));
    await driver.close();
  });

  test('the read connection writes nothing', async () => {
    using folder = temporaryFolder();
    const driver = openSqlite({ path: `${folder.path}/read.db`, clock: testClock() });
    await expect(driver.reads.execute('create table t (n integer)', [])).rejects.toMatchObject({
      code: 'unavailable',
    });
    await driver.close();
  });
});

test('statements are prepared once a text, and let go when there are too many', async () => {
  const connection = new SqliteConnection(new Database(':memory:'));
  for (let i = 0; i < 1500; i++) {
    expect(await connection.query(`select ${i % 700} as n`, [])).toEqual([{ n: i % 700 }]);
  }
  connection.close();
  await expect(connection.query('select 1', [])).rejects.toMatchObject({ code: 'unavailable' });
});
