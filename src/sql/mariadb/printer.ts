import { SegflowError } from '../../core/errors.ts';
import type { Call, Case, Column, ColumnRef, Expr, Query, Select } from '../ast.ts';
import { placeOf } from '../refusal.ts';

/** What the parts of the printer need from each other. */
export interface Printer {
  /** The expression, in brackets where it is not a single operand. Its value has the type that MySQL gives it; JSON is JSON text. */
  expr(expr: Expr): string;
  /** A CASE whose results are printed by `result`. */
  cases(expr: Case, result: (expr: Expr) => string): string;
  /** What `print` prints in HAVING of the SELECT. */
  having(select: Select, print: () => string): string;
  /** Whether it is a column of a grouped SELECT around, read by a subquery in that one's HAVING. */
  readsGroup(column: ColumnRef): boolean;
  /** The query, without brackets. `item` prints what is selected. */
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
