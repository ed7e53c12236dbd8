import { SegflowError } from '../../core/errors.ts';

/** The kind of server. The two differ in a few SQL fragments. */
export interface Server {
  flavor: 'mysql' | 'mariadb';
  version: string;
}

/**
 * Parses the answer to `select version()`. Throws `store_unsupported` for a server that is too old:
 * MySQL before 8.0.19 has no row aliases in INSERT; MariaDB before 10.11 lacks JSON paths and query
 * plans that segments need.
 */
export function readVersion(text: string): Server {
  const flavor = /mariadb/i.test(text) ? 'mariadb' : 'mysql';
  // MariaDB behind some proxies calls itself 5.5.5-10.11.6-MariaDB.
  const [, major, minor, patch] = /(\d+)\.(\d+)\.(\d+)/.exec(text.replace(/^5\.5\.5-/, '')) ?? [];
  const version = [major, minor, patch].map(Number);
  const least = flavor === 'mariadb' ? [10, 11, 0] : [8, 0, 19];
  if (version.some(Number.isNaN) || isBefore(version, least)) {
    const name = NAMES[flavor];
    throw new SegflowError(
      'store_unsupported',
      `the database is ${name} ${text}; Segflow needs ${name} ${least.join('.')} or newer`,
      { hint: 'Use MySQL 8.0.19 or newer, MariaDB 10.11 or newer, or the embedded store.' },
    );
  }
  return { flavor, version: version.join('.') };
}

/** For people: `MariaDB 10.11.14`. */
export function productOf({ flavor, version }: Server): string {
  return `${NAMES[flavor]} ${version}`;
}

/** Sets every session up alike, whatever the server's defaults are. */
export function sessionSetup({ flavor }: Server): string[] {
  const modes = [
    ...[
      'STRICT_TRANS_TABLES',
      'NO_ZERO_IN_DATE',
      'NO_ZERO_DATE',
      'ERROR_FOR_DIVISION_BY_ZERO',
      'NO_ENGINE_SUBSTITUTION',
    ],
    // MariaDB's ONLY_FULL_GROUP_BY does not recognise that a column depends on the grouped key.
    // MySQL rounds a text's fraction of a second; MariaDB does so in this mode.
    flavor === 'mysql' ? 'ONLY_FULL_GROUP_BY' : 'TIME_ROUND_FRACTIONAL',
  ];
  return [
    // String literals in a statement distinguish case and accents. The two collations compare
    // alike, and yield to a column's own collation, utf8mb4_bin. The meaning of segments depends on
    // this.
    `set names utf8mb4 collate ${flavor === 'mysql' ? 'utf8mb4_0900_as_cs' : 'utf8mb4_uca1400_nopad_as_cs'}`,
    `set session time_zone = '+00:00', sql_mode = '${modes.join(',')}', autocommit = 1,
      innodb_lock_wait_timeout = ${LOCK_WAIT_SECONDS}, lock_wait_timeout = 60, group_concat_max_len = 1048576, wait_timeout = ${IDLE_SECONDS}`,
    'set session transaction isolation level read committed',
    // A segment that takes longer is broken, and must not take the database down.
    flavor === 'mysql'
      ? `set session max_execution_time = ${STATEMENT_SECONDS * 1000}`
      : `set session max_statement_time = ${STATEMENT_SECONDS}`,
  ];
}

const NAMES = { mysql: 'MySQL', mariadb: 'MariaDB' };
const LOCK_WAIT_SECONDS = 10;
/**
 * A session that is silent for this long is ended, and its open transaction is rolled back.
 * Otherwise a machine that vanished in the middle of a transaction would keep its locks, and with
 * them its slots, until TCP notices. The pool opens new sessions as needed.
 */
const IDLE_SECONDS = 10;
const STATEMENT_SECONDS = 60;

function isBefore(version: number[], least: number[]): boolean {
  for (const [index, part] of least.entries()) {
    if (version[index] !== part) return version[index]! < part;
  }
  return false;
}
