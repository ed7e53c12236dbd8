import type { Expr, Param, StringLiteral } from '../ast.ts';
import type { SqlType } from '../sql-type.ts';
import { FROM_JSON, LITERAL, mixed, textType, weightOf } from './collations.ts';
import { decimal, isTemporal, type NumericType, numericOf, roundedTo, wholeOf } from './decimals.ts';
import { merged } from './merge.ts';

/** The type of a function's result; undefined when its texts have no common collation. */
export function callType(name: string, args: Expr[]): SqlType | undefined {
  const fixed = FIXED[name];
  if (fixed) return fixed;
  const [first, second, third] = args;
  switch (name) {
    case 'if':
      return merged([second!.type, third!.type]);
    case 'ifnull':
    case 'coalesce':
      return merged(args.map(({ type }) => type));
    case 'greatest':
    case 'least':
      // These functions compare JSON as text.
      if (args.some(({ type }) => type.kind === 'json')) return textOf(args);
      return merged(args.map(({ type }) => type));
    case 'nullif': {
      const { type } = first!;
      if (type.kind === 'boolean') return { kind: 'integer' };
      if (type.kind !== 'text' || !isText(first!)) return type;
      // A literal adopts the collation of the other operand.
      const mix = mixed([type, weightOf(second!.type)]);
      return mix && textType({ collation: mix.collation, coercibility: type.coercibility });
    }
    case 'any_value':
      return first!.type.kind === 'boolean' ? { kind: 'integer' } : first!.type;
    case 'concat':
    case 'concat_ws':
    case 'quote':
    case 'soundex':
      return textOf(args);
    case 'regexp_substr':
    case 'regexp_replace':
      return textOf(args.slice(0, 2));
    case 'elt':
      return textOf(args.slice(1));
    // The other arguments only say what to do with the first.
    case 'lower':
    case 'upper':
    case 'left':
    case 'right':
    case 'substring':
    case 'substring_index':
    case 'replace':
    case 'reverse':
    case 'repeat':
    case 'lpad':
    case 'rpad':
    case 'insert':
      return textOf([first!]);
    case 'abs':
      return measureOf(first!.type);
    case 'ceiling':
    case 'floor':
      return wholeOf(measureOf(first!.type));
    case 'round':
    case 'truncate':
      return roundedTo(measureOf(first!.type), second === undefined ? 0 : wholeLiteral(second));
    case 'from_unixtime': {
      if (second) return textType(LITERAL);
      return { kind: 'datetime', fsp: fspOf(first!) };
    }
    case 'unix_timestamp': {
      const fsp = fspOf(first!);
      return fsp === 0 ? { kind: 'integer' } : decimal(11 + fsp, fsp);
    }
    case 'convert_tz':
      return { kind: 'datetime', fsp: fspOf(first!) };
    case 'timestamp':
    case 'time':
    case 'timediff':
    case 'sec_to_time': {
      const kind = name === 'timestamp' ? 'datetime' : 'time';
      return { kind, fsp: Math.max(...args.map(fspOf)) };
    }
    case 'maketime':
      return { kind: 'time', fsp: fspOf(third!) };
    case 'addtime':
    case 'subtime': {
      const { kind } = first!.type;
      const fsp = Math.max(...args.map(fspOf));
      if (kind === 'date') return { kind: 'datetime', fsp };
      return kind === 'datetime' || kind === 'time' ? { kind, fsp } : textType(LITERAL);
    }
    case 'str_to_date':
      return parsedType(second!);
    default:
      return undefined;
  }
}

const INTEGER: SqlType = { kind: 'integer' };
const UNSIGNED: SqlType = { kind: 'integer', unsigned: true };
const DOUBLE: SqlType = { kind: 'double' };
const BOOLEAN: SqlType = { kind: 'boolean' };
const JSON_VALUE: SqlType = { kind: 'json' };
const DATE: SqlType = { kind: 'date' };
const TEXT = textType(LITERAL);
const BYTES = textType({ collation: 'binary', coercibility: 4 });

/** Functions whose result always has the same type. */
const FIXED: Record<string, SqlType> = {
  ...all(
    `char_length length bit_length ascii ord strcmp field find_in_set locate regexp_instr sign json_length json_depth quarter month
     week weekofyear weekday yearweek day dayofweek dayofyear hour minute second microsecond to_days to_seconds datediff time_to_sec
     period_add period_diff grouping bit_count`,
    INTEGER,
  ),
  // In MySQL a negative difference of two years is an error.
  ...all('crc32 year', UNSIGNED),
  ...all('power sqrt exp ln log log2 log10 sin cos tan cot asin acos atan degrees radians pi rand', DOUBLE),
  ...all('isnull regexp_like json_contains json_contains_path json_overlaps json_valid', BOOLEAN),
  ...all(
    `json_extract json_keys json_array json_object json_search json_set json_insert json_replace json_remove json_array_append
     json_array_insert json_merge_patch json_merge_preserve`,
    JSON_VALUE,
  ),
  ...all('json_unquote json_quote json_type json_pretty', textType(FROM_JSON)),
  json_value: textType({ collation: 'utf8mb4_0900_bin', coercibility: 4 }),
  ...all('date last_day makedate from_days', DATE),
  ...all(
    'space hex bin oct conv format md5 sha sha2 to_base64 dayname monthname date_format time_format',
    TEXT,
  ),
  ...all('char unhex from_base64', BYTES),
};

function all(names: string, type: SqlType): Record<string, SqlType> {
  return Object.fromEntries(names.split(/\s+/).map((name) => [name, type]));
}

/** The numeric type in which a function computes; a double for times. */
function measureOf(type: SqlType): NumericType {
  return isTemporal(type) ? { kind: 'double' } : numericOf(type);
}

function isText(expr: Expr): expr is StringLiteral | Param {
  return expr.kind === 'string' || (expr.kind === 'param' && typeof expr.value === 'string');
}

function textOf(args: Expr[]): SqlType | undefined {
  const mix = mixed(args.map(({ type }) => weightOf(type)));
  return mix && textType(mix);
}

/** The digits of a second that a value may have as a time. */
function fspOf(expr: Expr): number {
  if (isText(expr)) {
    const text = String(expr.value);
    if (!/^\s*-?\d/.test(text)) return 6;
    return Math.min(/:\d*\.(\d+)\s*$/.exec(text)?.[1]?.length ?? 0, 6);
  }
  const { type } = expr;
  if (type.kind === 'datetime' || type.kind === 'time') return type.fsp;
  if (type.kind === 'decimal') return Math.min(type.scale, 6);
  return type.kind === 'text' || type.kind === 'json' || type.kind === 'double' || type.kind === 'unknown'
    ? 6
    : 0;
}

function wholeLiteral(expr: Expr): number | undefined {
  if (expr.kind === 'number') return Number(expr.text);
  if (expr.kind === 'param' && typeof expr.value === 'number') return expr.value;
  const negative = expr.kind === 'unary' && expr.op === '-' ? wholeLiteral(expr.operand) : undefined;
  return negative === undefined ? undefined : -negative;
}

/** The format decides the type of STR_TO_DATE's result. */
function parsedType(format: Expr): SqlType {
  const text = format.kind === 'string' || format.kind === 'param' ? format.value : undefined;
  if (typeof text !== 'string') return { kind: 'datetime', fsp: 6 };
  const parts = [...text.matchAll(/%(.)/g)].map(([, part]) => part!);
  const hasDate = parts.some((part) => 'abcDdejMmUuVvWwXxYy'.includes(part));
  const hasTime = parts.some((part) => 'fHhIiklprSsT'.includes(part));
  const fsp = parts.includes('f') ? 6 : 0;
  if (!hasTime) return DATE;
  return hasDate ? { kind: 'datetime', fsp } : { kind: 'time', fsp };
}
