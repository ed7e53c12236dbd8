import { type Functions, fn, num, text } from './registry.ts';

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
  greatest: fn(
    [2, 100],
    (...values) => values.reduce((a, b) => (compare(a!, b!) >= 0 ? a : b)) as string | number,
  ),
  least: fn(
    [2, 100],
    (...values) => values.reduce((a, b) => (compare(a!, b!) <= 0 ? a : b)) as string | number,
  ),
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

function compare(a: string | number | Uint8Array, b: string | number | Uint8Array): number {
  if (typeof a === 'number' || typeof b === 'number') return num(a) - num(b);
  const [x, y] = [text(a), text(b)];
  return x < y ? -1 : x > y ? 1 : 0;
}

function positive(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
