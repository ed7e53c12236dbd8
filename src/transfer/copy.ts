import { crashPoint } from '../core/crash-point.ts';
import { SegflowError } from '../core/errors.ts';
import { type Bulk, bulkInsert } from '../store/driver/bulk.ts';
import type { Driver, Row, Scalar } from '../store/driver/driver.ts';
import { readFact, writeFact } from '../store/driver/instance-state.ts';
import { type Key, keyOf, pagesOf, valuesOf } from './pages.ts';
import type { TransferTable } from './tables.ts';

/** A table's progress, recorded in the target together with the rows. */
export interface TableProgress {
  after: Key | null;
  rows: number;
  done: boolean;
}

const NONE: TableProgress = { after: null, rows: 0, done: false };

/** A statement size that every database accepts with its default settings. */
const STATEMENT_BYTES = 4_000_000;

export async function progressOf(target: Driver, table: TransferTable): Promise<TableProgress> {
  const on = { connection: target.reads, dialect: target.dialect };
  return ((await readFact(on, factOf(table))) as TableProgress | undefined) ?? NONE;
}

/**
 * Copies the missing rows of a table. Each page of rows is committed together with its progress, so
 * an interrupted copy continues after its last page, and no row is copied twice.
 */
export async function copyTable(
  { source, target }: { source: Driver; target: Driver },
  table: TransferTable,
  onRows: (count: number) => void,
): Promise<void> {
  const insert = bulkInsert({ into: table.table, columns: table.columns });
  let progress = await progressOf(target, table);
  if (progress.done) return;
  const commit = async (rows: Row[], next: TableProgress) => {
    await target.transaction(async (connection) => {
      const on = { connection, dialect: target.dialect };
      await expectProgress(on, table, progress);
      await writeRows(
        insert,
        on,
        rows.map((row) => valuesOf(table, row)),
      );
      await writeFact(on, factOf(table), next);
    });
    crashPoint('transfer:after-page');
    progress = next;
    onRows(rows.length);
  };
  for await (const rows of pagesOf(source, table, progress.after ?? undefined)) {
    const after = keyOf(table, rows.at(-1)!);
    await commit(rows, { after, rows: progress.rows + rows.length, done: false });
  }
  await commit([], { ...progress, done: true });
}

type On = Parameters<Bulk['write']>[0];

async function writeRows(insert: Bulk, on: On, rows: Scalar[][]): Promise<void> {
  let from = 0;
  let bytes = 0;
  for (let index = 0; index < rows.length; index++) {
    bytes += rows[index]!.reduce<number>((sum, value) => sum + sizeOf(value), 0);
    if (bytes < STATEMENT_BYTES && index < rows.length - 1) continue;
    await insert.write(on, rows.slice(from, index + 1));
    from = index + 1;
    bytes = 0;
  }
}

function sizeOf(value: Scalar): number {
  // A byte of a blob is written as two digits, and a character takes up to four bytes.
  if (value instanceof Uint8Array) return 2 * value.byteLength;
  return typeof value === 'string' ? 2 * value.length : 8;
}

/** Two transfers into one target must not both write. */
async function expectProgress(on: On, table: TransferTable, expected: TableProgress): Promise<void> {
  const found = ((await readFact(on, factOf(table))) as TableProgress | undefined) ?? NONE;
  if (found.rows === expected.rows && found.done === expected.done) return;
  throw new SegflowError('conflict', 'another transfer into this store is running', {
    hint: 'Wait until the other transfer has finished.',
  });
}

function factOf(table: TransferTable): `receiving:${string}` {
  return `receiving:${table.name}`;
}
