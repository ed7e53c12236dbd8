import { readMigrationFiles } from '../driver/embedded-migrations.ts' with { type: 'macro' };
import { fileName, type Migration, withoutHeader } from '../driver/migrations.ts';

/** Append only: a migration that was ever released is never changed, but for the comment at its head. */
export const sqliteMigrations: Migration[] = Object.entries(readMigrationFiles('sqlite')).map(
  ([file, text]) => ({ ...fileName(file), sql: withoutHeader(text) }),
);
