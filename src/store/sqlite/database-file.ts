import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { messageOf, SegflowError } from '../../core/errors.ts';

/** The embedded store in a data folder. */
export function databaseFile(dataDir: string): string {
  return join(resolve(dataDir), 'segflow.db');
}

/** Throws `unavailable` when that cannot be seen: it is not the same as a store that is not there. */
export function hasStore(dataDir: string): boolean {
  try {
    return statSync(databaseFile(dataDir), { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    throw new SegflowError('unavailable', `the data folder cannot be looked into: ${messageOf(error)}`, {
      hint: 'Run it as the user who serves the data folder, or name another one with --data.',
      cause: error,
    });
  }
}
