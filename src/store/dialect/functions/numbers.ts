import { type Arg, type Functions, fn, num, text } from './registry.ts';

export const numberFunctions: Functions = {
  mysql_cast_integer: fn(1, (value) =>
    typeof value === 'number' ? roundHalfUp(value, 0) : Math.trunc(num(value!)) + 0,
  ),
  mysql_cast_decimal: fn(2, (value, scale) => roundHalfUp(num(value!), num(scale!))),
  mysql_div: fn(2, (a, b) => (num(b!) === 0 ? null : Math.trunc(num(a!) / num(b!)) + 0)),
  truncate: fn(2, (value, digits) => {
    const factor = 10 ** num(digits!);
    return Math.trunc(num(value!) * factor) / factor + 0;
  }),
  greatest: fn([2, 100], (...values) => extreme(values, 1)),
  least: fn([2, 100], (...values) => extreme(values, -1)),
  // In MySQL LOG of one number is the natural one.
  log: fn([1, 2], (a, b) =>
    positive(b === undefined ? Math.log(num(a!)) : Math.log(num(b)) / Math.log(num(a!))),
  ),
  // ISNULL is a postfix operator in SQLite.
  mysql_isnull: fn(1, (value) => (value === null ? 1 : 0), { takesNull: true }),
  bit_count: fn(
    1,
    (value) =>
      (
        BigInt.asUintN(64, BigInt(Math.trunc(num(value!))))
          .toString(2)
          .match(/1/g) ?? []
      ).length,
  ),
  bin: fn(1, (value) => Math.trunc(num(value!)).toString(2)),
  oct: fn(1, (value) => Math.trunc(num(value!)).toString(8)),
  conv: fn(3, (value, from, to) => {
    const parsed = Number.parseInt(text(value!), num(from!));
    return Number.isNaN(parsed) ? '0' : parsed.toString(num(to!)).toUpperCase();
  }),
  crc32: fn(1, (value) => Bun.hash.crc32(text(value!))),
};

function roundHalfUp(value: number, digits: number): number {
  const factor = 10 ** digits;
  // Away from zero on a half; the tiny addend undoes the binary representation of decimals such as 1.005.
  return (Math.sign(value) * Math.round(Math.abs(value) * factor * (1 + Number.EPSILON))) / factor + 0;
}

/** With a text among them, MySQL compares all as texts. */
function extreme(values: Arg[], sign: number): string | number {
  const texts = values.some((value) => typeof value !== 'number');
  const key = (value: Arg) => (texts ? text(value!) : num(value!));
  return values.reduce((a, b) => (key(a) === key(b) || key(a) > key(b) === sign > 0 ? a : b)) as
    | string
    | number;
}

function positive(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
