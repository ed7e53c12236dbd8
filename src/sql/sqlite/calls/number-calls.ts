import type { Arithmetic, Call, Expr, Unary } from '../../ast.ts';
import { asDecimal, asDouble, asInteger, asNumber, asText } from '../convert.ts';
import { type Printing, quoted } from '../printing.ts';
import { MAX_SCALE } from '../values/decimal.ts';
import { of, type PrintCall } from './call.ts';

export const NUMBER_CALLS: Record<string, PrintCall> = {
  abs: (p, call) => byType(p, call, { integer: 'abs', decimal: 'my_dec_abs', double: 'abs' }),
  sign: (p, { args: [value] }) =>
    value!.type.kind === 'double' || value!.type.kind === 'text' || value!.type.kind === 'json'
      ? `my_sign(${asDouble(p, value!)})`
      : `my_dec_sign(${asDecimal(p, value!)})`,
  ceiling: (p, call) => whole(p, call, { decimal: 'my_dec_ceil', double: 'my_ceil' }),
  floor: (p, call) => whole(p, call, { decimal: 'my_dec_floor', double: 'my_floor' }),
  round: (p, call) =>
    places(p, call, { integer: 'my_round_places', decimal: 'my_dec_round', double: 'my_round' }),
  truncate: (p, call) =>
    places(p, call, { integer: 'my_truncate_places', decimal: 'my_dec_truncate', double: 'my_truncate' }),
  power: doubles('my_pow'),
  sqrt: doubles('my_sqrt'),
  exp: doubles('my_exp'),
  ln: doubles('my_ln'),
  log: (p, { args }) =>
    `${args.length === 1 ? 'my_ln' : 'my_log'}(${args.map((arg) => asDouble(p, arg)).join(', ')})`,
  log2: doubles('my_log2'),
  log10: doubles('my_log10'),
  sin: doubles('my_sin'),
  cos: doubles('my_cos'),
  tan: doubles('my_tan'),
  cot: doubles('my_cot'),
  asin: doubles('my_asin'),
  acos: doubles('my_acos'),
  atan: doubles('my_atan'),
  degrees: doubles('my_degrees'),
  radians: doubles('my_radians'),
  pi: () => String(Math.PI),
  rand: () => 'my_rand()',
  bit_count: of('my_bit_count', 'i'),
};

function doubles(name: string): PrintCall {
  return (p, { args }) => `${name}(${args.map((arg) => asDouble(p, arg)).join(', ')})`;
}

interface Names {
  integer: string;
  decimal: string;
  double: string;
}

function byType(p: Printing, { args, type }: Call, names: Names): string {
  const kind = type.kind === 'decimal' ? 'decimal' : type.kind === 'double' ? 'double' : 'integer';
  return `${names[kind]}(${asNumber(p, args[0]!, kind)})`;
}

/** CEILING and FLOOR of an inexact number give a double. */
function whole(p: Printing, { args, type }: Call, names: Omit<Names, 'integer'>): string {
  const value = args[0]!;
  if (value.type.kind === 'integer' || value.type.kind === 'boolean') return p.expr(value);
  return type.kind === 'double'
    ? `${names.double}(${asDouble(p, value)})`
    : `${names.decimal}(${asDecimal(p, value)})`;
}

/** ROUND and TRUNCATE. */
function places(p: Printing, { args, type }: Call, names: Names): string {
  const [value, digits] = args as [Expr, Expr | undefined];
  const count = digits === undefined ? '0' : asInteger(p, digits);
  if (type.kind === 'double') return `${names.double}(${asDouble(p, value)}, ${count})`;
  if (value.type.kind === 'integer' || value.type.kind === 'boolean')
    return `${names.integer}(${p.expr(value)}, ${count})`;
  return `${names.decimal}(${asDecimal(p, value)}, ${count})`;
}

const DECIMAL_OPERATORS: Partial<Record<Arithmetic['op'], string>> = {
  '+': 'my_dec_add',
  '-': 'my_dec_sub',
  '*': 'my_dec_mul',
  '%': 'my_dec_mod',
};
const BIT_OPERATORS: Partial<Record<Arithmetic['op'], string>> = {
  '|': 'my_bit_or',
  '&': 'my_bit_and',
  '^': 'my_bit_xor',
  '<<': 'my_shift_left',
  '>>': 'my_shift_right',
};

export function arithmetic(p: Printing, { op, left, right, type }: Arithmetic): string {
  const bits = BIT_OPERATORS[op];
  if (bits !== undefined) return `${bits}(${asInteger(p, left)}, ${asInteger(p, right)})`;
  if (op === 'div') return wholeDivision(p, left, right);
  if (type.kind === 'double') {
    const [a, b] = [asDouble(p, left), asDouble(p, right)];
    if (op === '/') return `cast(${a} as real) / (${b})`;
    return op === '%' ? `my_mod(${a}, ${b})` : `(${a}) ${op} (${b})`;
  }
  if (type.kind === 'decimal') {
    const [a, b] = [asDecimal(p, left), asDecimal(p, right)];
    if (op === '/') return `my_dec_div(${a}, ${b}, ${Math.min(type.scale, MAX_SCALE)})`;
    return `${DECIMAL_OPERATORS[op]!}(${a}, ${b})`;
  }
  return `(${asInteger(p, left)}) ${op} (${asInteger(p, right)})`;
}

function wholeDivision(p: Printing, left: Expr, right: Expr): string {
  const isWhole = ({ type }: Expr) => type.kind === 'integer' || type.kind === 'boolean';
  if (isWhole(left) && isWhole(right)) return `(${p.expr(left)}) / (${p.expr(right)})`;
  return `my_dec_whole_div(${asDecimal(p, left)}, ${asDecimal(p, right)})`;
}

export function unary(p: Printing, { op, operand, type }: Unary): string {
  switch (op) {
    case '+':
      return p.expr(operand);
    case '~':
      return `my_bit_not(${asInteger(p, operand)})`;
    case 'binary':
      return asText(p, operand);
    case '-':
      if (operand.kind === 'number' && type.kind === 'decimal') return quoted(`-${operand.text}`);
      return type.kind === 'decimal'
        ? `my_dec_neg(${asDecimal(p, operand)})`
        : `-(${asNumber(p, operand, type.kind)})`;
  }
}
