import { formatDouble, toDouble } from './number-text.ts';

/*
 * JSON values. In a row JSON is its text. JSON has no text for a DATE, TIME or DATETIME, so a JSON
 * value computed from one is `\u0001` followed by the kind and the text of the value.
 */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json } | JsonTime;

/** A date or time inside JSON. */
export class JsonTime {
  readonly kind: 'date' | 'time' | 'datetime';
  readonly text: string;
  constructor(kind: 'date' | 'time' | 'datetime', text: string) {
    this.kind = kind;
    this.text = text;
  }

  toJSON(): string {
    return shownTime(this);
  }
}

const TIME_MARK = '\u0001';

export function timeAsJson(kind: 'date' | 'time' | 'datetime', text: string): string {
  return `${TIME_MARK}${kind} ${text}`;
}

export function isObject(value: Json): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof JsonTime);
}

/**
 * Keeps the last text for each length modulo the size, because a literal repeats from row to row.
 */
const parsed: ({ text: string; value: Json | undefined } | undefined)[] = new Array(32).fill(undefined);

/** The value of a JSON text; undefined for invalid JSON. Callers must not change the value. */
export function parseJson(text: string): Json | undefined {
  const place = text.length % parsed.length;
  const known = parsed[place];
  if (known !== undefined && known.text === text) return known.value;
  const value = parse(text);
  parsed[place] = { text, value };
  return value;
}

function parse(text: string): Json | undefined {
  if (text.startsWith(TIME_MARK)) {
    const space = text.indexOf(' ');
    return new JsonTime(text.slice(1, space) as JsonTime['kind'], text.slice(space + 1));
  }
  try {
    const value = JSON.parse(text) as Json;
    // MySQL has no JSON number beyond the range of doubles.
    return value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY ? undefined : value;
  } catch {
    return undefined;
  }
}

/** The form in a row. */
export function storeJson(value: Json): string {
  if (value instanceof JsonTime) return timeAsJson(value.kind, value.text);
  return JSON.stringify(value);
}

/** A double in JSON keeps its point. */
export function storeDoubleJson(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e15 ? `${value}.0` : formatDouble(value);
}

/** Casts to text: `{"a": 1, "bb": [true, null]}`. */
export function showJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(showJson).join(', ')}]`;
  if (isObject(value)) {
    const keys = Object.keys(value).sort(compareKeys);
    return `{${keys.map((key) => `${JSON.stringify(key)}: ${showJson(value[key]!)}`).join(', ')}}`;
  }
  if (value instanceof JsonTime) return `"${shownTime(value)}"`;
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : formatDouble(value);
  return JSON.stringify(value);
}

/** The text of a row's JSON. */
export function showStored(text: string): string {
  const first = text.charCodeAt(0);
  // Strings, true, false and null stay as they are; a number may be a double that MySQL writes in
  // its own way.
  if (first === 0x22 || (first >= 0x61 && first <= 0x7a)) return text;
  if (first !== 0x7b && first !== 0x5b && first !== 1 && !text.includes('e')) return text;
  const value = parseJson(text);
  return value === undefined ? text : showJson(value);
}

/** The text of a row's JSON, a string without its quotes. */
export function unquoted(text: string): string {
  if (text.charCodeAt(0) === 0x22) return JSON.parse(text) as string;
  if (text.charCodeAt(0) === 1) return showStored(text).slice(1, -1);
  return showStored(text);
}

function shownTime({ kind, text }: JsonTime): string {
  if (kind === 'date') return text;
  const [whole, fraction = ''] = text.split('.') as [string, string?];
  return `${whole}.${fraction.padEnd(6, '0')}`;
}

/** As a double: a text is the number at its beginning; null, arrays and objects are 0. */
export function jsonNumber(value: Json): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'string') return toDouble(value);
  return value === true ? 1 : 0;
}

/** The order of the types: a later type is greater. */
function rank(value: Json): number {
  if (value === null) return 0;
  if (typeof value === 'number') return 1;
  if (typeof value === 'string') return 2;
  if (typeof value === 'boolean') return 5;
  if (Array.isArray(value)) return 4;
  if (value instanceof JsonTime) return { date: 6, time: 7, datetime: 8 }[value.kind];
  return 3;
}

/** https://dev.mysql.com/doc/refman/8.4/en/json.html#json-comparison */
export function compareJson(a: Json, b: Json): number {
  const order = rank(a) - rank(b);
  if (order !== 0) return order;
  if (typeof a === 'number') return a - (b as number);
  if (typeof a === 'string') return compareBytes(a, b as string);
  if (typeof a === 'boolean') return Number(a) - Number(b);
  if (a instanceof JsonTime) return compareBytes(a.text, (b as JsonTime).text);
  if (Array.isArray(a)) return compareArrays(a, b as Json[]);
  if (isObject(a)) return compareObjects(a, b as { [key: string]: Json });
  return 0;
}

function compareArrays(a: Json[], b: Json[]): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const order = compareJson(a[i]!, b[i]!);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function compareObjects(a: { [key: string]: Json }, b: { [key: string]: Json }): number {
  const [x, y] = [Object.keys(a).sort(compareKeys), Object.keys(b).sort(compareKeys)];
  if (x.length !== y.length) return x.length - y.length;
  for (let i = 0; i < x.length; i++) {
    const order = compareKeys(x[i]!, y[i]!) || compareJson(a[x[i]!]!, b[y[i]!]!);
    if (order !== 0) return order;
  }
  return 0;
}

function compareBytes(a: string, b: string): number {
  return a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** MySQL sorts keys by length in bytes, then by bytes. */
export function compareKeys(a: string, b: string): number {
  return Buffer.byteLength(a) - Buffer.byteLength(b) || compareBytes(a, b);
}

/** A text for each value; equal for values that MySQL treats as equal. */
export function jsonKey(value: Json): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (value instanceof JsonTime) return timeAsJson(value.kind, value.text);
  return JSON.stringify(value, (_key, item: Json) => {
    if (typeof item !== 'object' || item === null || Array.isArray(item)) return item;
    return Object.fromEntries(Object.entries(item).sort(([x], [y]) => (x < y ? -1 : 1)));
  });
}

/**
 * A text for each value, in the order of the values; arrays and objects, which nobody sorts, have
 * only their kind.
 */
export function jsonOrderKey(value: Json): string {
  const kind = String(rank(value));
  if (typeof value === 'number') return kind + doubleKey(value);
  if (typeof value === 'string') return kind + value;
  if (typeof value === 'boolean') return kind + Number(value);
  if (value instanceof JsonTime) return kind + value.text;
  return kind + jsonKey(value);
}

const bits = new DataView(new ArrayBuffer(8));

function doubleKey(value: number): string {
  bits.setFloat64(0, value + 0);
  const raw = bits.getBigUint64(0);
  const ordered = value < 0 ? raw ^ 0xffff_ffff_ffff_ffffn : raw | 0x8000_0000_0000_0000n;
  return ordered.toString(16).padStart(16, '0');
}
