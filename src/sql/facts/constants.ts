import type { Expr } from '../ast.ts';

/**
 * The value of a literal, a parameter, or a number with its sign; undefined for other expressions,
 * and for NULL.
 */
export function constantOf(expr: Expr): string | number | boolean | undefined {
  switch (expr.kind) {
    case 'string':
    case 'boolean':
    case 'temporal':
      return expr.value;
    case 'number':
      return Number(expr.text);
    case 'param':
      if (typeof expr.value === 'bigint') return Number(expr.value);
      return expr.value ?? undefined;
    case 'unary': {
      const inner = expr.op === '-' ? constantOf(expr.operand) : undefined;
      return typeof inner === 'number' ? -inner : undefined;
    }
    case 'cast':
    case 'collate':
      return constantOf(expr.operand);
    default:
      return undefined;
  }
}
