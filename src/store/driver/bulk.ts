import type { SQL } from 'drizzle-orm';
import { sql } from 'drizzle-orm';
import type { MySqlColumn, MySqlTable } from 'drizzle-orm/mysql-core';
import type { Connection, Dialect, Outcome, Rows, RowsText, RowUpdate } from './driver.ts';
import { names, render } from './statement.ts';

/** A statement that writes many rows at once. */
export interface Bulk {
  write(on: { connection: Connection; dialect: Dialect }, rows: Rows): Promise<Outcome[]>;
}

/** INSERT of rows of `columns`. `ending` says what happens to rows that already exist. */
export function bulkInsert(insert: {
  into: MySqlTable;
  columns: MySqlColumn[];
  ending?: (dialect: Dialect) => SQL;
}): Bulk {
  return bulk((dialect) => ({
    head: render(sql`insert into ${insert.into} (${names(insert.columns)}) values `).text,
    row: `(${insert.columns.map(() => '?').join(', ')})`,
    tail: insert.ending ? render(sql` ${insert.ending(dialect)}`).text : '',
  }));
}

/** UPDATE of rows by key: each row is the key, then the new values. */
export function bulkUpdate(update: RowUpdate): Bulk {
  return bulk((dialect) => dialect.updateRows(update));
}

/** The total number of rows that the statements changed. */
export function changedRows(outcomes: Outcome[]): number {
  return outcomes.reduce((sum, outcome) => sum + outcome.changes, 0);
}

function bulk(build: (dialect: Dialect) => RowsText): Bulk {
  const texts = new WeakMap<Dialect, RowsText>();
  return {
    write({ connection, dialect }, rows) {
      let text = texts.get(dialect);
      if (!text) {
        text = build(dialect);
        texts.set(dialect, text);
      }
      return connection.write(text, rows);
    },
  };
}
