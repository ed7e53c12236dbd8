import { sql } from 'drizzle-orm';
import type { MySqlColumn } from 'drizzle-orm/mysql-core';
import type { Dialect, RowsText, RowUpdate } from '../driver/driver.ts';
import { names, render } from '../driver/statement.ts';
import { sqliteSegments } from './segments.ts';

/** Backticks, `?` and row values mean the same in SQLite as in MySQL. These are the differences. */
export const sqliteDialect: Dialect = {
  name: 'sqlite',
  inList: (column, list) => sql`${column} in (select value from json_each(${list}))`,
  inTuples(columns, list) {
    const items = columns.map((_, index) => sql.raw(`value ->> ${index}`));
    return sql`(${sql.join(columns, sql`, `)}) in (select ${sql.join(items, sql`, `)} from json_each(${list}))`;
  },
  index: () => sql``,
  counterShards: 1,
  json: JSON.stringify,
  // A write transaction has the database to itself.
  lock: sql``,
  share: sql``,
  orIgnore: () => sql`on conflict do nothing`,
  orUpdate(key, assignments) {
    const set = assignments.map(([column, value]) => sql`${sql.identifier(column.name)} = ${value}`);
    return sql`on conflict (${names(key)}) do update set ${sql.join(set, sql`, `)}`;
  },
  proposed: (column) => sql`excluded.${sql.identifier(column.name)}`,
  updateRows,
  segments: sqliteSegments(),
};

function updateRows({ table, key, columns, adjust = [] }: RowUpdate): RowsText {
  const given = sql.identifier('given');
  const set = columns.map((column) => {
    const value = sql`${given}.${sql.identifier(column.name)}`;
    const adjusted = adjust.find((entry) => entry.column === column);
    return sql`${sql.identifier(column.name)} = ${adjusted ? adjusted.to(value) : value}`;
  });
  const all: MySqlColumn[] = [key, ...columns];
  return {
    head: `${render(sql`with ${given} (${names(all)}) as (values `).text}`,
    row: `(${all.map(() => '?').join(', ')})`,
    tail: render(
      sql`) update ${table} set ${sql.join(set, sql`, `)} from ${given} where ${key} = ${given}.${sql.identifier(key.name)}`,
    ).text,
  };
}
