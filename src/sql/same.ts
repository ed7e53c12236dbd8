import type { Expr } from './ast.ts';

/**
 * Whether two expressions of one SELECT are the same, by the rule that MySQL uses to match GROUP BY
 * with the select list.
 */
export function isSame(a: Expr, b: Expr): boolean {
  if (a === b) return true;
  const left = plain(a);
  const right = plain(b);
  if (left !== a || right !== b) return isSame(left, right);
  return a.kind === b.kind && keyOf(a) === keyOf(b);
}

/** The expression behind an alias of the select list. */
export function plain(expr: Expr): Expr {
  return expr.kind === 'column' && expr.source.kind === 'item' ? plain(expr.source.item.expr) : expr;
}

/** A number for each object that is compared by identity. */
const numbers = new WeakMap<object, number>();
let next = 0;

function numberOf(object: object): number {
  const known = numbers.get(object);
  if (known !== undefined) return known;
  numbers.set(object, next);
  return next++;
}

/**
 * Gives equal texts for equal expressions. The expression's place and the spelling of its columns
 * make no difference.
 */
function keyOf(expr: Expr): string {
  return JSON.stringify(plain(expr), (key, value: unknown) => {
    if (key === 'at' || key === 'type' || key === 'query')
      return key === 'query' ? numberOf(value as object) : undefined;
    if (!isColumn(value)) return value;
    const column = plain(value);
    if (column !== value) return keyOf(column);
    const { source } = value;
    if (source.kind === 'table') return [numberOf(source.source), source.column.name.toLowerCase()];
    return source.kind === 'result' ? [numberOf(source.column)] : value.name;
  });
}

function isColumn(value: unknown): value is Expr & { kind: 'column' } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'kind' in value &&
    value.kind === 'column' &&
    'qualifier' in value
  );
}
