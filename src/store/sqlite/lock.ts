import { Database } from 'bun:sqlite';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SegflowError } from '../../core/errors.ts';
import { databaseFile } from './database-file.ts';
import { wrapSqliteError } from './errors.ts';
import { claimFile, type FileClaim } from './file-claim.ts';

/**
 * The lock on a data folder: an exclusive lock on a small SQLite file next to the database, plus a
 * claim on the database file, which still holds when somebody deletes the lock. The operating
 * system releases both when the process ends, however it ends. Readers of the database are not
 * blocked. `lock.pid` is used only in the error message for a second process.
 */
export interface FolderLock {
  /**
   * Claims the database file, which may not have existed before. Throws `store_locked` when another
   * process has claimed it.
   */
  claim(): void;
  release(): void;
}

/** Throws `store_locked` when another process, or another store in this process, has the lock. */
export function lockFolder(folder: string): FolderLock {
  const pidFile = join(folder, 'lock.pid');
  const db = openLock(folder);
  try {
    db.run('pragma busy_timeout = 0');
    db.run('begin exclusive');
  } catch (error) {
    db.close(true);
    if (!isBusy(error)) throw wrapSqliteError(error);
    throw locked(folder, ownerOf(pidFile), error);
  }
  let claim: FileClaim | undefined;
  const lock: FolderLock = {
    claim() {
      claim ??= claimFile(databaseFile(folder));
      if (!claim) throw locked(folder, ownerOf(pidFile), undefined);
    },
    release() {
      rmSync(pidFile, { force: true });
      claim?.release();
      db.close(true);
    },
  };
  try {
    if (existsSync(databaseFile(folder))) lock.claim();
  } catch (error) {
    db.close(true);
    throw error;
  }
  writeFileSync(pidFile, `${process.pid}\n`, { mode: 0o600 });
  return lock;
}

function openLock(folder: string): Database {
  try {
    return new Database(join(folder, 'lock'), { create: true, readwrite: true });
  } catch (error) {
    throw wrapSqliteError(error);
  }
}

function locked(folder: string, owner: number | undefined, cause: unknown): SegflowError {
  const who = owner === undefined ? 'another process' : `process ${owner}`;
  return new SegflowError('store_locked', `the data folder ${folder} is in use by ${who}`, {
    hint: 'Stop that process, or choose another folder. The lock ends with the process that holds it.',
    cause,
  });
}

function ownerOf(pidFile: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(pidFile, 'utf8'), 10);
    return Number.isSafeInteger(pid) ? pid : undefined;
  } catch {
    return undefined;
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_BUSY');
}
