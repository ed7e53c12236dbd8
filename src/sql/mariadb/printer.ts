import { SegflowError } from '../../core/errors.ts';
import type { Call, Case, Column, ColumnRef, Expr, Query, Select } from '../ast.ts';
import { placeOf } from '../refusal.ts';

/** The functions that the printer's parts need from each other. */
export interface Printer {
  /**
   * The expression, in brackets unless it is a single operand. Its value has MySQL's type; JSON is
   * JSON text.
   */
  expr(expr: Expr): string;
  /** A CASE whose results are printed by `result`. */
  cases(expr: Case, result: (expr: Expr) => string): string;
  /** The result of `print`, called as part of the SELECT's HAVING. */
  having(select: Select, print: () => string): string;
  /**
   * Whether the column belongs to an outer grouped SELECT and a subquery in that SELECT's HAVING
   * reads it.
   */
  readsGroup(column: ColumnRef): boolean;
  /** The query, without brackets. `item` prints the items of its select list. */
  query(query: Query, item?: PrintItem): string;
  /** Throws `store_unsupported` with the place of the expression. */
  refuse(at: number, what: string, why: string): never;
}

export type PrintCall = (printer: Printer, node: Call) => string;

export type PrintItem = (expr: Expr, column: Column | undefined) => string;

export const STORE = 'MariaDB';

export function unsupported(text: string, at: number, what: string, why: string): SegflowError {
  return new SegflowError(
    'store_unsupported',
    `${what} is not supported by ${STORE}: ${why} (${placeOf(text, at)})`,
    {
      hint: 'Write it another way, or run Segflow on MySQL.',
      details: { at },
    },
  );
}
