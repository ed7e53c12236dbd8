import type { Clock } from '../../core/clock.ts';
import type { AppliedMigration, Migration } from '../driver/migrations.ts';
import { checksumOf, pendingMigrations } from '../driver/migrations.ts';
import { fromTime, toTime } from '../driver/times.ts';
import type { SqliteConnection } from './connection.ts';

/**
 * Runs the pending migrations, each together with its record in one transaction. Returns the
 * migrations that ran.
 */
export async function migrateSqlite(
  connection: SqliteConnection,
  options: { migrations: Migration[]; clock: Clock },
): Promise<Migration[]> {
  const pending = pendingMigrations(options.migrations, await appliedMigrations(connection));
  if (pending.length === 0) return [];
  connection.script(HISTORY);
  for (const migration of pending) {
    await connection.execute('begin immediate', []);
    try {
      await connection.execute(
        'insert into schema_migrations (version, name, checksum, applied_at) values (?, ?, ?, ?)',
        [migration.version, migration.name, checksumOf(migration), toTime(options.clock.now())],
      );
      connection.script(migration.sql);
      await connection.execute('commit', []);
    } catch (error) {
      await connection.execute('rollback', []);
      throw error;
    }
  }
  return pending;
}

export async function appliedMigrations(connection: SqliteConnection): Promise<AppliedMigration[]> {
  const tables = await connection.query("select 1 from sqlite_schema where name = 'schema_migrations'", []);
  if (tables.length === 0) return [];
  const rows = await connection.query('select * from schema_migrations order by version', []);
  return rows.map((row) => ({
    version: Number(row.version),
    name: String(row.name),
    checksum: String(row.checksum),
    appliedAt: fromTime(String(row.applied_at)),
  }));
}

const HISTORY = `create table if not exists schema_migrations (
  version integer not null primary key,
  name text not null,
  checksum text not null,
  applied_at text not null
) strict`;
