import type { Arg } from '../values/arg.ts';
import {
  add,
  compareDecimals,
  type Decimal,
  divide,
  fit,
  fromOrderKey,
  multiply,
  negate,
  orderKey,
  remainder,
  rescale,
  store,
  toDecimal,
  truncate,
  wholeQuotient,
} from '../values/decimal.ts';
import { clamp, roundToInteger, toDouble, toInteger } from '../values/number-text.ts';
import { type Functions, fn, type Result } from './registry.ts';

/** Functions of numbers. DECIMAL functions begin with `my_dec_`. */
export const numberFunctions: Functions = {
  // Conversions
  my_num: fn(1, (text: Arg) => (typeof text === 'number' ? text : toDouble(String(text)))),
  my_text_integer: fn(1, (text: Arg) => toInteger(String(text))),
  my_round_integer: fn(1, (value: number) => roundToInteger(value)),
  my_dec: fn(1, (value: Arg) => store(toDecimal(value))),
  my_dec_fit: fn(3, (value: Arg, precision: number, scale: number) =>
    store(fit(toDecimal(value), { precision, scale })),
  ),
  my_dec_integer: fn(1, (value: Arg) => clamp(rescale(toDecimal(value), 0).units)),
  my_dec_double: fn(1, (value: Arg) => Number(value)),
  my_dec_key: fn(1, (value: Arg) => orderKey(toDecimal(value))),
  my_dec_unkey: fn(2, (key: string, scale: number) => store(fromOrderKey(key, scale))),

  // DECIMAL
  my_dec_cmp: fn(2, (a: Arg, b: Arg) => {
    // Doubles sort like the decimals, and decide all but the closest comparisons.
    const [x, y] = [Number(a), Number(b)];
    return x < y ? -1 : x > y ? 1 : compareDecimals(toDecimal(a), toDecimal(b));
  }),
  my_dec_add: fn(2, (a: Arg, b: Arg) => store(add(toDecimal(a), toDecimal(b)))),
  my_dec_sub: fn(2, (a: Arg, b: Arg) => store(add(toDecimal(a), negate(toDecimal(b))))),
  my_dec_mul: fn(2, (a: Arg, b: Arg) => store(multiply(toDecimal(a), toDecimal(b)))),
  my_dec_div: fn(3, (a: Arg, b: Arg, scale: number) => maybe(divide(toDecimal(a), toDecimal(b), scale))),
  my_dec_whole_div: fn(2, (a: Arg, b: Arg) => {
    const quotient = wholeQuotient(toDecimal(a), toDecimal(b));
    return quotient === undefined ? null : clamp(quotient);
  }),
  my_dec_mod: fn(2, (a: Arg, b: Arg) => maybe(remainder(toDecimal(a), toDecimal(b)))),
  my_dec_neg: fn(1, (value: Arg) => store(negate(toDecimal(value)))),
  my_dec_abs: fn(1, (value: Arg) => {
    const decimal = toDecimal(value);
    return store(decimal.units < 0n ? negate(decimal) : decimal);
  }),
  my_dec_sign: fn(1, (value: Arg) => {
    const { units } = toDecimal(value);
    return units > 0n ? 1 : units < 0n ? -1 : 0;
  }),
  my_dec_round: fn(2, (value: Arg, digits: number) => {
    const decimal = toDecimal(value);
    return store(digits >= decimal.scale ? decimal : rescale(decimal, Math.max(digits, -70)));
  }),
  my_dec_truncate: fn(2, (value: Arg, digits: number) =>
    store(truncate(toDecimal(value), Math.max(digits, -70))),
  ),
  my_dec_floor: fn(1, (value: Arg) => toward(value, -1n)),
  my_dec_ceil: fn(1, (value: Arg) => toward(value, 1n)),
  my_dec_greatest: fn([2, 100], (...values: Arg[]) => extreme(values, 1)),
  my_dec_least: fn([2, 100], (...values: Arg[]) => extreme(values, -1)),

  // Doubles
  my_mod: fn(2, (a: number, b: number) => (b === 0 ? null : a % b)),
  my_double_div: fn(2, (a: number, b: number) => {
    const quotient = b === 0 ? Number.NaN : Math.trunc(a / b);
    return Number.isFinite(quotient) ? quotient + 0 : null;
  }),
  my_round: fn(2, (value: number, digits: number) => {
    const factor = 10 ** Math.abs(digits);
    if (digits < 0) return halfEven(value / factor) * factor;
    return Number.isFinite(value * factor) ? halfEven(value * factor) / factor : value;
  }),
  my_truncate: fn(2, (value: number, digits: number) => {
    const factor = 10 ** Math.abs(digits);
    if (digits < 0) return Math.trunc(value / factor) * factor;
    return Number.isFinite(value * factor) ? Math.trunc(value * factor) / factor : value;
  }),
  my_floor: fn(1, (value: number) => Math.floor(value)),
  my_ceil: fn(1, (value: number) => Math.ceil(value)),
  my_sign: fn(1, (value: number) => Math.sign(value)),
  my_pow: fn(2, (a: number, b: number) => finite(a ** b)),
  my_sqrt: fn(1, (value: number) => finite(Math.sqrt(value))),
  my_exp: fn(1, (value: number) => finite(Math.exp(value))),
  my_ln: fn(1, (value: number) => (value > 0 ? Math.log(value) : null)),
  my_log: fn(2, (base: number, value: number) =>
    base > 0 && base !== 1 && value > 0 ? Math.log(value) / Math.log(base) : null,
  ),
  my_log2: fn(1, (value: number) => (value > 0 ? Math.log(value) / Math.LN2 : null)),
  my_log10: fn(1, (value: number) => (value > 0 ? Math.log10(value) : null)),
  my_sin: fn(1, (value: number) => finite(Math.sin(value))),
  my_cos: fn(1, (value: number) => finite(Math.cos(value))),
  my_tan: fn(1, (value: number) => finite(Math.tan(value))),
  my_cot: fn(1, (value: number) => finite(1 / Math.tan(value))),
  my_asin: fn(1, (value: number) => finite(Math.asin(value))),
  my_acos: fn(1, (value: number) => finite(Math.acos(value))),
  my_atan: fn([1, 2], (y: number, x?: number) => (x === undefined ? Math.atan(y) : Math.atan2(y, x))),
  my_degrees: fn(1, (value: number) => (value * 180) / Math.PI),
  my_radians: fn(1, (value: number) => (value * Math.PI) / 180),

  // Integers and bits
  my_round_places: fn(2, (value: number, digits: number) =>
    digits >= 0 ? value : store(rescale(toDecimal(value), Math.max(digits, -70))),
  ),
  my_truncate_places: fn(2, (value: number, digits: number) =>
    store(truncate(toDecimal(value), Math.max(digits, -70))),
  ),
  my_bit_and: fn(2, (a: Arg, b: Arg) => unsigned(bits(a) & bits(b))),
  my_bit_or: fn(2, (a: Arg, b: Arg) => unsigned(bits(a) | bits(b))),
  my_bit_xor: fn(2, (a: Arg, b: Arg) => unsigned(bits(a) ^ bits(b))),
  my_bit_not: fn(1, (a: Arg) => unsigned(~bits(a))),
  my_shift_left: fn(2, (a: Arg, count: number) =>
    count < 0 || count > 63 ? 0 : unsigned(bits(a) << BigInt(count)),
  ),
  my_shift_right: fn(2, (a: Arg, count: number) =>
    count < 0 || count > 63 ? 0 : unsigned(bits(a) >> BigInt(count)),
  ),
  my_unsigned: fn(1, (a: Arg) => unsigned(bits(a))),
  my_bit_count: fn(1, (value: Arg) => bits(value).toString(2).replaceAll('0', '').length),
  my_hex: fn(1, (value: Arg) => bits(value).toString(16).toUpperCase()),
  my_conv: fn(3, (value: Arg, from: number, to: number) => converted(String(value), from, to)),
};

function maybe(value: Decimal | undefined): Result {
  return value === undefined ? null : store(value);
}

function toward(value: Arg, direction: bigint): Result {
  const decimal = toDecimal(value);
  const whole = truncate(decimal, 0).units;
  const exact = compareDecimals({ units: whole, scale: 0 }, decimal) === 0;
  const away = decimal.units > 0n === direction > 0n;
  return store({ units: exact || !away ? whole : whole + direction, scale: 0 });
}

function extreme(values: Arg[], sign: number): Result {
  let best = toDecimal(values[0]!);
  let scale = best.scale;
  for (const value of values.slice(1)) {
    const candidate = toDecimal(value);
    scale = Math.max(scale, candidate.scale);
    if (compareDecimals(candidate, best) * sign > 0) best = candidate;
  }
  return store(rescale(best, scale));
}

/** rint() of C. */
function halfEven(value: number): number {
  const down = Math.floor(value);
  const rest = value - down;
  return rest < 0.5 || (rest === 0.5 && down % 2 === 0) ? down : down + 1;
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function bits(value: Arg): bigint {
  const whole = typeof value === 'number' ? roundToInteger(value) : toInteger(String(value));
  return BigInt.asUintN(
    64,
    typeof value === 'number' && value > 2 ** 63 ? BigInt(Math.min(value, 2 ** 64 - 2048)) : BigInt(whole),
  );
}

/**
 * BIGINT UNSIGNED. A value beyond 63 bits is a text, which is greater than every integer in SQLite.
 */
function unsigned(value: bigint): number | bigint | string {
  const whole = BigInt.asUintN(64, value);
  if (whole > 9223372036854775807n) return String(whole);
  const small = Number(whole);
  return Number.isSafeInteger(small) ? small : whole;
}

function converted(text: string, from: number, to: number): string | null {
  const [base, target] = [Math.abs(from), Math.abs(to)];
  if (base < 2 || base > 36 || target < 2 || target > 36) return null;
  const found = /^\s*([+-]?)([0-9a-z]*)/i.exec(text)!;
  if (text.trim() === '') return null;
  let value = 0n;
  for (const letter of found[2]!) {
    const digit = Number.parseInt(letter, 36);
    if (digit >= base) break;
    value = value * BigInt(base) + BigInt(digit);
  }
  const signed = found[1] === '-' ? -value : value;
  const shown = to < 0 ? BigInt.asIntN(64, signed) : BigInt.asUintN(64, signed);
  return shown.toString(target).toUpperCase();
}
