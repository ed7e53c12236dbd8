import { getTableColumns, is } from 'drizzle-orm';
import { getTableConfig, type MySqlColumn, MySqlTable } from 'drizzle-orm/mysql-core';
import * as people from '../schema/index.ts';
import * as own from '../store/driver/tables.ts';

/** A table as a transfer sees it: every column, the key that orders the rows, and special cases. */
export interface TransferTable {
  name: string;
  table: MySqlTable;
  columns: MySqlColumn[];
  /** One or two columns. */
  key: MySqlColumn[];
  /** The columns that hold JSON, where the same value may be written in many ways. */
  json: boolean[];
  /** The database assigns the ids, so the next one must be new. */
  generatesIds: boolean;
  /** The number of rows in one read. */
  page: number;
}

/**
 * All tables of an instance, except those about its current processes (`nodes`, `slots`) and about
 * the move itself. The instance's own row is last, because it identifies the whole.
 */
export const transferTables: TransferTable[] = [...Object.values(people), ...Object.values(own)]
  .filter((table) => is(table, MySqlTable))
  .filter((table) => table !== own.instanceState)
  .map(describe)
  .sort((a, b) => Number(a.table === own.instance) - Number(b.table === own.instance));

/** Tables that have rows as soon as an instance is created, before any use. */
export const isMadeWithStore = ({ table }: TransferTable): boolean =>
  table === own.instance || table === own.sweeps;

function describe(table: MySqlTable): TransferTable {
  const { name, primaryKeys } = getTableConfig(table);
  const columns: MySqlColumn[] = Object.values(getTableColumns(table));
  const key = primaryKeys[0]?.columns ?? columns.filter((column) => column.primary);
  return {
    name,
    table,
    columns,
    key,
    json: columns.map((column) => column.dataType === 'json'),
    generatesIds: columns.some((column) => 'autoIncrement' in column && column.autoIncrement === true),
    // A deployment's code may take megabytes, a run's journal tens of kilobytes.
    page: table === people.deployments ? 4 : 500,
  };
}
