import { SegflowError } from '../../core/errors.ts';
import { hash53 } from '../../core/hash.ts';
import { type AppliedMigration, checksumOf, pendingMigrations } from '../driver/migrations.ts';
import { fromTime } from '../driver/times.ts';
import type { MysqlConnection } from './connection.ts';
import { wasDoneBefore } from './errors.ts';
import type { MysqlMigration } from './migrations.ts';
import { altersTable, tableMadeBy } from './split-statements.ts';

/*
 * MySQL commits each DDL statement at once. So a migration is recorded as started, its steps run
 * one by one, and then it is recorded as done. A crash in between leaves the migration started, and
 * the next process runs all its steps again.
 *
 * Each step can therefore run whether or not it ran before: a `create table if not exists`, an
 * UPDATE that finds nothing left to change, or an ALTER TABLE. MySQL applies an ALTER TABLE
 * completely or not at all, and on the second run its first clause is reported as already done.
 *
 * A server lock makes processes that start at the same time migrate one after the other. The lock
 * ends with the session.
 */

/** How many seconds to wait for another process that is migrating. */
const WAIT_SECONDS = 300;

/**
 * Runs the pending migrations. Returns the migrations that ran. Throws `schema_newer`,
 * `unavailable`, `conflict`.
 */
export async function migrateMysql(
  connection: MysqlConnection,
  migrations: MysqlMigration[],
): Promise<MysqlMigration[]> {
  // Most starts find nothing to do, and need no lock to find that out.
  if ((await pendingMysql(connection, migrations)).length === 0) return [];
  const lock = await lockName(connection);
  const [row] = await connection.query(`select get_lock(?, ${WAIT_SECONDS}) as got`, [lock]);
  if (Number(row!.got) !== 1) {
    throw new SegflowError('unavailable', 'another process has been migrating this database for minutes', {
      hint: 'Wait until it finishes, or end it; then start again.',
    });
  }
  try {
    const pending = await pendingMysql(connection, migrations);
    if ((await readHistory(connection)).length === 0) await refuseOthers(connection, migrations);
    await connection.run(HISTORY);
    const started = new Set((await readHistory(connection)).map(({ version }) => version));
    for (const migration of pending) {
      const again = started.has(migration.version);
      await connection.execute(
        `insert into schema_migrations (version, name, checksum, started_at) values (?, ?, ?, now(3))
          on duplicate key update started_at = now(3)`,
        [migration.version, migration.name, checksumOf(migration)],
      );
      for (const step of migration.steps) await runStep(connection, step, { again });
      await connection.execute('update schema_migrations set applied_at = now(3) where version = ?', [
        migration.version,
      ]);
    }
    return pending;
  } finally {
    if (!connection.lost) await connection.query('select release_lock(?)', [lock]);
  }
}

async function runStep(
  connection: MysqlConnection,
  step: string,
  { again }: { again: boolean },
): Promise<void> {
  try {
    await connection.run(step);
  } catch (error) {
    if (!again || !altersTable(step) || !wasDoneBefore(error)) throw error;
  }
}

/** The migrations that are pending or unfinished. Throws `schema_newer`. */
export async function pendingMysql(
  connection: MysqlConnection,
  migrations: MysqlMigration[],
): Promise<MysqlMigration[]> {
  const history = await readHistory(connection);
  pendingMigrations(migrations, history);
  const done = new Set(history.filter((row) => row.done).map(({ version }) => version));
  return migrations.filter(({ version }) => !done.has(version));
}

/** The migrations that are finished. */
export async function appliedMysql(connection: MysqlConnection): Promise<AppliedMigration[]> {
  return (await readHistory(connection)).filter((row) => row.done);
}

async function readHistory(connection: MysqlConnection): Promise<(AppliedMigration & { done: boolean })[]> {
  const columns = await connection.query(
    "select column_name as name from information_schema.columns where table_schema = database() and table_name = 'schema_migrations'",
    [],
  );
  if (columns.length === 0) return [];
  if (!columns.some(({ name }) => name === 'checksum')) throw notOurs(['schema_migrations']);
  const found = await connection.query(
    'select version, name, checksum, started_at, applied_at from schema_migrations order by version',
    [],
  );
  return found.map((row) => ({
    version: Number(row.version),
    name: String(row.name),
    checksum: String(row.checksum),
    appliedAt: fromTime(String(row.applied_at ?? row.started_at)),
    done: row.applied_at !== null,
  }));
}

/**
 * Other programs may have tables with the same names. Segflow's tables would then not be created,
 * and Segflow would write to theirs.
 */
async function refuseOthers(connection: MysqlConnection, migrations: MysqlMigration[]): Promise<void> {
  const own = migrations.flatMap(({ steps }) => steps.flatMap((step) => tableMadeBy(step) ?? []));
  const found = await connection.query(
    'select table_name as name from information_schema.tables where table_schema = database() and table_name in (?) order by 1',
    [own],
  );
  if (found.length > 0) throw notOurs(found.map(({ name }) => String(name)));
}

function notOurs(tables: string[]): SegflowError {
  return new SegflowError(
    'conflict',
    `the database has tables that do not belong to this Segflow: ${tables.join(', ')}`,
    { hint: 'Give Segflow a database of its own: CREATE DATABASE segflow CHARACTER SET utf8mb4.' },
  );
}

async function lockName(connection: MysqlConnection): Promise<string> {
  const [row] = await connection.query('select database() as name', []);
  return `segflow-migrate-${hash53(String(row!.name))}`;
}

const HISTORY = `create table if not exists schema_migrations (
  version int not null primary key,
  name varchar(128) not null,
  checksum char(32) not null,
  started_at datetime(3) not null,
  applied_at datetime(3)
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_bin`;
