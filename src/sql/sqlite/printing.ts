import { SegflowError } from '../../core/errors.ts';
import type { Call, Case, Expr, Query, SelectItem, Source } from '../ast.ts';
import { placeOf } from '../refusal.ts';
import { partsOf, walkExpr } from '../walk.ts';

/** The functions that the printer's parts need from each other. */
export interface Printing {
  /** The query's text, for messages. */
  readonly text: string;
  /** An expression, in its type's form in a row (see convert.ts). */
  expr(expr: Expr): string;
  /** A CASE, IF() or NULLIF() with each possible result converted. */
  choice(expr: Case | Call, convert: (branch: Expr) => string): string;
  /**
   * AVG of exact numbers as a double, without the DECIMAL's rounding; undefined for other
   * expressions.
   */
  average(expr: Expr): string | undefined;
  /** A query whose columns are named c0, c1, …. */
  query(query: Query): string;
  /** The name of a table in the printed text, unique among tables. */
  alias(source: Source): string;
  /** An unused name. */
  fresh(): string;
}

/**
 * The `store_unsupported` error, with the place, for queries that the embedded store cannot run.
 */
export function unsupported(
  what: string,
  { at, why, text }: { at: number; why: string; text: string },
): SegflowError {
  return new SegflowError(
    'store_unsupported',
    `${what} is not supported by the embedded store: ${why} (${placeOf(text, at)})`,
    { hint: 'Write it another way, or run Segflow on MySQL.', details: { at } },
  );
}

/** A text as a literal of SQLite. */
export function quoted(text: string): string {
  const literal = `'${text.replaceAll("'", "''")}'`;
  // SQLite stops reading a statement at the first NUL.
  return literal.includes('\0') ? `(${literal.replaceAll('\0', "' || char(0) || '")})` : literal;
}

export function name(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`;
}

/** The value of a literal; undefined for other expressions. */
export function constantOf(expr: Expr): { value: string | number | bigint | boolean | null } | undefined {
  switch (expr.kind) {
    case 'string':
      return { value: expr.value };
    case 'boolean':
      return { value: expr.value };
    case 'null':
      return { value: null };
    case 'param':
      return { value: expr.value };
    case 'number':
      return { value: numberOf(expr.text) };
    case 'unary': {
      const inner = expr.op === '-' ? constantOf(expr.operand) : undefined;
      return typeof inner?.value === 'number' || typeof inner?.value === 'bigint'
        ? { value: -inner.value }
        : undefined;
    }
    default:
      return undefined;
  }
}

function numberOf(text: string): number | bigint {
  if (!/^\d+$/.test(text)) return Number(text);
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : BigInt(text);
}

/** The text of a literal, a parameter or NULL; undefined for other expressions. */
export function constantText(expr: Expr): string | undefined {
  const constant = constantOf(expr);
  return typeof constant?.value === 'string' ? constant.value : undefined;
}

/** The item's expression, if the expression names an item of the select list. */
export function resolved(expr: Expr): Expr {
  if (expr.kind === 'column' && expr.source.kind === 'item') return resolved(expr.source.item.expr);
  return expr;
}

/** The item that a number in GROUP BY or ORDER BY refers to. */
export function itemAt(expr: Expr, items: readonly SelectItem[]): Expr {
  if (expr.kind !== 'number' || !/^\d+$/.test(expr.text)) return expr;
  return items[Number(expr.text) - 1]?.expr ?? expr;
}

/** Whether the value is the same for all rows. */
export function isConstant(expr: Expr): boolean {
  for (const part of walkExpr(expr)) {
    if (part.kind === 'column' || part.kind === 'aggregate' || part.kind === 'window') return false;
    if (partsOf(part).queries.some(({ correlated }) => correlated)) return false;
  }
  return true;
}
