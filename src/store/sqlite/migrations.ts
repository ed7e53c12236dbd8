import { readMigrationFiles } from '../driver/embedded-migrations.ts' with { type: 'macro' };
import { fileName, type Migration, withoutHeader } from '../driver/migrations.ts';

/** Append only: a released migration never changes, except for the comment at its head. */
export const sqliteMigrations: Migration[] = Object.entries(readMigrationFiles('sqlite')).map(
  ([file, text]) => ({ ...fileName(file), sql: withoutHeader(text) }),
);
