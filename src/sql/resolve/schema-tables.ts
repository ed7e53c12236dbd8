import { is, Table } from 'drizzle-orm';
import { getTableConfig, type MySqlTable } from 'drizzle-orm/mysql-core';
import * as schema from '../../schema/index.ts';
import type { Column } from '../ast.ts';
import type { SqlType } from '../sql-type.ts';

/** A Segflow table that queries may read. */
export interface SchemaTable {
  name: string;
  columns: Column[];
  /** The column with the id of the row's user. */
  userColumn: string | undefined;
  /** Unique keys: lists of columns whose values together never repeat and are never NULL. */
  keys: string[][];
}

const TABLES: ReadonlyMap<string, SchemaTable> = new Map(
  Object.values(schema)
    .filter((item) => is(item, Table))
    .map((table) => schemaTable(table as MySqlTable))
    .map((table) => [table.name, table]),
);

/** Names are case-sensitive, as in MySQL on Linux. */
export function schemaTableOf(name: string): SchemaTable | undefined {
  return TABLES.get(name);
}

export function schemaTables(): SchemaTable[] {
  return [...TABLES.values()];
}

/** The tables with rows that belong to users, each with the column of the user's id. */
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
