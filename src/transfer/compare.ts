import { type Checksum, countOf, tableChecksum } from './checksum.ts';
import type { End } from './ends.ts';
import type { OnProgress } from './progress.ts';
import { transferTables } from './tables.ts';

export interface StoreComparison {
  /** Rows and checksums of the source. */
  tables: { table: string; rows: number; checksum: string }[];
  /** The differences at the target, for people. */
  differences: string[];
}

/** Compares counts and checksums of every table at both ends. */
export async function compareEnds(
  source: End,
  target: End,
  onProgress: OnProgress,
): Promise<StoreComparison> {
  const comparison: StoreComparison = { tables: [], differences: [] };
  for (const table of transferTables) {
    const total = 2 * (await countOf(source.driver, table.name));
    let done = 0;
    const onRows = (rows: number) => {
      done += rows;
      onProgress(`checking ${table.name}`, done, total);
    };
    const [here, there] = [
      await tableChecksum(source.driver, table, onRows),
      await tableChecksum(target.driver, table, onRows),
    ];
    if (here.rows !== there.rows || here.sum !== there.sum)
      comparison.differences.push(difference(table.name, here, there));
    comparison.tables.push({ table: table.name, rows: here.rows, checksum: here.sum });
  }
  return comparison;
}

function difference(table: string, here: Checksum, there: Checksum): string {
  return here.rows === there.rows
    ? `${table}: the same ${here.rows} rows, not the same values`
    : `${table}: ${here.rows} rows became ${there.rows}`;
}
