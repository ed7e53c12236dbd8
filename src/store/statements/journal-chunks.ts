import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { sql } from 'drizzle-orm';
import { bulkInsert } from '../driver/bulk.ts';
import type { Context } from '../driver/context.ts';
import { prepared, rows, run } from '../driver/statement.ts';
import { journalChunks } from '../driver/tables.ts';

/** The sealed parts of these runs' journals, concatenated, by run. */
export async function readSealed(on: Context, runIds: number[]): Promise<Map<number, string>> {
  const sealed = new Map<number, string>();
  if (runIds.length === 0) return sealed;
  for (const row of await rows(on, readChunks, { runIds })) {
    const runId = Number(row.run_id);
    const text = inflateRawSync(row.data as Uint8Array).toString('utf8');
    sealed.set(runId, (sealed.get(runId) ?? '') + text);
  }
  return sealed;
}

/** An existing chunk keeps its text: sealing is repeated when the transaction after it was lost. */
export async function writeSealed(
  on: Context,
  chunks: { runId: number; chunk: number; text: string }[],
): Promise<void> {
  await writeChunks.write(
    on,
    chunks.map(({ runId, chunk, text }) => [runId, chunk, deflateRawSync(text)]),
  );
}

export async function dropSealed(on: Context, runIds: number[]): Promise<void> {
  if (runIds.length > 0) await run(on, dropChunks, { runIds });
}

const dropChunks = prepared<{ runIds: number[] }>(
  (param, dialect) =>
    sql`delete from ${journalChunks} where ${dialect.inList(journalChunks.runId, param('runIds'))}`,
);

const readChunks = prepared<{ runIds: number[] }>(
  (param, dialect) => sql`select ${journalChunks.runId}, ${journalChunks.data} from ${journalChunks}
    where ${dialect.inList(journalChunks.runId, param('runIds'))} order by ${journalChunks.runId}, ${journalChunks.chunk}`,
);

const writeChunks = bulkInsert({
  into: journalChunks,
  columns: [journalChunks.runId, journalChunks.chunk, journalChunks.data],
  ending: (dialect) => dialect.orIgnore(journalChunks),
});
