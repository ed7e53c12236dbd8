import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { messageOf, SegflowError } from '../../core/errors.ts';

/** The embedded store in a data folder. */
export function databaseFile(dataDir: string): string {
  return join(resolve(dataDir), 'segflow.db');
}

/** Throws `unavailable` when the folder cannot be read, which is different from a missing store. */
export function hasStore(dataDir: string): boolean {
  try {
    return statSync(databaseFile(dataDir), { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    throw new SegflowError('unavailable', `the data folder cannot be read: ${messageOf(error)}`, {
      hint: 'Run this command as the user who serves the data folder, or name another one with --data.',
      cause: error,
    });
  }
}
