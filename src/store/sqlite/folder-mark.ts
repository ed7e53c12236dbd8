import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SegflowError } from '../../core/errors.ts';
import { databaseFile } from './database-file.ts';

/*
 * The file `store.json` in a data folder records which store belongs there and whether a process
 * has the store open, or ended without closing it. So a store that was emptied, exchanged, or lost
 * its log is refused instead of being served as if it had no users.
 *
 *   opened:  the database and its log exist → { open: true }
 *   closed:  { open: false } → SQLite folds the log into the database and removes it
 *
 * A crash between the two steps leaves a log that is not required, which is harmless.
 */

interface FolderMark {
  instanceId: string;
  open: boolean;
}

/** Throws `conflict` when the folder's store, or a part of it, has disappeared. */
export function refuseLostStore(dataDir: string): void {
  const mark = readMark(dataDir);
  if (!mark) return;
  const database = databaseFile(dataDir);
  if (!sizeOf(database)) {
    throw lost(`the store in ${dataDir} is gone: ${database} is missing or empty`);
  }
  if (mark.open && sizeOf(`${database}-wal`) === undefined) {
    throw lost(
      `the store in ${dataDir} is incomplete: its log ${database}-wal is missing, and with it the last commits`,
    );
  }
}

/** Throws `conflict` when the folder contains another installation's store. */
export function refuseExchangedStore(dataDir: string, instanceId: string): void {
  const mark = readMark(dataDir);
  if (!mark || mark.instanceId === instanceId) return;
  throw lost(`the store in ${dataDir} has been replaced: it is now another installation's`);
}

export function writeMark(dataDir: string, mark: FolderMark): void {
  const path = markFile(dataDir);
  writeFileSync(`${path}.new`, `${JSON.stringify(mark)}\n`, { mode: 0o600, flush: true });
  renameSync(`${path}.new`, path);
}

/** Called before the store is closed. Does nothing when the folder is gone. */
export function closeMark(dataDir: string, instanceId: string): void {
  try {
    writeMark(dataDir, { instanceId, open: false });
  } catch {}
}

/** Call this when another store is put into the folder on purpose. */
export function forgetMark(dataDir: string): void {
  rmSync(markFile(dataDir), { force: true });
}

// --- internal ---

function markFile(dataDir: string): string {
  return join(dataDir, 'store.json');
}

function readMark(dataDir: string): FolderMark | undefined {
  try {
    const mark = JSON.parse(readFileSync(markFile(dataDir), 'utf8')) as Partial<FolderMark> | null;
    return typeof mark?.instanceId === 'string'
      ? { open: false, ...mark, instanceId: mark.instanceId }
      : undefined;
  } catch {
    return undefined;
  }
}

/** Undefined when the file does not exist. */
function sizeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.size;
}

function lost(message: string): SegflowError {
  return new SegflowError('conflict', message, {
    hint: 'Put the files back, or restore a backup: segflow restore FILE. To start with the files that are left, and lose the rest: segflow serve --force.',
  });
}
