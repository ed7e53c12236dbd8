import type { Expr } from '../ast.ts';
import { collated } from './compare-text.ts';
import type { Printing } from './printing.ts';

/* Keys by which SQLite groups and sorts: equal, or in order, when MySQL's values are. */

/** For GROUP BY, PARTITION BY and DISTINCT. */
export function groupKey(p: Printing, expr: Expr): string {
  switch (expr.type.kind) {
    case 'decimal':
      return `my_dec_key(${p.expr(expr)})`;
    case 'json':
      return `my_json_key(${p.expr(expr)})`;
    default:
      return collated(p, expr);
  }
}

/** For ORDER BY. */
export function orderKey(p: Printing, expr: Expr): string {
  switch (expr.type.kind) {
    case 'decimal':
      return `my_dec_key(${p.expr(expr)})`;
    case 'json':
      return `my_json_order(${p.expr(expr)})`;
    case 'time':
      return `my_time_key(${p.expr(expr)})`;
    default:
      return collated(p, expr);
  }
}

/** A value with one spelling for equal values in SQLite, for the results of DISTINCT and UNION. */
export function uniform(p: Printing, expr: Expr): string {
  switch (expr.type.kind) {
    case 'decimal':
      return `my_dec_fit(${p.expr(expr)}, 65, ${expr.type.scale})`;
    case 'json':
      return `my_json_key(${p.expr(expr)})`;
    default:
      return collated(p, expr);
  }
}
