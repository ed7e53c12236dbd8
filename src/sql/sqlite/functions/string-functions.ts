import { createHash } from 'node:crypto';
import type { Arg } from '../values/arg.ts';
import { COLLATIONS, compareCodePoints } from '../values/collation.ts';
import { formatDecimal, rescale, toDecimal } from '../values/decimal.ts';
import { likePattern } from '../values/like.ts';
import { formatDouble } from '../values/number-text.ts';
import { type Functions, fn, type Result } from './registry.ts';

/**
 * The longest text that a function creates from a number: MySQL gives NULL above
 * max_allowed_packet.
 */
const MAX_LENGTH = 16_777_216;

/** Functions of texts. Lengths and positions count code points; numbers arrive as integers. */
export const stringFunctions: Functions = {
  my_double_text: fn(1, (value: number) => formatDouble(value)),
  my_text_cmp: fn(3, (a: string, b: string, collation: string) =>
    Math.sign((COLLATIONS[collation] ?? compareCodePoints)(a, b)),
  ),
  my_like: fn(4, (value: string, pattern: string, escapedBy: string, collation: string) =>
    Number(
      likePattern(
        pattern,
        escapedBy,
        collation.endsWith('_ci') ? { fold: FOLDS[collation] ?? fold } : {},
      )(value),
    ),
  ),
  my_concat: fn([1, 100], (...parts: Arg[]) => parts.join('')),
  my_concat_ws: fn(
    [2, 100],
    (separator: Arg, ...parts: Arg[]) =>
      separator === null ? null : parts.filter((part) => part !== null).join(String(separator)),
    { takesNull: true },
  ),
  my_left: fn(2, (value: string, count: number) => (count <= 0 ? '' : sliced(value, 0, count))),
  my_right: fn(2, (value: string, count: number) => (count <= 0 ? '' : sliced(value, -count))),
  my_substring: fn([2, 3], (value: string, from: number, count = Number.POSITIVE_INFINITY) => {
    const length = lengthOf(value);
    if (from === 0 || Math.abs(from) > length || count <= 0) return '';
    const start = from > 0 ? from - 1 : length + from;
    return sliced(value, start, start + count);
  }),
  my_trim: fn(3, (side: string, remove: string, value: string) => {
    let rest = value;
    if (remove === '') return rest;
    while (side !== 'trailing' && rest.startsWith(remove)) rest = rest.slice(remove.length);
    while (side !== 'leading' && rest.endsWith(remove)) rest = rest.slice(0, rest.length - remove.length);
    return rest;
  }),
  my_substring_index: fn(3, (value: string, delimiter: string, count: number) => {
    if (count === 0 || delimiter === '') return '';
    const parts = value.split(delimiter);
    return (count > 0 ? parts.slice(0, count) : parts.slice(count)).join(delimiter);
  }),
  my_locate: fn([2, 3], (what: string, value: string, from = 1) => {
    if (from < 1) return 0;
    if (from > lengthOf(value) + 1) return 0;
    const found = value.indexOf(what, sliced(value, 0, from - 1).length);
    return found < 0 ? 0 : lengthOf(value.slice(0, found)) + 1;
  }),
  my_replace: fn(3, (value: string, what: string, by: string) =>
    what === '' ? value : value.replaceAll(what, () => by),
  ),
  my_insert: fn(4, (value: string, from: number, count: number, by: string) => {
    const chars = points(value);
    if (from < 1 || from > chars.length) return value;
    const end = count < 0 ? chars.length : from - 1 + count;
    return chars.slice(0, from - 1).join('') + by + chars.slice(end).join('');
  }),
  my_lpad: fn(3, (value: string, length: number, pad: string) =>
    padded(value, length, { pad, side: 'left' }),
  ),
  my_rpad: fn(3, (value: string, length: number, pad: string) =>
    padded(value, length, { pad, side: 'right' }),
  ),
  my_repeat: fn(2, (value: string, count: number) =>
    value.length * count > MAX_LENGTH ? null : value.repeat(Math.max(0, count)),
  ),
  my_space: fn(1, (count: number) => (count > MAX_LENGTH ? null : ' '.repeat(Math.max(0, count)))),
  my_reverse: fn(1, (value: string) => points(value).reverse().join('')),
  my_lower: fn(1, (value: string) => mapCase(value, 'toLowerCase')),
  my_upper: fn(1, (value: string) => mapCase(value, 'toUpperCase')),
  my_length: fn(1, (value: string) => Buffer.byteLength(value)),
  my_char_length: fn(1, lengthOf),
  my_ascii: fn(1, (value: string) => Buffer.from(value)[0] ?? 0),
  my_ord: fn(1, (value: string) =>
    Buffer.from(points(value)[0] ?? '').reduce((code, byte) => code * 256 + byte, 0),
  ),
  // The first argument is the collation, or `number`.
  my_field: fn(
    [3, 100],
    (collation: string, value: Arg, ...list: Arg[]) => {
      if (value === null) return 0;
      const compare = COLLATIONS[collation];
      const same = (item: Arg) =>
        compare === undefined ? Number(item) === Number(value) : compare(String(item), String(value)) === 0;
      return list.findIndex((item) => item !== null && same(item)) + 1;
    },
    { takesNull: true },
  ),
  my_elt: fn(
    [2, 100],
    (index: number | null, ...list: Arg[]) => (index === null ? null : (list[index - 1] as Result)),
    {
      takesNull: true,
    },
  ),
  my_find_in_set: fn(2, (value: string, list: string) =>
    list === '' || value.includes(',') ? 0 : list.split(',').indexOf(value) + 1,
  ),
  my_format: fn(2, (value: Arg, digits: number) => {
    const text = formatDecimal(rescale(toDecimal(value), Math.max(0, Math.min(30, digits))));
    return text.replace(/\B(?<!\.\d*)(?=(\d{3})+(?!\d))/g, ',');
  }),
  my_quote: fn(
    1,
    (value: string | null) =>
      value === null
        ? 'NULL'
        : `'${value.replace(/[\\']/g, '\\$&').replaceAll('\0', '\\0').replaceAll('\u001a', '\\Z')}'`,
    { takesNull: true },
  ),
  my_hex_text: fn(1, (value: string) => Buffer.from(value).toString('hex').toUpperCase()),
  my_unhex: fn(1, (value: string) =>
    /^(?:[0-9a-f]{2})*$/i.test(value) ? Buffer.from(value, 'hex').toString() : null,
  ),
  my_md5: fn(1, (value: string) => digest('md5', value)),
  my_sha1: fn(1, (value: string) => digest('sha1', value)),
  my_sha2: fn(2, (value: string, bits: number) =>
    [0, 224, 256, 384, 512].includes(bits) ? digest(`sha${bits === 0 ? 256 : bits}`, value) : null,
  ),
  my_to_base64: fn(1, (value: string) =>
    Buffer.from(value)
      .toString('base64')
      .replace(/.{76}(?=.)/g, '$&\n'),
  ),
  my_from_base64: fn(1, (value: string) => {
    const packed = value.replace(/\s/g, '');
    return packed.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(packed)
      ? Buffer.from(packed, 'base64').toString()
      : null;
  }),
  my_crc32: fn(1, (value: string) => Bun.hash.crc32(value)),
  my_soundex: fn(1, soundex),
  // GROUP_CONCAT of a JSON array of texts.
  my_join: fn(2, (list: string, separator: string) => {
    const items = (JSON.parse(list) as (string | null)[]).filter((item) => item !== null);
    return items.length === 0 ? null : items.join(separator);
  }),
  // A text for each row of values; equal rows have equal texts.
  my_tuple: fn([1, 100], (...items: Arg[]) => JSON.stringify(items)),
};

const ASCII = /^[\0-\x7f]*$/;

/** Code points. For ASCII texts these are the UTF-16 units. */
function points(value: string): string[] {
  return ASCII.test(value) ? value.split('') : [...value];
}

function sliced(value: string, start: number, end?: number): string {
  return ASCII.test(value) ? value.slice(start, end) : [...value].slice(start, end).join('');
}

function lengthOf(value: string): number {
  return ASCII.test(value) ? value.length : [...value].length;
}

/** Letter by letter, as MySQL does: `ß` has no single upper-case letter and stays. */
function mapCase(value: string, how: 'toLowerCase' | 'toUpperCase'): string {
  if (ASCII.test(value)) return value[how]();
  let result = '';
  for (const char of value) {
    const mapped = char === 'İ' && how === 'toLowerCase' ? 'i' : char[how]();
    result += mapped.length === char.length || [...mapped].length === 1 ? mapped : char;
  }
  return result;
}

/** Removes case, and accents if the collation ignores them. */
function fold(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}

const FOLDS: Record<string, (text: string) => string> = {
  utf8mb4_0900_as_ci: (text) => text.normalize('NFC').toLowerCase(),
};

function padded(
  value: string,
  length: number,
  { pad, side }: { pad: string; side: 'left' | 'right' },
): string | null {
  if (length < 0 || length > MAX_LENGTH) return null;
  const chars = points(value);
  if (chars.length >= length) return chars.slice(0, length).join('');
  const filler = points(pad);
  if (filler.length === 0) return value;
  const missing = length - chars.length;
  let filled = '';
  for (let i = 0; i < missing; i++) filled += filler[i % filler.length];
  return side === 'left' ? filled + value : value + filled;
}

function digest(algorithm: string, value: string): string {
  return createHash(algorithm).update(value).digest('hex');
}

const SOUNDS: Record<string, string> = {
  ...{ B: '1', F: '1', P: '1', V: '1', C: '2', G: '2', J: '2', K: '2', Q: '2', S: '2', X: '2', Z: '2' },
  ...{ D: '3', T: '3', L: '4', M: '5', N: '5', R: '6' },
};

function soundex(value: string): string {
  const letters = value.toUpperCase().replace(/[^A-Z]/g, '');
  if (letters === '') return '';
  let result = letters[0]!;
  let last = SOUNDS[letters[0]!];
  for (const letter of letters.slice(1)) {
    const sound = SOUNDS[letter];
    if (sound !== undefined && sound !== last) result += sound;
    if (letter !== 'H' && letter !== 'W') last = sound;
  }
  return result.padEnd(4, '0');
}
