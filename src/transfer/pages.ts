import { type SQL, sql } from 'drizzle-orm';
import type { Driver, Row, Scalar } from '../store/driver/driver.ts';
import { names, render } from '../store/driver/statement.ts';
import type { TransferTable } from './tables.ts';

export type Key = (string | number)[];

/** Pages of a table's rows in the order of its key, after `after`. */
export async function* pagesOf(
  driver: Driver,
  table: TransferTable,
  after: Key | undefined,
): AsyncGenerator<Row[]> {
  let last = after;
  while (true) {
    const rows = await nextPage(driver, table, last);
    if (rows.length === 0) return;
    yield rows;
    last = keyOf(table, rows.at(-1)!);
  }
}

export function keyOf(table: TransferTable, row: Row): Key {
  return table.key.map((column) => row[column.name] as string | number);
}

export function valuesOf(table: TransferTable, row: Row): Scalar[] {
  return table.columns.map((column) => row[column.name]!);
}

/**
 * With a key of two columns: first the remaining rows with the same first value, then the rows
 * after it. Both databases use the index for each part.
 */
async function nextPage(driver: Driver, table: TransferTable, after: Key | undefined): Promise<Row[]> {
  const [first, second] = table.key;
  if (after === undefined) return read(driver, table);
  if (!second) return read(driver, table, sql`${first} > ${after[0]}`);
  const rest = await read(driver, table, sql`${first} = ${after[0]} and ${second} > ${after[1]}`);
  return rest.length > 0 ? rest : read(driver, table, sql`${first} > ${after[0]}`);
}

function read(driver: Driver, table: TransferTable, where?: SQL): Promise<Row[]> {
  const { text, params } = render(
    sql`select ${names(table.columns)} from ${table.table}${where ? sql` where ${where}` : sql``} order by ${names(table.key)} limit ${table.page}`,
  );
  return driver.reads.query(text, params);
}
