import type { SQL } from 'drizzle-orm';
import { sql } from 'drizzle-orm';
import type { MySqlColumn, MySqlTable } from 'drizzle-orm/mysql-core';
import type { Connection, Dialect, Outcome, RowsText, RowUpdate, Scalar } from './driver.ts';
import { names, render } from './statement.ts';

/** A statement that writes many rows at once, cut into the dialect's chunks. */
export interface Bulk {
  write(
    on: { connection: Connection; dialect: Dialect },
    rows: readonly (readonly Scalar[])[],
  ): Promise<Outcome[]>;
}

/** INSERT of rows of `columns`; `ending` says what to do with rows that exist. */
export function bulkInsert(insert: {
  into: MySqlTable;
  columns: MySqlColumn[];
  ending?: (dialect: Dialect) => SQL;
}): Bulk {
  return bulk((dialect) => ({
    head: render(sql`insert into ${insert.into} (${names(insert.columns)}) values `).text,
    row: `(${insert.columns.map(() => '?').join(', ')})`,
    between: ', ',
    tail: insert.ending ? render(sql` ${insert.ending(dialect)}`).text : '',
  }));
}

/** UPDATE of rows by key: each row is the key, then the new values. */
export function bulkUpdate(update: RowUpdate): Bulk {
  return bulk((dialect) => dialect.updateRows(update));
}

/** The sizes of the chunks; where a statement's length is limited, few enough rows that long ones fit. */
function sizesOf(rows: readonly (readonly Scalar[])[], { chunks, maxLength }: Dialect): number[] {
  if (maxLength === undefined) return chunks(rows.length);
  const sizes: number[] = [];
  let count = 0;
  let length = 0;
  for (const row of rows) {
    const more = row.reduce<number>((sum, value) => sum + lengthOf(value), 0);
    if (count > 0 && length + more > maxLength) {
      sizes.push(...chunks(count));
      count = 0;
      length = 0;
    }
    count++;
    length += more;
  }
  sizes.push(...chunks(count));
  return sizes;
}

function lengthOf(value: Scalar): number {
  if (typeof value === 'string') return value.length;
  return value instanceof Uint8Array ? 2 * value.length : 8;
}

/** How many rows all chunks changed together. */
export function changed(outcomes: Outcome[]): number {
  return outcomes.reduce((sum, outcome) => sum + outcome.changes, 0);
}

function bulk(build: (dialect: Dialect) => RowsText): Bulk {
  const texts = new WeakMap<Dialect, { parts: RowsText; bySize: Map<number, string> }>();
  return {
    async write({ connection, dialect }, rows) {
      let known = texts.get(dialect);
      if (!known) {
        known = { parts: build(dialect), bySize: new Map() };
        texts.set(dialect, known);
      }
      const outcomes: Outcome[] = [];
      let from = 0;
      for (const size of sizesOf(rows, dialect)) {
        let text = known.bySize.get(size);
        if (text === undefined) {
          const { head, row, between, tail } = known.parts;
          text = head + Array<string>(size).fill(row).join(between) + tail;
          known.bySize.set(size, text);
        }
        outcomes.push(await connection.execute(text, rows.slice(from, from + size).flat()));
        from += size;
      }
      return outcomes;
    },
  };
}
