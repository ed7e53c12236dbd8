import { SQLiteError } from 'bun:sqlite';
import { type ErrorCode, SegflowError } from '../../core/errors.ts';

/**
 * Translates a SQLite failure for the caller. SQLite's messages name tables and columns, never
 * parameters.
 */
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

/** Explains to a segment's author why SQLite refused the SELECT. */
export function explainRefusal(error: unknown): unknown {
  const message = error instanceof SQLiteError ? error.message : '';
  const [, what = '', name = ''] =
    /^(no such (?:column|table|function)|ambiguous column name): (.*)$/.exec(message) ?? [];
  switch (what) {
    case 'no such column':
      return new SegflowError('invalid_config', `there is no column ${name}`, { hint: TABLES, cause: error });
    case 'no such table':
      return new SegflowError('invalid_config', `there is no table ${name}`, { hint: TABLES, cause: error });
    case 'ambiguous column name':
      return new SegflowError('invalid_config', `the column ${name} is in several tables`, {
        hint: 'Put the table name in front: users.id.',
        cause: error,
      });
    case 'no such function':
      return new SegflowError(
        'store_unsupported',
        `the embedded store has no function ${name.toUpperCase()}()`,
        {
          hint: 'Write it another way, or run Segflow on MySQL.',
          cause: error,
        },
      );
    default:
      if (/syntax error|wrong number of arguments|misuse of/.test(message)) {
        return new SegflowError('store_unsupported', `the embedded store cannot run the query: ${message}`, {
          hint: 'Check the SQL; MySQL may accept SQL that the embedded store does not.',
          cause: error,
        });
      }
      return wrapSqliteError(error);
  }
}

const TABLES = 'The tables and columns are those of segflow/schema.';
const RESTORE = 'Stop Segflow and restore the data folder from a backup.';

type Meaning = [prefix: string, code: ErrorCode, what: string, hint: string];

const MEANINGS: Meaning[] = [
  [
    'SQLITE_BUSY',
    'unavailable',
    'another process is using the database',
    'Try again; end the process that holds the database if it does not finish.',
  ],
  ['SQLITE_LOCKED', 'unavailable', 'the database is in use', 'Try again.'],
  [
    'SQLITE_FULL',
    'unavailable',
    'the disk is full',
    'Free space on the disk of the data folder; Segflow continues automatically.',
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
  // A violation of any other constraint (NOT NULL, CHECK, a column's type) is a bug in Segflow.
  ...['PRIMARYKEY', 'UNIQUE', 'ROWID'].map(
    (kind): Meaning => [
      `SQLITE_CONSTRAINT_${kind}`,
      'conflict',
      'a row with this key exists already',
      'Read the row again and decide again.',
    ],
  ),
];
