import { createHash } from 'node:crypto';
import { type Functions, fn, num, text } from './registry.ts';

export const stringFunctions: Functions = {
  concat: fn([1, 100], (...parts) => parts.map(text).join('')),
  mysql_left: fn(2, (value, count) => [...text(value!)].slice(0, Math.max(0, num(count!))).join('')),
  mysql_right: fn(2, (value, count) => {
    const chars = [...text(value!)];
    return num(count!) <= 0 ? '' : chars.slice(-num(count!)).join('');
  }),
  mysql_substring: fn([2, 3], (value, from, count) => {
    const chars = [...text(value!)];
    const start = num(from!);
    if (start === 0 || Math.abs(start) > chars.length) return '';
    const at = start > 0 ? start - 1 : chars.length + start;
    return chars.slice(at, count === undefined ? undefined : at + Math.max(0, num(count))).join('');
  }),
  mysql_trim: fn(3, (mode, what, value) => {
    const remove = text(what!);
    let rest = text(value!);
    if (remove === '') return rest;
    while (mode !== 'trailing' && rest.startsWith(remove)) rest = rest.slice(remove.length);
    while (mode !== 'leading' && rest.endsWith(remove)) rest = rest.slice(0, rest.length - remove.length);
    return rest;
  }),
  mysql_cast_char: fn(1, (value) => text(value!)),
  substring_index: fn(3, (value, delimiter, count) => {
    const parts = text(value!).split(text(delimiter!));
    const n = num(count!);
    if (n === 0 || text(delimiter!) === '') return '';
    return (n > 0 ? parts.slice(0, n) : parts.slice(n)).join(text(delimiter!));
  }),
  locate: fn([2, 3], (what, value, from = 1) =>
    num(from) < 1 ? 0 : text(value!).indexOf(text(what!), num(from) - 1) + 1,
  ),
  lpad: fn(3, (value, length, pad) => padded(text(value!), num(length!), text(pad!), 'left')),
  rpad: fn(3, (value, length, pad) => padded(text(value!), num(length!), text(pad!), 'right')),
  repeat: fn(2, (value, count) => text(value!).repeat(Math.max(0, num(count!)))),
  reverse: fn(1, (value) => [...text(value!)].reverse().join('')),
  space: fn(1, (count) => ' '.repeat(Math.max(0, num(count!)))),
  lower: fn(1, (value) => text(value!).toLowerCase()),
  lcase: fn(1, (value) => text(value!).toLowerCase()),
  upper: fn(1, (value) => text(value!).toUpperCase()),
  ucase: fn(1, (value) => text(value!).toUpperCase()),
  length: fn(1, (value) => Buffer.byteLength(text(value!))),
  char_length: fn(1, (value) => [...text(value!)].length),
  character_length: fn(1, (value) => [...text(value!)].length),
  ascii: fn(1, (value) => Buffer.from(text(value!))[0] ?? 0),
  strcmp: fn(2, (a, b) => (text(a!) < text(b!) ? -1 : text(a!) > text(b!) ? 1 : 0)),
  field: fn([2, 100], (value, ...list) => list.findIndex((item) => item !== null && same(item, value!)) + 1, {
    takesNull: true,
  }),
  elt: fn([2, 100], (index, ...list) => (index === null ? null : (list[num(index!) - 1] as string)), {
    takesNull: true,
  }),
  find_in_set: fn(2, (value, list) =>
    text(list!) === '' ? 0 : text(list!).split(',').indexOf(text(value!)) + 1,
  ),
  md5: fn(1, (value) => digest('md5', text(value!))),
  sha: fn(1, (value) => digest('sha1', text(value!))),
  sha1: fn(1, (value) => digest('sha1', text(value!))),
  sha2: fn(2, (value, bits) => digest(`sha${num(bits!) === 0 ? 256 : num(bits!)}`, text(value!))),
  to_base64: fn(1, (value) => Buffer.from(text(value!)).toString('base64')),
  from_base64: fn(1, (value) => Buffer.from(text(value!), 'base64').toString()),
  format: fn(2, (value, digits) =>
    num(value!).toLocaleString('en-US', {
      minimumFractionDigits: num(digits!),
      maximumFractionDigits: num(digits!),
    }),
  ),
  // `value regexp pattern` calls regexp(pattern, value).
  regexp: fn(2, (pattern, value) => (compile(text(pattern!), '').test(text(value!)) ? 1 : 0)),
  regexp_like: fn([2, 3], (value, pattern, flags = '') =>
    compile(text(pattern!), text(flags)).test(text(value!)) ? 1 : 0,
  ),
  regexp_replace: fn(3, (value, pattern, by) =>
    text(value!).replace(new RegExp(compile(text(pattern!), '').source, 'gu'), text(by!)),
  ),
  regexp_substr: fn(2, (value, pattern) => compile(text(pattern!), '').exec(text(value!))?.[0]),
  regexp_instr: fn(2, (value, pattern) => (compile(text(pattern!), '').exec(text(value!))?.index ?? -1) + 1),
};

const CLASSES: Record<string, string> = {
  alpha: '\\p{L}',
  digit: '0-9',
  alnum: '\\p{L}\\p{N}',
  space: '\\s',
  upper: '\\p{Lu}',
  lower: '\\p{Ll}',
  punct: '\\p{P}',
  xdigit: '0-9A-Fa-f',
};
const compiled = new Map<string, RegExp>();

/** A pattern of MySQL as one of JavaScript: they share what people use but `[[:alpha:]]`. */
function compile(pattern: string, flags: string): RegExp {
  const key = `${flags}/${pattern}`;
  let found = compiled.get(key);
  if (!found) {
    const source = pattern.replace(/\[:(\w+):\]/g, (whole, name: string) => CLASSES[name] ?? whole);
    const options = `u${flags.includes('i') ? 'i' : ''}${flags.includes('m') ? 'm' : ''}${flags.includes('n') ? 's' : ''}`;
    try {
      found = new RegExp(source, options);
    } catch {
      // Without `u` JavaScript accepts more escapes, as MySQL does.
      found = new RegExp(source, options.replace('u', ''));
    }
    if (compiled.size > 200) compiled.clear();
    compiled.set(key, found);
  }
  return found;
}

function padded(value: string, length: number, pad: string, side: 'left' | 'right'): string | null {
  if (length < 0) return null;
  if (value.length >= length) return value.slice(0, length);
  if (pad === '') return null;
  return side === 'left' ? value.padStart(length, pad) : value.padEnd(length, pad);
}

function same(a: unknown, b: unknown): boolean {
  return typeof a === 'number' || typeof b === 'number' ? Number(a) === Number(b) : a === b;
}

function digest(algorithm: string, value: string): string | null {
  try {
    return createHash(algorithm).update(value).digest('hex');
  } catch {
    return null;
  }
}
