import { getTableColumns, is } from 'drizzle-orm';
import { getTableConfig, type MySqlColumn, MySqlTable } from 'drizzle-orm/mysql-core';
import * as people from '../schema/index.ts';
import * as own from '../store/driver/tables.ts';

/** A table as a transfer sees it: every column, the key that gives rows their order, and what needs care. */
export interface TransferTable {
  name: string;
  table: MySqlTable;
  columns: MySqlColumn[];
  /** One or two columns. */
  key: MySqlColumn[];
  /** Which columns hold JSON: the same value may be written in many ways. */
  json: boolean[];
  /** Ids are given by the database: the next one must be a new one. */
  generatesIds: boolean;
  /** Rows read at once. */
  page: number;
}

/**
 * All that an instance consists of; not who works on it where it is (`nodes`, `slots`), nor what is recorded about the move
 * itself. The instance's own row is last: it names the whole.
 */
export const transferTables: TransferTable[] = [...Object.values(people), ...Object.values(own)]
  .filter((table) => is(table, MySqlTable))
  .filter((table) => table !== own.instanceState)
  .map(describe)
  .sort((a, b) => Number(a.table === own.instance) - Number(b.table === own.instance));

/** Tables that hold rows as soon as an instance is made, before anybody has used it. */
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
    // A deployment's code may be megabytes, a run's journal tens of kilobytes.
    page: table === people.deployments ? 4 : 500,
  };
}
