import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { systemClock } from '../../src/core/clock.ts';
import { openMysql } from '../../src/store/mysql/driver.ts';
import { migrateMysql, pendingMysql } from '../../src/store/mysql/migrate.ts';
import { type MysqlMigration, mysqlMigration, mysqlMigrations } from '../../src/store/mysql/migrations.ts';
import { migrate, migrationStatus, openStore } from '../../src/store/open.ts';
import { user } from './conformance/rows.ts';
import { createDatabase, type TestDatabase } from './database.ts';
import { FIRST_RELEASE, TODAY } from './first-release.ts';

const clock = systemClock;

const ALL = mysqlMigrations.map(({ version }) => version);

export function serverMigrations(name: string, serverUrl: string | undefined): void {
  describe.skipIf(serverUrl === undefined)(name, () => {
    let database: TestDatabase;
    beforeEach(async () => {
      database = await createDatabase(serverUrl!);
    });
    afterEach(() => database[Symbol.asyncDispose]());

    const run = async (migrations: MysqlMigration[]) => {
      const driver = await openMysql({ url: database.url });
      try {
        return await driver.session((connection) => migrateMysql(connection, migrations));
      } finally {
        await driver.close();
      }
    };

    test('run once, and tell when', async () => {
      const { url } = database;
      const before = await migrationStatus({ url, clock });
      expect(before.map(({ version, appliedAt }) => [version, appliedAt])).toEqual(
        ALL.map((version) => [version, undefined]),
      );
      expect((await migrate({ url, clock })).map(({ version }) => version)).toEqual(ALL);
      expect(await migrate({ url, clock })).toEqual([]);
      const [first] = await migrationStatus({ url, clock });
      expect(first!.appliedAt).toBeGreaterThan(0);
    });

    test('of several that start together, one runs them', async () => {
      const { url } = database;
      const ran = await Promise.all(Array.from({ length: 5 }, () => migrate({ url, clock })));
      expect(ran.flat().map(({ version }) => version)).toEqual(ALL);
      const ids = new Set<string>();
      for (let round = 0; round < 2; round++) {
        const store = await openStore({ url, clock });
        ids.add(await store.instanceId());
        await store.close();
      }
      expect(ids.size).toBe(1);
    });

    test('one that was killed at any step is run again to its end', async () => {
      for (const [at, migration] of mysqlMigrations.entries()) {
        for (let done = 0; done <= migration.steps.length; done++) {
          const half = {
            ...migration,
            steps: [...migration.steps.slice(0, done), 'this is where it was killed'],
          };
          await expect(run([...mysqlMigrations.slice(0, at), half])).rejects.toMatchObject({
            code: 'internal',
          });
          const [rows] = await database.pool.query(
            'select applied_at from schema_migrations order by version desc limit 1',
          );
          expect(rows).toMatchObject([{ applied_at: null }]);
        }
        const ran = await run(mysqlMigrations.slice(0, at + 1));
        expect(ran.map(({ version }) => version)).toEqual([migration.version]);
      }
      const store = await openStore({ url: database.url, clock, noMigrate: true });
      await store.putUsers([user('ann')]);
      expect((await store.counts()).users).toBe(1);
      await store.close();
    }, 180_000);

    test('carry over what the first release wrote, also when they are killed and run again', async () => {
      const { pool } = database;
      await run(mysqlMigrations.slice(0, 1));
      for (const statement of FIRST_RELEASE) await pool.query(statement);
      for (const [at, migration] of mysqlMigrations.entries()) {
        if (at === 0) continue;
        const killed = { ...migration, steps: [...migration.steps, 'this is where it was killed'] };
        await expect(run([...mysqlMigrations.slice(0, at), killed])).rejects.toMatchObject({
          code: 'internal',
        });
      }
      await run(mysqlMigrations);
      for (const [query, expected] of TODAY) {
        const [rows] = await pool.query(query);
        expect((rows as object[]).map((row) => ({ ...row }))).toEqual(expected);
      }
    });

    test('a column that is there already is tolerated only in a migration that was begun before', async () => {
      const { url, pool } = database;
      await migrate({ url, clock });
      const next = (name: string) =>
        mysqlMigration({ version: ALL.length + 1, name }, ['alter table users add column extra int']);
      const broken = { ...next('extra'), steps: [...next('extra').steps, 'this is where it was killed'] };
      await expect(run([...mysqlMigrations, broken])).rejects.toMatchObject({ code: 'internal' });
      expect(await run([...mysqlMigrations, next('extra')])).toHaveLength(1);
      await pool.query('delete from schema_migrations where version = ?', [ALL.length + 1]);
      await expect(run([...mysqlMigrations, next('extra')])).rejects.toMatchObject({ code: 'internal' });
    });

    test('a newer schema, or another one, is refused', async () => {
      const { url, pool } = database;
      await migrate({ url, clock });
      await pool.query(
        "insert into schema_migrations (version, name, checksum, started_at, applied_at) values (99, 'later', 'x', now(3), null)",
      );
      for (const open of [openStore, migrate, migrationStatus]) {
        await expect(open({ url, clock })).rejects.toMatchObject({ code: 'schema_newer' });
      }
      await pool.query('delete from schema_migrations where version = 99');
      await pool.query("update schema_migrations set checksum = 'other'");
      await expect(openStore({ url, clock })).rejects.toMatchObject({ code: 'schema_newer' });
    });

    test('a database of another program is refused, and left as it is', async () => {
      const { url, pool } = database;
      await pool.query('create table users (id int)');
      for (const open of [openStore, migrate]) {
        await expect(open({ url, clock })).rejects.toMatchObject({
          code: 'conflict',
          message: expect.stringMatching(/tables that do not belong to this Segflow: users$/),
        });
      }
      await pool.query('drop table users');
      await pool.query('create table schema_migrations (version varchar(255))');
      for (const open of [openStore, migrate, migrationStatus]) {
        await expect(open({ url, clock })).rejects.toThrow(/not belong to this Segflow: schema_migrations$/);
      }
      const [tables] = await pool.query('show tables');
      expect(tables).toHaveLength(1);
    });

    test('without leave to migrate, a schema that is behind is refused', async () => {
      const { url } = database;
      const refused = openStore({ url, clock, noMigrate: true });
      await expect(refused).rejects.toMatchObject({ code: 'unavailable' });
      await expect(refused).rejects.toThrow(`lacks ${ALL.length} migration(s)`);
      const driver = await openMysql({ url });
      expect(await driver.session((connection) => pendingMysql(connection, mysqlMigrations))).toHaveLength(
        ALL.length,
      );
      await driver.close();
    });

    test('a database that is not there, a wrong password, nobody at the port: one line each', async () => {
      const cases: [part: Partial<URL>, says: RegExp][] = [
        [{ pathname: '/not-there' }, /there is no database/],
        [{ password: 'wrong-secret' }, /refused the user or the password/],
        [{ port: '1' }, /nothing answers/],
        [{ hostname: 'no-such-host.invalid' }, /is not known/],
      ];
      for (const [part, says] of cases) {
        const url = Object.assign(new URL(database.url), part).href;
        const error = await openStore({ url, clock }).catch((caught) => caught);
        expect(error).toMatchObject({ code: 'unavailable', message: expect.stringMatching(says) });
        expect(Bun.inspect(error, { depth: 10 })).not.toMatch(/wrong-secret|segflow:segflow/);
      }
    });

    test('a user who must use TLS and does not is told how', async () => {
      const { url, pool } = database;
      const name = `tls_${crypto.randomUUID().slice(0, 8)}`;
      await pool.query(`create user '${name}'@'%' identified by 'tls-secret' require ssl`);
      try {
        const mine = Object.assign(new URL(url), { username: name, password: 'tls-secret' }).href;
        const error = await openStore({ url: mine, clock }).catch((caught) => caught);
        expect(error).toMatchObject({ code: 'unavailable', hint: expect.stringContaining('?ssl=required') });
      } finally {
        await pool.query(`drop user '${name}'@'%'`);
      }
    });
  });
}
