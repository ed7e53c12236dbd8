/* MySQL's conversions between numbers and texts. */

const NUMBER = /^[ \t\n\v\f\r]*([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)/i;
const INTEGER = /^[ \t\n\v\f\r]*([+-]?\d+)/;
const MAX_INTEGER = 9223372036854775807n;
const MAX_UNSIGNED = 18446744073709551615n;
const MIN_INTEGER = -9223372036854775808n;

/**
 * The number at the beginning of a text, else 0. A number that is too large becomes the largest
 * double.
 */
export function toDouble(text: string): number {
  const found = NUMBER.exec(text);
  if (!found) return 0;
  const value = Number(found[1]);
  return Number.isFinite(value) ? value : Math.sign(value) * Number.MAX_VALUE;
}

/** The integer at the beginning of a text, as CAST(… AS SIGNED) reads it: '1.9' and '1e3' are 1. */
export function toInteger(text: string): number | bigint {
  const found = INTEGER.exec(text);
  if (!found) return 0;
  const value = Number(found[1]);
  if (Number.isSafeInteger(value)) return value + 0;
  // A number that fits only unsigned keeps its bits, as in MySQL.
  const whole = BigInt(found[1]!.replace('+', ''));
  if (whole <= MAX_INTEGER) return clamp(whole);
  return clamp(BigInt.asIntN(64, whole > MAX_UNSIGNED ? MAX_UNSIGNED : whole));
}

/** A double as an integer: halves round to the even neighbour. */
export function roundToInteger(value: number): number | bigint {
  const down = Math.floor(value);
  const rest = value - down;
  const rounded = rest < 0.5 || (rest === 0.5 && down % 2 === 0) ? down : down + 1;
  if (Number.isSafeInteger(rounded)) return rounded + 0;
  return Number.isFinite(rounded) ? clamp(BigInt(rounded)) : 0;
}

/** An integer that fits into 64 bits. */
export function clamp(value: bigint): number | bigint {
  const inside = value > MAX_INTEGER ? MAX_INTEGER : value < MIN_INTEGER ? MIN_INTEGER : value;
  const small = Number(inside);
  return Number.isSafeInteger(small) ? small : inside;
}

/**
 * A double as MySQL writes it: 1e15 and 1e-16, but 100000000000000 and 0.000000000000001. Uses the
 * fewest digits that identify the double, at most 17.
 */
export function formatDouble(value: number): string {
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const sign = value < 0 ? '-' : '';
  const [mantissa, exponentText] = Math.abs(value).toExponential().split('e') as [string, string];
  const digits = mantissa.replace('.', '');
  // The position of the point, counted from the first digit.
  const point = Number(exponentText) + 1;
  if ((point > 15 && digits.length <= point) || point < -14) {
    const fraction = digits.length > 1 ? `.${digits.slice(1)}` : '';
    return `${sign}${digits[0]}${fraction}e${point - 1}`;
  }
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  if (point >= digits.length) return sign + digits.padEnd(point, '0');
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}
