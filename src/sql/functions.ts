/*
 * The functions that a query may call, with their numbers of arguments. Other functions are
 * refused. Functions with keywords in their arguments (CAST, EXTRACT, TRIM, …) and functions with
 * nodes of their own (NOW, DATE_ADD, MOD) are in parse/.
 */

/** Functions of one row: [minimum, maximum] of arguments. */
export const FUNCTIONS: ReadonlyMap<string, readonly [number, number]> = table({
  // Choices
  if: 3,
  ifnull: 2,
  nullif: 2,
  coalesce: [1, MANY()],
  isnull: 1,
  greatest: [2, MANY()],
  least: [2, MANY()],
  any_value: 1,
  grouping: [1, MANY()],

  // Text
  concat: [1, MANY()],
  concat_ws: [2, MANY()],
  lower: 1,
  upper: 1,
  left: 2,
  right: 2,
  substring: [2, 3],
  substring_index: 3,
  replace: 3,
  reverse: 1,
  repeat: 2,
  space: 1,
  lpad: 3,
  rpad: 3,
  insert: 4,
  elt: [2, MANY()],
  field: [2, MANY()],
  find_in_set: 2,
  locate: [2, 3],
  char_length: 1,
  length: 1,
  bit_length: 1,
  ascii: 1,
  ord: 1,
  char: [1, MANY()],
  strcmp: 2,
  quote: 1,
  soundex: 1,
  hex: 1,
  unhex: 1,
  bin: 1,
  oct: 1,
  conv: 3,
  format: 2,
  md5: 1,
  sha: 1,
  sha2: 2,
  crc32: 1,
  to_base64: 1,
  from_base64: 1,
  regexp_like: [2, 3],
  regexp_instr: [2, 6],
  regexp_substr: [2, 5],
  regexp_replace: [3, 6],

  // Numbers
  abs: 1,
  sign: 1,
  ceiling: 1,
  floor: 1,
  round: [1, 2],
  truncate: 2,
  power: 2,
  sqrt: 1,
  exp: 1,
  ln: 1,
  log: [1, 2],
  log2: 1,
  log10: 1,
  sin: 1,
  cos: 1,
  tan: 1,
  cot: 1,
  asin: 1,
  acos: 1,
  atan: [1, 2],
  degrees: 1,
  radians: 1,
  pi: 0,
  rand: [0, 1],
  bit_count: 1,

  // JSON
  json_extract: [2, MANY()],
  json_unquote: 1,
  json_value: 2,
  json_contains: [2, 3],
  json_contains_path: [3, MANY()],
  json_length: [1, 2],
  json_type: 1,
  json_keys: [1, 2],
  json_depth: 1,
  json_overlaps: 2,
  json_valid: 1,
  json_quote: 1,
  json_array: [0, MANY()],
  json_object: [0, MANY()],
  json_search: [3, MANY()],
  json_set: [3, MANY()],
  json_insert: [3, MANY()],
  json_replace: [3, MANY()],
  json_remove: [2, MANY()],
  json_array_append: [3, MANY()],
  json_array_insert: [3, MANY()],
  json_merge_patch: [2, MANY()],
  json_merge_preserve: [2, MANY()],
  json_pretty: 1,

  // Times
  date: 1,
  time: 1,
  timestamp: [1, 2],
  year: 1,
  quarter: 1,
  month: 1,
  week: [1, 2],
  weekofyear: 1,
  weekday: 1,
  yearweek: [1, 2],
  day: 1,
  dayofweek: 1,
  dayofyear: 1,
  dayname: 1,
  monthname: 1,
  hour: 1,
  minute: 1,
  second: 1,
  microsecond: 1,
  to_days: 1,
  from_days: 1,
  to_seconds: 1,
  unix_timestamp: 1,
  from_unixtime: [1, 2],
  datediff: 2,
  timediff: 2,
  addtime: 2,
  subtime: 2,
  date_format: 2,
  time_format: 2,
  str_to_date: 2,
  convert_tz: 3,
  last_day: 1,
  makedate: 2,
  maketime: 3,
  sec_to_time: 1,
  time_to_sec: 1,
  period_add: 2,
  period_diff: 2,
});

/** Functions over the rows of a group. */
export const AGGREGATES: ReadonlyMap<string, readonly [number, number]> = table({
  count: [1, MANY()],
  sum: 1,
  avg: 1,
  min: 1,
  max: 1,
  group_concat: [1, MANY()],
  json_arrayagg: 1,
  json_objectagg: 2,
  stddev_pop: 1,
  stddev_samp: 1,
  var_pop: 1,
  var_samp: 1,
  bit_and: 1,
  bit_or: 1,
  bit_xor: 1,
});

/** Functions that need OVER. */
export const WINDOW_FUNCTIONS: ReadonlyMap<string, readonly [number, number]> = table({
  row_number: 0,
  rank: 0,
  dense_rank: 0,
  percent_rank: 0,
  cume_dist: 0,
  ntile: 1,
  lag: [1, 3],
  lead: [1, 3],
  first_value: 1,
  last_value: 1,
  nth_value: 2,
});

/** Other names of the same functions. */
export const SYNONYMS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    lcase: 'lower',
    ucase: 'upper',
    substr: 'substring',
    mid: 'substring',
    character_length: 'char_length',
    octet_length: 'length',
    ceil: 'ceiling',
    pow: 'power',
    atan2: 'atan',
    sha1: 'sha',
    dayofmonth: 'day',
    json_merge: 'json_merge_preserve',
    std: 'stddev_pop',
    stddev: 'stddev_pop',
    variance: 'var_pop',
  }),
);

/** Functions that people may look for, with the reason for leaving them out. */
export const REFUSED_FUNCTIONS: ReadonlyMap<string, string> = new Map(
  [
    [
      'sleep benchmark get_lock release_lock release_all_locks is_free_lock is_used_lock load_file',
      'a segment only reads',
    ],
    ['last_insert_id row_count found_rows nextval setval lastval', 'a segment only reads'],
    ['source_pos_wait master_pos_wait wait_for_executed_gtid_set', 'a segment only reads'],
    ['uuid uuid_short random_bytes', 'its result changes with every evaluation'],
    ['match', 'there is no full-text index; use LIKE or REGEXP'],
    [
      'database schema user current_user session_user system_user version connection_id',
      'it reports on the server',
    ],
    ['values default', 'it needs rows that are being written'],
  ].flatMap(([names, why]) => names!.split(' ').map((name) => [name, why!] as const)),
);

function MANY(): number {
  return Number.POSITIVE_INFINITY;
}

function table(
  counts: Record<string, number | [number, number]>,
): ReadonlyMap<string, readonly [number, number]> {
  return new Map(
    Object.entries(counts).map(
      ([name, count]) => [name, typeof count === 'number' ? [count, count] : count] as const,
    ),
  );
}
