import type { ColumnRef, Expr, OrderItem, Select, SelectItem } from '../ast.ts';
import type { Names } from './names.ts';
import { itemIn } from './scope.ts';

/**
 * ORDER BY of a SELECT: a number is a position in the select list; a plain name is an alias, or
 * else a column.
 */
export function resolveOrder(items: OrderItem[], select: Select, names: Names): void {
  names.scope.items = select.items;
  for (const item of items) {
    const placed = atPlace(item.expr, select, names);
    if (placed && 'expr' in placed) item.item = placed;
    else if (placed) item.expr = placed;
    else {
      const alias = item.expr.kind === 'column' ? itemIn(select.items, item.expr) : undefined;
      if (item.expr.kind === 'column' && typeof alias === 'object' && alias.kind === 'item') {
        item.expr.source = alias;
        item.item = alias.item;
      } else names.resolve(item.expr, 'order');
    }
  }
  names.scope.items = undefined;
  if (names.aggregated) select.grouped = true;
}

/** GROUP BY: a number is a position in the select list; a name is a column, or else an alias. */
export function resolveGroups(select: Select, names: Names): void {
  names.scope.items = select.items;
  select.groupBy = select.groupBy.map((expr) => {
    const placed = atPlace(expr, select, names);
    if (placed) return 'expr' in placed ? placed.expr : placed;
    names.resolve(expr, 'group');
    return expr;
  });
  names.scope.items = undefined;
}

function atPlace(expr: Expr, select: Select, names: Names): SelectItem | ColumnRef | undefined {
  if (expr.kind !== 'number' || !/^\d+$/.test(expr.text)) return undefined;
  const all = select.items.flatMap((item): (SelectItem | ColumnRef)[] =>
    item.expr.kind === 'star' ? item.expr.columns : [item],
  );
  const found = all[Number(expr.text) - 1];
  if (!found) throw names.refuse(`the select list has no column ${expr.text}`, expr.at);
  return found;
}
