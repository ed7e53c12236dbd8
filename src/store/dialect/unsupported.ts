import { SegflowError } from '../../core/errors.ts';

/** What the embedded store cannot run, as `store_unsupported`. */
export function unsupported(what: string, why: string): SegflowError {
  return new SegflowError('store_unsupported', `${what} is not supported by the embedded store: ${why}`, {
    hint: 'Write it another way, or run Segflow on MySQL.',
  });
}

/** Functions of MySQL that are left out on purpose, with the reason. */
export const UNSUPPORTED_FUNCTIONS: Record<string, string> = {
  addtime: 'it has no type for lengths of time; add an INTERVAL',
  subtime: 'it has no type for lengths of time; subtract an INTERVAL',
  timediff: 'it has no type for lengths of time; use TIMESTAMPDIFF',
  maketime: 'it has no type for lengths of time',
  sec_to_time: 'it has no type for lengths of time',
  time_format: 'it has no type for lengths of time',
  json_search: 'SQLite cannot search JSON by value; use JSON_CONTAINS',
  json_table: 'SQLite has no JSON_TABLE; use JSON_CONTAINS',
  match: 'it keeps no full-text index; use LIKE or REGEXP',
  get_lock: 'a segment only reads',
  release_lock: 'a segment only reads',
  sleep: 'a segment only reads',
  benchmark: 'a segment only reads',
  load_file: 'a segment reads no files',
  uuid: 'its result changes at every evaluation',
  soundex: 'SQLite has no SOUNDEX',
  insert: 'SQLite cannot parse INSERT() as a function; use CONCAT and SUBSTRING',
  aes_encrypt: 'it has no encryption functions',
  aes_decrypt: 'it has no encryption functions',
  inet_aton: 'it has no address functions',
  inet_ntoa: 'it has no address functions',
  export_set: 'SQLite has no EXPORT_SET',
  make_set: 'SQLite has no MAKE_SET',
  grouping: 'SQLite has no ROLLUP',
  last_insert_id: 'a segment only reads',
};
