import type { Json } from '../../core/json.ts';
import { formatDouble } from '../../sql/sqlite/values/number-text.ts';

/**
 * JSON as MySQL's JSON type stores it: keys sorted by length and then by bytes, numbers as MySQL
 * writes them. For MariaDB, which stores the given text unchanged. Segments compare and group these
 * texts, and MariaDB must give MySQL's answers.
 */
export function storedJson(value: Json): string {
  switch (typeof value) {
    case 'number':
      return numberText(value);
    case 'object': {
      if (value === null) return 'null';
      if (Array.isArray(value)) return `[${value.map(storedJson).join(',')}]`;
      const keys = Object.keys(value).sort(byLengthThenBytes);
      return `{${keys.map((key) => `${JSON.stringify(key)}:${storedJson(value[key]!)}`).join(',')}}`;
    }
    default:
      return JSON.stringify(value);
  }
}

/**
 * MySQL treats signed and unsigned 64-bit integers as integers, and all other numbers as doubles.
 */
function numberText(value: number): string {
  if (value === 0) return '0';
  return Number.isInteger(value) && value > -(2 ** 63) && value < 2 ** 64
    ? String(value)
    : formatDouble(value);
}

function byLengthThenBytes(a: string, b: string): number {
  if (ASCII.test(a) && ASCII.test(b)) return a.length - b.length || (a < b ? -1 : 1);
  const [first, second] = [Buffer.from(a), Buffer.from(b)];
  return first.length - second.length || Buffer.compare(first, second);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are ASCII, too.
const ASCII = /^[\x00-\x7f]*$/;
