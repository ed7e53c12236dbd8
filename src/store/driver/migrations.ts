import { createHash } from 'node:crypto';
import { SegflowError } from '../../core/errors.ts';
import { toTime } from './times.ts';

/*
 * The schema's history: numbered SQL files, embedded in the program. Each applied migration is
 * recorded with the checksum of its SQL, so that Segflow can tell whether a database matches it.
 */

export interface Migration {
  /** 1, 2, 3, … without gaps. */
  version: number;
  name: string;
  sql: string;
}

export interface AppliedMigration {
  version: number;
  name: string;
  checksum: string;
  /** Epoch milliseconds. */
  appliedAt: number;
}

export interface MigrationStatus {
  version: number;
  name: string;
  /** Undefined for a pending migration. */
  appliedAt: number | undefined;
}

/** The version and the name in a file name such as `0001-initial.sql`. */
export function fileName(file: string): { version: number; name: string } {
  const dash = file.indexOf('-');
  return { version: Number(file.slice(0, dash)), name: file.slice(dash + 1, -'.sql'.length) };
}

/** The text of a file without the comment lines at its head. */
export function withoutHeader(text: string): string {
  const lines = text.split('\n');
  return lines.slice(lines.findIndex((line) => !line.startsWith('--'))).join('\n');
}

export function checksumOf(migration: Migration): string {
  return createHash('sha256').update(migration.sql).digest('hex').slice(0, 32);
}

/**
 * The pending migrations. Throws `schema_newer` when the database is from another version of the
 * program.
 */
export function pendingMigrations(migrations: Migration[], applied: AppliedMigration[]): Migration[] {
  for (const row of applied) {
    const known = migrations.find(({ version }) => version === row.version);
    if (!known) {
      throw new SegflowError(
        'schema_newer',
        `the database's schema is version ${row.version}; this Segflow knows versions up to ${migrations.length}`,
        { hint: 'Run the Segflow that last used this database, or a newer one.' },
      );
    }
    if (checksumOf(known) !== row.checksum) {
      throw new SegflowError(
        'schema_newer',
        `migration ${row.version} (${row.name}), run at ${toTime(row.appliedAt)}, differs from the one in this Segflow`,
        {
          hint: 'The database was created by an unreleased Segflow: use that one, or an empty data folder or database.',
        },
      );
    }
  }
  const last = Math.max(0, ...applied.map(({ version }) => version));
  return migrations.filter(({ version }) => version > last);
}

/**
 * Throws `unavailable` when there are any: a server that may not migrate needs an up-to-date
 * schema.
 */
export function refusePending(shown: string, pending: Migration[]): void {
  const [first] = pending;
  if (!first) return;
  throw new SegflowError(
    'unavailable',
    `${shown} lacks ${pending.length} migration(s), the first is ${first.version} (${first.name})`,
    { hint: 'Run segflow migrate, or serve without --no-migrate.', retryable: false },
  );
}

/** Each migration, with the time when it ran. */
export function statusOf(migrations: Migration[], applied: AppliedMigration[]): MigrationStatus[] {
  return migrations.map(({ version, name }) => ({
    version,
    name,
    appliedAt: applied.find((row) => row.version === version)?.appliedAt,
  }));
}

/** The SQL of the migrations as text to read. */
export function printMigrations(migrations: Migration[]): string {
  return migrations.map(({ version, name, sql }) => `-- ${version} ${name}\n${sql.trim()}\n`).join('\n');
}
