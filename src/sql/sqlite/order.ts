import type { OrderItem } from '../ast.ts';
import { orderKey } from './keys.ts';
import type { Printing } from './printing.ts';

/** ` order by …`, or nothing. In SQLite, as in MySQL, NULL is less than every value. */
export function order(p: Printing, items: OrderItem[]): string {
  if (items.length === 0) return '';
  const keys = items.map(
    ({ expr, item, descending }) => `${orderKey(p, item?.expr ?? expr)}${descending ? ' desc' : ''}`,
  );
  return ` order by ${keys.join(', ')}`;
}
