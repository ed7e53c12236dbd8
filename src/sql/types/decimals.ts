import type { SqlType } from '../sql-type.ts';

/** The type of a value in arithmetic: an integer, a decimal or a double. */
export type NumericType = Extract<SqlType, { kind: 'integer' | 'decimal' | 'double' }>;

const MAX_PRECISION = 65;
const MAX_SCALE = 30;
/** Digits that a division adds after the point. */
const DIVISION = 4;

export function numericOf(type: SqlType): NumericType {
  switch (type.kind) {
    case 'integer':
    case 'decimal':
    case 'double':
      return type;
    case 'boolean':
    case 'date':
      return { kind: 'integer' };
    case 'datetime':
      return type.fsp === 0 ? { kind: 'integer' } : decimal(14 + type.fsp, type.fsp);
    case 'time':
      return type.fsp === 0 ? { kind: 'integer' } : decimal(7 + type.fsp, type.fsp);
    default:
      return { kind: 'double' };
  }
}

export function isTemporal({ kind }: SqlType): boolean {
  return kind === 'date' || kind === 'datetime' || kind === 'time';
}

/** The type of `left op right`. */
export function arithmeticType(op: string, left: NumericType, right: NumericType): NumericType {
  if (op === 'div') return integer(left, right);
  if (left.kind === 'double' || right.kind === 'double') return { kind: 'double' };
  if (op === '/') {
    return decimal(digits(left) + DIVISION + scaleOf(right), scaleOf(left) + DIVISION);
  }
  if (left.kind === 'integer' && right.kind === 'integer') return op === '%' ? left : integer(left, right);
  const whole = Math.max(digits(left) - scaleOf(left), digits(right) - scaleOf(right));
  const scale = Math.max(scaleOf(left), scaleOf(right));
  if (op === '*') return decimal(digits(left) + digits(right), scaleOf(left) + scaleOf(right));
  return decimal(whole + scale + (op === '%' ? 0 : 1), scale);
}

export function decimal(precision: number, scale: number): NumericType {
  return {
    kind: 'decimal',
    precision: Math.min(precision, MAX_PRECISION),
    scale: Math.min(scale, MAX_SCALE),
  };
}

/** The widest type of several numbers. */
export function widest(types: NumericType[]): NumericType {
  if (types.some(({ kind }) => kind === 'double')) return { kind: 'double' };
  if (types.every((type) => type.kind === 'integer')) {
    const unsigned = types.map((type) => type.kind === 'integer' && type.unsigned === true);
    if (unsigned.every((it) => it)) return { kind: 'integer', unsigned: true };
    return unsigned.some((it) => it) ? decimal(20, 0) : { kind: 'integer' };
  }
  const whole = Math.max(...types.map((type) => digits(type) - scaleOf(type)));
  const scale = Math.max(...types.map(scaleOf));
  return decimal(whole + scale, scale);
}

export function sumOf(type: NumericType): NumericType {
  return type.kind === 'double' ? type : decimal(digits(type) + 22, scaleOf(type));
}

export function averageOf(type: NumericType): NumericType {
  return type.kind === 'double' ? type : decimal(digits(type) + DIVISION, scaleOf(type) + DIVISION);
}

/**
 * The type after rounding to a number of digits after the point; undefined when this number is not
 * a literal.
 */
export function roundedTo(type: NumericType, places: number | undefined): NumericType {
  if (type.kind !== 'decimal' || places === undefined) return type;
  const scale = Math.min(Math.max(places, 0), type.scale);
  return decimal(type.precision - type.scale + scale + 1, scale);
}

/** The type without digits after the point. */
export function wholeOf(type: NumericType): NumericType {
  if (type.kind !== 'decimal') return type;
  return type.precision - type.scale < 18 ? { kind: 'integer' } : decimal(type.precision - type.scale, 0);
}

function digits(type: NumericType): number {
  return type.kind === 'decimal' ? type.precision : 20;
}

function scaleOf(type: NumericType): number {
  return type.kind === 'decimal' ? type.scale : 0;
}

function integer(left: NumericType, right: NumericType): NumericType {
  const unsigned = [left, right].some((type) => type.kind === 'integer' && type.unsigned === true);
  return unsigned ? { kind: 'integer', unsigned } : { kind: 'integer' };
}
