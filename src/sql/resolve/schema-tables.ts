import { is, Table } from 'drizzle-orm';
import { getTableConfig, type MySqlTable } from 'drizzle-orm/mysql-core';
import * as schema from '../../schema/index.ts';
import type { Column } from '../ast.ts';
import type { SqlType } from '../sql-type.ts';

/** A table of Segflow's that queries may read. */
export interface SchemaTable {
  name: string;
  columns: Column[];
  /** The column that holds the id of the user a row belongs to. */
  userColumn: string | undefined;
  /** Lists of columns that together have no value twice; none of these is NULL. */
  keys: string[][];
}

const TABLES: ReadonlyMap<string, SchemaTable> = new Map(
  Object.values(schema)
    .filter((item) => is(item, Table))
    .map((table) => schemaTable(table as MySqlTable))
    .map((table) => [table.name, table]),
);

/** Names are told apart by case, as MySQL does on Linux. */
export function schemaTableOf(name: string): SchemaTable | undefined {
  return TABLES.get(name);
}

export function schemaTables(): SchemaTable[] {
  return [...TABLES.values()];
}

/** The tables among these whose rows belong to users, with the column that says to whom. */
export function userTables(names: readonly string[]): { table: string; userColumn: string }[] {
  return names.flatMap((table) => {
    const userColumn = TABLES.get(table)?.userColumn;
    return userColumn === undefined ? [] : [{ table, userColumn }];
  });
}

function schemaTable(table: MySqlTable): SchemaTable {
  const { name, columns, primaryKeys } = getTableConfig(table);
  const own = columns.filter((column) => column.primary).map((column) => [column.name]);
  const together = primaryKeys.map((key) => key.columns.map((column) => column.name));
  return {
    name,
    columns: columns.map((column) => ({ name: column.name, type: typeOf(column.getSQLType()), exprs: [] })),
    userColumn: name === 'users' ? 'id' : columns.find((column) => column.name === 'user_id')?.name,
    keys: [...own, ...together],
  };
}

function typeOf(sql: string): SqlType {
  const [, name = '', size] = /^(\w+)(?:\((\d+)\))?/.exec(sql) ?? [];
  switch (name) {
    case 'bigint':
    case 'int':
    case 'tinyint':
      return { kind: 'integer' };
    case 'datetime':
      return { kind: 'datetime', fsp: Number(size ?? 0) };
    case 'json':
      return { kind: 'json' };
    case 'varchar':
    case 'char':
    case 'text':
      return { kind: 'text', collation: 'utf8mb4_bin', coercibility: 2 };
    default:
      throw new Error(`a column of Segflow's schema has a type without a meaning in SQL: ${sql}`);
  }
}
