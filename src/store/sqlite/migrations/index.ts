import type { Migration } from '../../migrations.ts';
import { initial } from './0001-initial.ts';

/** Append only: a migration that was ever released is never changed. */
export const sqliteMigrations: Migration[] = [{ version: 1, name: 'initial', sql: initial }];
