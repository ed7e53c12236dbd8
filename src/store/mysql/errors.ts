import { type ErrorCode, messageOf, SegflowError } from '../../core/errors.ts';
import { repeatable } from '../driver/repeatable.ts';

/*
 * mysql2's errors contain the statement with its parameters (`sql`), and the server's messages may
 * quote values. Neither leaves this file: the thrown errors have the server's number and name for
 * the failure, and its message only when the message names nothing but tables, columns or
 * functions.
 */

interface DriverError extends Error {
  code?: string;
  errno?: number;
  fatal?: boolean;
  sqlMessage?: string;
}

/**
 * Translates a failure for the caller. API clients see these errors too and must not learn where
 * the database is. So the database is named (as `shown`) only when the first connection is opened,
 * to the person who gave the URL.
 */
export function wrapMysqlError(error: unknown, shown?: string): unknown {
  if (SegflowError.is(error) || !isDriverError(error)) return error;
  const database = shown ?? 'the database';
  const name = error.code ?? (error.errno === undefined ? 'closed' : `error ${error.errno}`);
  const cause = withoutStatement(error, name);
  const known = MEANINGS.find(([names]) => names.includes(error.errno ?? name) || names.includes(name));
  if (known) {
    const [, code, what, hint] = known;
    const wrapped = new SegflowError(code, `${what.replace('DATABASE', database)} (${name})`, {
      hint,
      cause,
    });
    if (AGAIN.has(error.errno ?? 0)) repeatable(wrapped);
    return mark(wrapped, error);
  }
  if (isConnectionLoss(error)) {
    const opening = shown !== undefined;
    const wrapped = new SegflowError(
      'unavailable',
      opening ? `${database} gave no answer (${name})` : `the connection to ${database} was lost (${name})`,
      { hint: opening ? START : 'Segflow reconnects automatically; check that the database runs.', cause },
    );
    return mark(wrapped, error);
  }
  const refused = new SegflowError('internal', `the database refused a statement (${name})`, { cause });
  if (DONE_BEFORE.has(error.errno ?? 0)) doneBefore.add(refused);
  return refused;
}

/** Whether the connection is gone, so that uncommitted work on it is undone. */
export function isLost(error: unknown): boolean {
  for (
    let item = error;
    typeof item === 'object' && item !== null;
    item = (item as { cause?: unknown }).cause
  ) {
    if (lost.has(item)) return true;
  }
  return false;
}

/**
 * The server may or may not have committed. This must not be repeated, so the loss is not among the
 * error's causes.
 */
export function lostCommit(loss: unknown): SegflowError {
  return new SegflowError(
    'unavailable',
    `the database did not say whether it committed: what was sent may be stored (${messageOf(loss)})`,
    { hint: 'Send it again with the same Idempotency-Key: what is stored is not stored twice.' },
  );
}

/** Whether the statement was never sent, because the connection was known to be gone. */
export function wasNotSent(error: unknown): boolean {
  return SegflowError.is(error) && unsent.has(error);
}

/**
 * Whether an ALTER TABLE was refused because its column or index already exists, or is already
 * gone.
 */
export function wasDoneBefore(error: unknown): boolean {
  return SegflowError.is(error) && doneBefore.has(error);
}

/** Explains to a segment's author why the database refused the SELECT. */
export function explainRefusal(error: unknown): unknown {
  if (!isDriverError(error)) return wrapMysqlError(error);
  const message = error.sqlMessage ?? error.message;
  const cause = withoutStatement(error, error.code ?? '');
  const named = /'([^']*)'/.exec(message)?.[1] ?? '';
  const last = named.split('.').at(-1)!;
  switch (error.errno) {
    case 1054:
      return new SegflowError('invalid_config', `there is no column ${named}`, { hint: TABLES, cause });
    case 1146:
      return new SegflowError('invalid_config', `there is no table ${last}`, { hint: TABLES, cause });
    case 1052:
      return new SegflowError('invalid_config', `the column ${named} is in several tables`, {
        hint: 'Put the table name in front: users.id.',
        cause,
      });
    case 1305:
    case 1630: {
      const called = /FUNCTION (?:\S+\.)?(\S+) does not exist/i.exec(message)?.[1] ?? last;
      return new SegflowError('store_unsupported', `the database has no function ${called.toUpperCase()}()`, {
        hint: 'Write it another way.',
        cause,
      });
    }
    default:
      if (isConnectionLoss(error)) return wrapMysqlError(error);
      return new SegflowError('store_unsupported', `the database cannot run the query: ${message}`, {
        hint: 'Check the SQL.',
        cause,
      });
  }
}

const TABLES = 'The tables and columns are those of segflow/schema.';
/** A deadlock, or a write that lost against another node of a cluster. */
const AGAIN = new Set([1213, 1020, 1180]);
/** Duplicate column, duplicate index, nothing to drop, nothing to rename. */
const DONE_BEFORE = new Set([1060, 1061, 1091, 1054]);
const doneBefore = new WeakSet<object>();
const lost = new WeakSet<object>();
const unsent = new WeakSet<object>();

const LOST = new Set<string | number>([
  ...[
    'PROTOCOL_CONNECTION_LOST',
    'PROTOCOL_SEQUENCE_TIMEOUT',
    'ECONNRESET',
    'EPIPE',
    'ETIMEDOUT',
    'ECONNABORTED',
  ],
  ...[1053, 1079, 1152, 1159, 1160, 1161, 1317, 1927, 2006, 2013, 4031],
]);

const READ_ONLY = 'Segflow continues automatically once the database accepts writes again.';
const START = 'Check that the database runs and that the URL names its host and port.';

const MEANINGS: [names: (number | string)[], code: ErrorCode, what: string, hint: string][] = [
  [
    [1045, 1698, 'AUTH_SWITCH_PLUGIN_ERROR', 'HANDSHAKE_SSL_ERROR_AUTH'],
    'unavailable',
    'DATABASE refused the user or the password',
    'Check both in the database URL; encode special characters (@ is %40). A user who must use TLS needs ?ssl=required.',
  ],
  [
    [3159],
    'unavailable',
    'DATABASE accepts only connections with TLS',
    'Add ?ssl=required to the database URL, or ?ssl=verify-ca&sslca=FILE to check the server certificate.',
  ],
  [
    [1044, 1142, 1143, 1227, 1370],
    'unavailable',
    'the user may not do this on DATABASE',
    'Grant the user all privileges on this database.',
  ],
  [
    [1049],
    'unavailable',
    'there is no database DATABASE',
    'Create it first: CREATE DATABASE name CHARACTER SET utf8mb4.',
  ],
  [
    ['ECONNREFUSED', 'ENOENT', 'EHOSTUNREACH', 'ENETUNREACH'],
    'unavailable',
    'nothing answers at DATABASE',
    START,
  ],
  [['ENOTFOUND', 'EAI_AGAIN'], 'unavailable', 'the host of DATABASE is not known', START],
  [
    ['HANDSHAKE_NO_SSL_SUPPORT'],
    'unavailable',
    'DATABASE does not speak TLS',
    'Leave ssl out of the database URL, or set up TLS on the server.',
  ],
  [
    ['HANDSHAKE_SSL_ERROR'],
    'unavailable',
    'the TLS certificate of DATABASE is not trusted',
    'Name its CA with sslca=FILE in the database URL. If it was issued for another host, use ssl=verify-ca; ssl=required accepts any.',
  ],
  [
    [1040, 1203, 1226],
    'unavailable',
    'DATABASE accepts no more connections',
    'Raise max_connections, or lower connections=… in the database URL.',
  ],
  [[1290, 1792, 1836, 3100], 'unavailable', 'DATABASE is read-only', READ_ONLY],
  [[1213], 'unavailable', 'transactions conflicted with each other', 'Try again.'],
  [
    [1205],
    'unavailable',
    'a lock in the database was held for too long',
    'Try again; look for other programs that hold locks in it.',
  ],
  [[1020, 1180], 'unavailable', 'another node of the database wrote first', 'Try again.'],
  [[1114, 1021, 28, 3], 'unavailable', 'the disk of DATABASE is full', READ_ONLY],
  [
    [3024, 1969, 1028],
    'unavailable',
    'a statement took too long',
    'Try again; look at the load of the database.',
  ],
  [
    [1153, 'ER_NET_PACKET_TOO_LARGE'],
    'payload_too_large',
    'a row is larger than DATABASE accepts',
    'Raise max_allowed_packet on the server.',
  ],
  [[1062], 'conflict', 'a row with this key exists already', 'Read the row again and decide again.'],
];

function mark(wrapped: SegflowError, error: DriverError): SegflowError {
  if (isConnectionLoss(error)) lost.add(wrapped);
  // The only nameless error is mysql2's refusal to run a command on a connection that it knows to
  // be closed.
  if (error.fatal === true && error.code === undefined) unsent.add(wrapped);
  return wrapped;
}

function isConnectionLoss(error: DriverError): boolean {
  return error.fatal === true || LOST.has(error.errno ?? 0) || LOST.has(error.code ?? '');
}

function isDriverError(error: unknown): error is DriverError {
  return error instanceof Error && ('errno' in error || 'code' in error || 'fatal' in error);
}

/** mysql2's error without the statement, which would carry parameters into logs. */
function withoutStatement(error: DriverError, name: string): Error {
  const cause = new Error(error.errno === undefined ? name : `${name} (${error.errno})`);
  cause.name = 'DatabaseError';
  return cause;
}
