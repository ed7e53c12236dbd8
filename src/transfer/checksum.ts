import { createHash } from 'node:crypto';
import { canonicalJson } from '../core/json.ts';
import type { Driver, Row, Scalar } from '../store/driver/driver.ts';
import { pagesOf, valuesOf } from './pages.ts';
import type { TransferTable } from './tables.ts';

export interface Checksum {
  rows: number;
  /**
   * 32 hexadecimal digits: the sum of the rows' hashes, which does not depend on a database's sort
   * order.
   */
  sum: string;
}

/**
 * The checksum of all rows of a table, by value: how a database formats its JSON does not matter.
 */
export async function tableChecksum(
  driver: Driver,
  table: TransferTable,
  onRows: (count: number) => void,
): Promise<Checksum> {
  const lanes = new Uint32Array(4);
  let count = 0;
  for await (const rows of pagesOf(driver, table, undefined)) {
    for (const row of rows) {
      const hash = hashOf(table, row);
      for (let lane = 0; lane < 4; lane++) lanes[lane]! += hash.readUInt32LE(4 * lane);
    }
    count += rows.length;
    onRows(rows.length);
  }
  return { rows: count, sum: [...lanes].map((lane) => lane.toString(16).padStart(8, '0')).join('') };
}

/** Counts the rows of a table, up to `most`. */
export async function countOf(driver: Driver, table: string, most?: number): Promise<number> {
  const from = most === undefined ? table : `(select 1 from ${table} limit ${most}) some_rows`;
  const [row] = await driver.reads.query(`select count(*) as n from ${from}`, []);
  return Number(row!.n);
}

function hashOf(table: TransferTable, row: Row): Buffer {
  const values = valuesOf(table, row).map((value, index) => normal(value, table.json[index]!));
  return createHash('sha256').update(JSON.stringify(values)).digest();
}

function normal(value: Scalar, isJson: boolean): string | number | null {
  if (value === null || typeof value === 'number') return value;
  if (typeof value !== 'string') return Buffer.from(value).toString('base64');
  return isJson ? canonicalJson(JSON.parse(value)) : value;
}
