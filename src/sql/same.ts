import type { Expr } from './ast.ts';

/** Whether two expressions of one SELECT are the same, as MySQL compares what is grouped by with what is selected. */
export function isSame(a: Expr, b: Expr): boolean {
  if (a === b) return true;
  const left = plain(a);
  const right = plain(b);
  if (left !== a || right !== b) return isSame(left, right);
  return a.kind === b.kind && keyOf(a) === keyOf(b);
}

/** What an alias of the select list stands for. */
export function plain(expr: Expr): Expr {
  return expr.kind === 'column' && expr.source.kind === 'item' ? plain(expr.source.item.expr) : expr;
}

/** Objects that are compared by identity, each by a number of its own. */
const numbers = new WeakMap<object, number>();
let next = 0;

function numberOf(object: object): number {
  const known = numbers.get(object);
  if (known !== undefined) return known;
  numbers.set(object, next);
  return next++;
}

/** Equal for equal expressions: where they stand and how columns are written says nothing. */
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
