import type { Arg } from './arg.ts';

/*
 * Exact DECIMAL. In a row a DECIMAL is an SQLite integer if it has no digits after the point and is
 * below 2^53, else a text such as `-12.50`, with the digits that MySQL shows. Texts and integers of
 * one column cannot be compared natively: the printer compares with `my_dec_cmp` and sorts by
 * `my_dec_key`.
 */

/** `units` divided by ten to the power of `scale`. */
export interface Decimal {
  units: bigint;
  scale: number;
}

/** MySQL's maximum number of digits after the point. */
export const MAX_SCALE = 30;
/** A division has this many digits more than its dividend (div_precision_increment). */
export const DIVISION_DIGITS = 4;
/** The largest DECIMAL in MySQL; larger values become this one. */
const MAX_UNITS = 10n ** 65n - 1n;

const POWERS = Array.from({ length: 100 }, (_, exponent) => 10n ** BigInt(exponent));

/** Ten to this power. */
function tens(exponent: number): bigint {
  return POWERS[exponent] ?? 10n ** BigInt(exponent);
}

const DECIMAL = /^[ \t\n\v\f\r]*([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d{1,4}))?/i;

/** The decimal at the beginning of a text, or the value of a number; 0 for other text. */
export function toDecimal(value: Arg): Decimal {
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value)) return { units: BigInt(value), scale: 0 };
    return Number.isFinite(value) ? parse(String(value)) : { units: MAX_UNITS, scale: 0 };
  }
  return short(String(value)) ?? parse(String(value));
}

/** Up to 15 digits without an exponent or spaces, such as `-12.50`; undefined for others. */
function short(text: string): Decimal | undefined {
  if (text.length > 16) return undefined;
  const negative = text.charCodeAt(0) === 45;
  let units = 0;
  let point = -1;
  for (let i = negative ? 1 : 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit >= 0 && digit <= 9) units = units * 10 + digit;
    else if (digit === -2 && point < 0) point = i;
    else return undefined;
  }
  const scale = point < 0 ? 0 : text.length - point - 1;
  return text.length > 15 && units > Number.MAX_SAFE_INTEGER
    ? undefined
    : { units: BigInt(negative ? -units : units), scale };
}

function parse(text: string): Decimal {
  const found = DECIMAL.exec(text)!;
  const [, sign, whole = '', fraction = '', exponentText = '0'] = found;
  if (whole === '' && fraction === '') return { units: 0n, scale: 0 };
  let units = BigInt(whole + fraction);
  let scale = fraction.length - Number(exponentText);
  if (scale < 0) {
    units = scale < -80 ? MAX_UNITS : units * tens(-scale);
    scale = 0;
  }
  const signed = { units: sign === '-' ? -units : units, scale };
  return scale > MAX_SCALE ? rescale(signed, MAX_SCALE) : signed;
}

/** The form in a row. */
export function store({ units, scale }: Decimal): string | number {
  if (scale === 0) {
    const small = Number(units);
    if (Number.isSafeInteger(small)) return small;
  }
  return formatDecimal({ units, scale });
}

export function formatDecimal({ units, scale }: Decimal): string {
  if (scale === 0) return String(units);
  const digits = String(units < 0n ? -units : units).padStart(scale + 1, '0');
  return `${units < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/**
 * Rounded, half away from zero, or filled with zeros. A negative scale rounds before the point and
 * leaves scale 0.
 */
export function rescale(value: Decimal, scale: number): Decimal {
  if (scale === value.scale) return value;
  if (scale > value.scale) {
    return { units: value.units * tens(scale - value.scale), scale };
  }
  const factor = tens(value.scale - scale);
  const half = value.units < 0n ? -factor / 2n : factor / 2n;
  const units = (value.units + half) / factor;
  return scale < 0 ? { units: units * tens(-scale), scale: 0 } : { units, scale };
}

/** Truncated after this many digits. */
export function truncate(value: Decimal, scale: number): Decimal {
  if (scale >= value.scale) return value;
  const units = value.units / tens(value.scale - scale);
  return scale < 0 ? { units: units * tens(-scale), scale: 0 } : { units, scale };
}

export function compareDecimals(a: Decimal, b: Decimal): number {
  if (a.scale === b.scale) return a.units < b.units ? -1 : a.units > b.units ? 1 : 0;
  const scale = Math.max(a.scale, b.scale);
  const [x, y] = [rescale(a, scale).units, rescale(b, scale).units];
  return x < y ? -1 : x > y ? 1 : 0;
}

export function add(a: Decimal, b: Decimal): Decimal {
  const scale = Math.max(a.scale, b.scale);
  return { units: rescale(a, scale).units + rescale(b, scale).units, scale };
}

export function negate({ units, scale }: Decimal): Decimal {
  return { units: -units, scale };
}

export function multiply(a: Decimal, b: Decimal): Decimal {
  const product = { units: a.units * b.units, scale: a.scale + b.scale };
  return product.scale > MAX_SCALE ? rescale(product, MAX_SCALE) : product;
}

/**
 * With this many digits after the point, the last one rounded; undefined for a division by zero.
 */
export function divide(a: Decimal, b: Decimal, scale: number): Decimal | undefined {
  if (b.units === 0n) return undefined;
  // One extra digit decides how the last one is rounded.
  const shift = scale + 1 + b.scale - a.scale;
  const scaled = shift >= 0 ? a.units * tens(shift) : a.units / tens(-shift);
  return rescale({ units: scaled / b.units, scale: scale + 1 }, scale);
}

/** The whole part of a quotient; undefined for a division by zero. */
export function wholeQuotient(a: Decimal, b: Decimal): bigint | undefined {
  if (b.units === 0n) return undefined;
  const scale = Math.max(a.scale, b.scale);
  return rescale(a, scale).units / rescale(b, scale).units;
}

/** The remainder of a division, with the sign of the dividend; undefined for a division by zero. */
export function remainder(a: Decimal, b: Decimal): Decimal | undefined {
  if (b.units === 0n) return undefined;
  const scale = Math.max(a.scale, b.scale);
  return { units: rescale(a, scale).units % rescale(b, scale).units, scale };
}

/** The value fitted into DECIMAL(precision, scale): rounded, and limited to the largest value. */
export function fit(value: Decimal, options: { precision: number; scale: number }): Decimal {
  const rounded = rescale(value, options.scale);
  const limit = tens(options.precision) - 1n;
  const units = rounded.units > limit ? limit : rounded.units < -limit ? -limit : rounded.units;
  return { units, scale: options.scale };
}

const KEY_WHOLE = 80;

/** A text for each value: equal for equal values, and in the order of the values. */
export function orderKey({ units, scale }: Decimal): string {
  const negative = units < 0n;
  const digits = String(negative ? -units : units).padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale).padStart(KEY_WHOLE, '0');
  const fraction = digits.slice(digits.length - scale).padEnd(MAX_SCALE, '0');
  const key = whole + fraction;
  if (!negative) return `1${key}`;
  let complement = '0';
  for (let i = 0; i < key.length; i++) complement += 9 - (key.charCodeAt(i) - 48);
  return complement;
}

/** The value of an order key, with this many digits after the point. */
export function fromOrderKey(key: string, scale: number): Decimal {
  let digits = key.slice(1);
  const negative = key[0] === '0';
  if (negative) digits = digits.replace(/\d/g, (digit) => String(9 - Number(digit)));
  const value = rescale({ units: BigInt(digits), scale: MAX_SCALE }, scale);
  return negative ? negate(value) : value;
}
