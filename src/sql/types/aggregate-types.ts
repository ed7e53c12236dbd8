import type { Aggregate, Column, Expr, WindowCall } from '../ast.ts';
import type { SqlType } from '../sql-type.ts';
import { walkExpr } from '../walk.ts';
import { mixed, textType, type Weighted, weightOf } from './collations.ts';
import { averageOf, type NumericType, numericOf, sumOf } from './decimals.ts';
import { merged } from './merge.ts';

/**
 * The type of an aggregate or a window function; undefined when its texts have no common collation.
 */
export function aggregateType(expr: Aggregate | WindowCall): SqlType | undefined {
  const [first, , fallback] = expr.args;
  switch (expr.name) {
    case 'sum':
      return sumOf(numberOf(first!));
    case 'avg':
      return averageOf(numberOf(first!));
    case 'min':
    case 'max':
    case 'first_value':
    case 'last_value':
    case 'nth_value':
      return stored(first!.type);
    case 'lag':
    case 'lead':
      return merged([first!.type, ...(fallback ? [fallback.type] : [])]);
    case 'group_concat': {
      const mix = mixed(expr.args.map(({ type }) => weightOf(type)));
      return mix && textType(strong(mix));
    }
    case 'json_arrayagg':
    case 'json_objectagg':
      return { kind: 'json' };
    case 'stddev_pop':
    case 'stddev_samp':
    case 'var_pop':
    case 'var_samp':
    case 'percent_rank':
    case 'cume_dist':
      return { kind: 'double' };
    case 'bit_and':
    case 'bit_or':
    case 'bit_xor':
    case 'row_number':
    case 'rank':
    case 'dense_rank':
    case 'ntile':
      return { kind: 'integer', unsigned: true };
    default:
      return { kind: 'integer' };
  }
}

/** In a column, a boolean is an integer. */
export function stored(type: SqlType): SqlType {
  return type.kind === 'boolean' ? { kind: 'integer' } : type;
}

/** The type of an expression in arithmetic, where bytes are a number. */
export function numberOf(expr: Expr): NumericType {
  return expr.kind === 'bytes' ? { kind: 'integer', unsigned: true } : numericOf(expr.type);
}

/** A number converted to text has the collation strength of a literal, not less. */
export function strong({ collation, coercibility }: Weighted): Weighted {
  return { collation, coercibility: coercibility > 4 ? 4 : coercibility };
}

/**
 * The type of a derived table's column: a text from an aggregate has a collation as strong as a
 * column's.
 */
export function kept({ type, exprs: [expr] }: Column): SqlType {
  if (type.kind !== 'text' || type.coercibility <= 2 || !expr) return type;
  for (const part of walkExpr(expr)) if (part.kind === 'aggregate') return { ...type, coercibility: 2 };
  return type;
}
