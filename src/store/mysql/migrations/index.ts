import type { Migration } from '../../migrations.ts';
import { initial } from './0001-initial.ts';

export interface MysqlMigration extends Migration {
  /** Statements, each of which can be run again. */
  steps: string[];
}

/** Append only: a migration that was ever released is never changed. */
export const mysqlMigrations: MysqlMigration[] = [migration(1, 'initial', initial)];

function migration(version: number, name: string, steps: string[]): MysqlMigration {
  return { version, name, steps, sql: steps.map((step) => `${step};`).join('\n\n') };
}
