import { SQLiteError } from 'bun:sqlite';
import { type ErrorCode, SegflowError } from '../../core/errors.ts';

/** What a SQLite failure means to its caller. SQLite's messages name tables and columns, never parameters. */
export function wrapSqliteError(error: unknown): unknown {
  if (SegflowError.is(error) || !(error instanceof SQLiteError)) return error;
  const name = error.code ?? 'SQLITE_ERROR';
  const known = MEANINGS.find(([prefix]) => name.startsWith(prefix));
  if (!known)
    return new SegflowError('internal', `the database refused a statement: ${error.message}`, {
      cause: error,
    });
  const [, code, what, hint] = known;
  return new SegflowError(code, `${what} (${name}: ${error.message})`, { hint, cause: error });
}

const RESTORE = 'Stop Segflow and restore the data folder from a backup.';

const MEANINGS: [prefix: string, code: ErrorCode, what: string, hint: string][] = [
  [
    'SQLITE_BUSY',
    'unavailable',
    'another process is using the database',
    'Try again; end the process that holds the database if it does not let go.',
  ],
  ['SQLITE_LOCKED', 'unavailable', 'the database is in use', 'Try again.'],
  [
    'SQLITE_FULL',
    'unavailable',
    'the disk is full',
    'Free space on the disk of the data folder; Segflow goes on by itself.',
  ],
  [
    'SQLITE_READONLY',
    'unavailable',
    'the database cannot be written',
    'Check who owns the data folder and whether its disk is mounted read-only.',
  ],
  [
    'SQLITE_CANTOPEN',
    'unavailable',
    'the database cannot be opened',
    'Check that the data folder exists and that this user may read and write it.',
  ],
  ['SQLITE_PERM', 'unavailable', 'the database may not be used', 'Check who owns the data folder.'],
  ['SQLITE_IOERR', 'unavailable', 'the disk failed', 'Check the disk of the data folder and its free space.'],
  ['SQLITE_NOMEM', 'unavailable', 'out of memory', 'Give the process more memory.'],
  ['SQLITE_CORRUPT', 'unavailable', 'the database file is damaged', RESTORE],
  ['SQLITE_NOTADB', 'unavailable', 'the database file is not a database', RESTORE],
  ['SQLITE_CONSTRAINT', 'conflict', 'a row with this key exists already', 'Read it again and decide anew.'],
];
