import { Database } from 'bun:sqlite';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SegflowError } from '../../core/errors.ts';
import { wrapSqliteError } from './errors.ts';

/**
 * The lock on a data folder: an exclusive lock on a small SQLite file beside the database. The operating system lets go of
 * it when the process ends, however it ends, and readers of the database itself are not in its way. `lock.pid` only
 * serves the message for whoever comes second.
 */
export interface FolderLock {
  release(): void;
}

/** Throws `store_locked` when another process, or another store in this process, has it. */
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
  writeFileSync(pidFile, `${process.pid}\n`, { mode: 0o600 });
  return {
    release() {
      rmSync(pidFile, { force: true });
      db.close(true);
    },
  };
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
