import { type Call, isSymbol, isWord, type Node } from './tree.ts';

/* What kind of value an operand has, as far as its text tells. MySQL converts by type when it compares; SQLite does not. */

/** A statement's parameters, by ordinal. */
export type Params = readonly unknown[];

export interface Rewriting {
  params: Params;
  /** Ordinals of the parameters that are compared with times, and so are to be written as times are. */
  times: Set<number>;
}

/** A time, or a date: what it is compared with is one too. */
export function isTemporal(node: Node | undefined): boolean {
  return isDateTime(node) || (node?.kind === 'call' && TEMPORAL_FUNCTIONS.has(node.name));
}

/** Surely a time with its time of day, written as the store writes times. */
export function isDateTime(node: Node | undefined): boolean {
  if (node?.kind === 'call') return DATETIME_FUNCTIONS.has(node.name);
  const name = columnName(node);
  return name !== undefined && DATETIME_COLUMNS.has(name);
}

/** A number, or what MySQL treats as one: then text on the other side is compared by its numeric value. */
export function isNumeric(node: Node | undefined, params: Params): boolean {
  if (node === undefined) return false;
  if (node.kind === 'number' || isWord(node, 'true', 'false')) return true;
  if (node.kind === 'param') return ['number', 'boolean', 'bigint'].includes(typeof params[node.index!]);
  if (node.kind === 'call') return NUMERIC_FUNCTIONS.has(node.name);
  if (node.kind === 'group') return node.items.length === 1 && isNumeric(node.items[0], params);
  return false;
}

/** Text taken out of JSON. */
export function isJsonText(node: Node | undefined): boolean {
  return node?.kind === 'json' ? node.unquotes : node?.kind === 'call' && JSON_TEXT_FUNCTIONS.has(node.name);
}

/** The operand that ends before `end`, or begins at `from`: one node, with its sign. */
export function operandAfter(items: Node[], from: number): { node: Node | undefined; size: number } {
  return isSymbol(items[from], '-', '+')
    ? { node: items[from + 1], size: 2 }
    : { node: items[from], size: 1 };
}

export function isCall(node: Node | undefined, ...names: string[]): node is Call {
  return node?.kind === 'call' && names.includes(node.name);
}

export function columnName(node: Node | undefined): string | undefined {
  if (node?.kind === 'column') return node.parts.at(-1)!.toLowerCase();
  return node?.kind === 'word' || node?.kind === 'name' ? node.value.toLowerCase() : undefined;
}

const DATETIME_COLUMNS = new Set(
  'created_at updated_at since entered_at ended_at sent_at evaluated_at activated_at'.split(' '),
);

const DATETIME_FUNCTIONS = new Set('now sysdate mysql_datetime'.split(' '));

const TEMPORAL_FUNCTIONS = new Set(
  `mysql_date_add mysql_date_sub mysql_interval_add timestampadd from_unixtime str_to_date convert_tz curdate date last_day makedate
   from_days`.split(/\s+/),
);

const JSON_TEXT_FUNCTIONS = new Set(['json_unquote', 'json_value']);

const NUMERIC_FUNCTIONS = new Set(
  `count sum avg abs ceil ceiling floor round truncate mod pow power sqrt sign length char_length character_length
   unix_timestamp datediff timestampdiff year quarter month week weekday weekofyear yearweek day dayofmonth dayofweek dayofyear hour minute second
   to_days json_length json_depth json_contains mysql_div mysql_cast_integer mysql_cast_decimal rand field find_in_set locate instr
   strcmp ascii crc32 mysql_isnull`.split(/\s+/),
);
