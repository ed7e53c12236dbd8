import { copyFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { sql } from 'drizzle-orm';
import type { Clock } from '../core/clock.ts';
import { crashPoint } from '../core/crash-point.ts';
import { SegflowError } from '../core/errors.ts';
import { newId } from '../core/ids.ts';
import type { Driver } from '../store/driver/driver.ts';
import { type Moved, type Receiving, removeFact, writeFact } from '../store/driver/instance-state.ts';
import { render } from '../store/driver/statement.ts';
import { instance } from '../store/driver/tables.ts';
import { toTime } from '../store/driver/times.ts';
import { countOf } from './checksum.ts';
import { compareEnds, type StoreComparison } from './compare.ts';
import { confirmComplete } from './complete.ts';
import { copyTable, progressOf } from './copy.ts';
import { type End, isDatabaseUrl, openEnd } from './ends.ts';
import { changeFacts, fact } from './facts.ts';
import type { OnProgress } from './progress.ts';
import { isMadeWithStore, transferTables } from './tables.ts';

/*
 * Moves an instance from one store to another. States, each durable before the next begins:
 *
 *   source                     target
 *   served                     empty
 *   moved (not done)           empty                 started: the source is no longer served
 *   moved (not done)           receiving             rows are copied, a page and its progress in one transaction
 *   moved (not done)           served                checked: counts and checksums of every table agree
 *   moved (done)               served
 *
 * Running an interrupted transfer again continues it: the id of the transfer is at both ends. If
 * the source was served in between (which removes the mark), the target's rows are out of date, and
 * the copy starts over. Running a finished transfer again moves nothing, and compares both ends
 * (complete.ts). Tables are copied unchanged, including ids, times, memberships, journals and
 * messages, so only the operator notices.
 */

export interface TransferOptions {
  from: string;
  to: string;
  /** Move a source even though it was moved elsewhere before. */
  force: boolean;
  clock: Clock;
  onProgress: OnProgress;
}

export interface TransferResult {
  from: string;
  to: string;
  instanceId: string;
  /**
   * `resumed`: an interrupted transfer was continued. `finished`: only the last mark was missing.
   * `complete`: everything had been done, and both ends are still the same.
   */
  course: 'new' | 'resumed' | 'started over' | 'finished' | 'complete';
  /**
   * Rows and checksums, the same at both ends. Empty when the course is `finished`, because the
   * target may already be in use.
   */
  tables: StoreComparison['tables'];
  /** Data folders of embedded stores, which hold the keys. */
  fromDataDir: string | null;
  toDataDir: string | null;
  /** Key files that were copied from folder to folder. */
  keys: string[];
}

/**
 * Throws `store_locked` or `conflict` when either end is in use or the target holds something else
 * (it may hold the same instance if nothing differs), `invalid_input` when both ends are the same
 * store, `unavailable`, `not_found`.
 */
export async function transfer(options: TransferOptions): Promise<TransferResult> {
  const { clock, onProgress } = options;
  refuseSame(options);
  await using source = await openEnd(options.from, { clock, isSource: true });
  await using target = await openEnd(options.to, { clock, isSource: false });
  const { id, instanceId, course } = await begin(source, target, options);
  const result = {
    from: source.shown,
    to: target.shown,
    instanceId,
    course,
    fromDataDir: source.dataDir ?? null,
    toDataDir: target.dataDir ?? null,
  };
  if (course === 'complete') {
    return { ...result, tables: await confirmComplete(source, target, options), keys: [] };
  }
  const tables = course === 'finished' ? [] : await copyAll(source, target, onProgress);
  const keys = await copyKeys(source, target);
  crashPoint('transfer:before-finish');
  await finish(source, target, id);
  return { ...result, tables, keys };
}

interface Begun {
  id: string;
  instanceId: string;
  course: TransferResult['course'];
}

async function begin(source: End, target: End, options: TransferOptions): Promise<Begun> {
  await refuseUse(source, 'source');
  const instanceId = await instanceIdOf(source.driver);
  if (instanceId === undefined || (await fact(source, 'receiving'))) {
    throw new SegflowError('conflict', `${source.shown} is itself the target of an unfinished transfer`, {
      hint: 'Finish that transfer first.',
    });
  }
  const moved = await fact(source, 'moved');
  const receiving = await fact(target, 'receiving');
  const isThere = !receiving && (await instanceIdOf(target.driver)) === instanceId;
  const isFinished = isThere && moved && !moved.done && moved.to === target.shown;
  if (isThere && !isFinished) return { id: '', instanceId, course: 'complete' };
  await refuseUse(target, 'target');
  if (isFinished) return { id: moved.transfer, instanceId, course: 'finished' };
  if (receiving) {
    if (receiving.instanceId !== instanceId) throw holds(target, 'is being filled from another instance');
    const id = receiving.transfer;
    if (moved?.transfer === id) return { id, instanceId, course: 'resumed' };
    return { ...(await startOver(source, target, instanceId, options)), course: 'started over' };
  }
  if (moved?.done && !options.force) {
    throw new SegflowError(
      'conflict',
      `${source.shown} was moved to ${moved.to} at ${toTime(moved.at).slice(0, 16)} UTC`,
      { hint: 'Transfer from there. To move this old copy anyway, add --force.' },
    );
  }
  for (const table of transferTables) {
    if (!isMadeWithStore(table) && (await countOf(target.driver, table.name, 1)) > 0) {
      throw holds(target, 'holds another instance');
    }
  }
  return { ...(await startOver(source, target, instanceId, options)), course: 'new' };
}

/**
 * Marks both ends and empties the target. The mark that allows a copy to continue is written last.
 */
async function startOver(
  source: End,
  target: End,
  instanceId: string,
  { clock }: TransferOptions,
): Promise<{ id: string; instanceId: string }> {
  const at = clock.now();
  const id = newId('transfer', at);
  const receiving: Receiving = { transfer: '', instanceId, from: source.shown, at };
  const moved: Moved = { transfer: id, to: target.shown, at, done: false };
  await changeFacts(source, (on) => writeFact(on, 'moved', moved));
  crashPoint('transfer:source-marked');
  await changeFacts(target, async (on) => {
    await removeFact(on, 'receiving');
    await writeFact(on, 'receiving', receiving);
  });
  await refuseUse(source, 'source');
  await refuseUse(target, 'target');
  for (const { name } of transferTables) await target.empty(name);
  await changeFacts(target, (on) => writeFact(on, 'receiving', { ...receiving, transfer: id }));
  return { id, instanceId };
}

async function copyAll(source: End, target: End, onProgress: OnProgress): Promise<StoreComparison['tables']> {
  const totals = new Map<string, number>();
  for (const table of transferTables) totals.set(table.name, await countOf(source.driver, table.name));
  for (const table of transferTables) {
    const total = totals.get(table.name)!;
    let done = (await progressOf(target.driver, table)).rows;
    await copyTable({ source: source.driver, target: target.driver }, table, (rows) => {
      done += rows;
      onProgress(table.name, done, total);
    });
    if (table.generatesIds) await target.continueAfter(table.name, await source.lastId(table.name));
  }
  const tables = await verify(source, target, onProgress);
  await refuseUse(source, 'source');
  await refuseUse(target, 'target');
  return tables;
}

/** A difference makes the next attempt start over. */
async function verify(source: End, target: End, onProgress: OnProgress): Promise<StoreComparison['tables']> {
  const { tables, differences } = await compareEnds(source, target, onProgress);
  if (differences.length === 0) return tables;
  const receiving = (await fact(target, 'receiving'))!;
  await changeFacts(target, (on) => writeFact(on, 'receiving', { ...receiving, transfer: '' }));
  throw new SegflowError('conflict', `the copy is not the same as the original: ${differences.join('; ')}`, {
    hint: 'One of the two stores changed meanwhile. Run the transfer again: it starts over.',
  });
}

/**
 * The captured environments are encrypted with the folder's secret, and clients use its API key.
 */
async function copyKeys(source: End, target: End): Promise<string[]> {
  const copied: string[] = [];
  if (source.dataDir === undefined || target.dataDir === undefined) return copied;
  for (const name of ['secret', 'api-key']) {
    try {
      await copyFile(join(source.dataDir, name), join(target.dataDir, name));
      copied.push(name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  return copied;
}

async function finish(source: End, target: End, id: string): Promise<void> {
  const restored = await fact(source, 'restored');
  await changeFacts(target, async (on) => {
    if (restored) await writeFact(on, 'restored', restored);
    await removeFact(on, 'receiving');
  });
  crashPoint('transfer:target-served');
  const moved = await fact(source, 'moved');
  if (moved?.transfer !== id) return;
  await changeFacts(source, (on) => writeFact(on, 'moved', { ...moved, done: true }));
}

/** The transfer's own lock would look like another process that uses the folder. */
function refuseSame({ from, to }: TransferOptions): void {
  const place = (where: string) => (isDatabaseUrl(where) ? where : resolve(where));
  if (place(from) !== place(to)) return;
  throw new SegflowError('invalid_input', 'the source and the target are the same store', {
    hint: 'Transfer into an empty database or folder.',
  });
}

async function refuseUse(end: End, role: 'source' | 'target'): Promise<void> {
  const users = await end.inUseBy();
  if (users.length === 0) return;
  throw new SegflowError('conflict', `the ${role} ${end.shown} is in use by ${users.join(', ')}`, {
    hint: 'Stop every segflow serve on that store; a killed server counts as gone within 15 seconds.',
  });
}

function holds(target: End, what: string): SegflowError {
  return new SegflowError('conflict', `${target.shown} ${what}`, {
    hint: 'Transfer into an empty database or folder.',
  });
}

async function instanceIdOf(driver: Driver): Promise<string | undefined> {
  const { text, params } = render(sql`select ${instance.id} from ${instance}`);
  const [row] = await driver.reads.query(text, params);
  return row && String(row.id);
}
