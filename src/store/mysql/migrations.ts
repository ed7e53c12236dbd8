import { readMigrationFiles } from '../driver/embedded-migrations.ts' with { type: 'macro' };
import { fileName, type Migration } from '../driver/migrations.ts';
import { splitStatements } from './split-statements.ts';

export interface MysqlMigration extends Migration {
  /** Statements, each of which can be run again. */
  steps: string[];
}

/** Append only: the statements of a released migration never change. Comments may change. */
export const mysqlMigrations: MysqlMigration[] = Object.entries(readMigrationFiles('mysql')).map(
  ([file, text]) => mysqlMigration(fileName(file), splitStatements(text)),
);

export function mysqlMigration(id: { version: number; name: string }, steps: string[]): MysqlMigration {
  return { ...id, steps, sql: steps.map((step) => `${step};`).join('\n\n') };
}
