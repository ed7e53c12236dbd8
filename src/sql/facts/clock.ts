import type { Clock, ComparisonOperator, Expr, Query, Unit } from '../ast.ts';
import { FLIPPED } from '../flipped.ts';
import { exprsOfQuery, partsOf, queriesIn } from '../walk.ts';
import { constantOf } from './constants.ts';
import type { Boundary, ClockUse } from './query-facts.ts';
import { isSchemaTable } from './tables.ts';

/** Every place where a query reads the clock or a random value. */
export function clockUses(query: Query, text: string): ClockUse[] {
  const found: ClockUse[] = [];
  const visit = (expr: Expr): void => {
    const boundaries = boundariesOf(expr);
    if (boundaries) {
      for (const boundary of boundaries) found.push({ excerpt: excerptOf(text, expr.at), boundary });
      return;
    }
    if (expr.kind === 'clock' || (expr.kind === 'call' && expr.name === 'rand')) {
      found.push({ excerpt: excerptOf(text, expr.at) });
    }
    for (const part of partsOf(expr).exprs) visit(part);
  };
  for (const inner of queriesIn(query)) for (const expr of exprsOfQuery(inner)) visit(expr);
  return found;
}

// --- internal ---

/** Long enough to recognize the place. */
const EXCERPT = 60;

export function excerptOf(text: string, at: number): string {
  const rest = text.slice(at).replace(/\s+/g, ' ');
  return rest.length > EXCERPT ? `${rest.slice(0, EXCERPT)}…` : rest;
}

/**
 * A comparison of a column with the clock and constants. Undefined for other expressions, and for a
 * comparison that reads the clock twice.
 */
function boundariesOf(expr: Expr): Boundary[] | undefined {
  if (expr.kind === 'comparison') {
    const boundary =
      boundaryOf(expr.left, expr.op, expr.right) ?? boundaryOf(expr.right, FLIPPED[expr.op], expr.left);
    return boundary && [boundary];
  }
  if (expr.kind !== 'between') return undefined;
  const bounds = [
    { op: '>=' as const, limit: expr.low },
    { op: '<=' as const, limit: expr.high },
  ];
  const found: Boundary[] = [];
  for (const { op, limit } of bounds) {
    const boundary = boundaryOf(expr.operand, op, limit);
    if (boundary) found.push(boundary);
    else if (constantOf(limit) === undefined) return undefined;
  }
  return found.length > 0 ? found : undefined;
}

function boundaryOf(side: Expr, op: ComparisonOperator, other: Expr): Boundary | undefined {
  const moved = clockWith(other);
  const column = columnWith(side);
  if (!moved || !column) return undefined;
  const { offset, ...compared } = column;
  return { ...compared, op, clock: moved.clock, offset: [...moved.offset, ...offset] };
}

interface Offset {
  amount: number;
  unit: Unit;
}

/** `now() - interval 7 day` */
function clockWith(expr: Expr): { clock: Boundary['clock']; offset: Offset[] } | undefined {
  if (expr.kind === 'clock') return clockOf(expr);
  if (expr.kind === 'call' && expr.name === 'date' && expr.args[0]!.kind === 'clock') {
    return clockOf({ ...expr.args[0]!, what: 'date' });
  }
  if (expr.kind !== 'dateArithmetic') return undefined;
  const inner = clockWith(expr.operand);
  const step = offsetOf(expr);
  return inner && step && { clock: inner.clock, offset: [...inner.offset, step] };
}

function clockOf({ what }: Clock): { clock: Boundary['clock']; offset: Offset[] } | undefined {
  return what === 'now' || what === 'date' ? { clock: what, offset: [] } : undefined;
}

/**
 * A column of a table, or its max() or min(), also through a derived table. An interval added to
 * the column moves to the other side, with the opposite sign.
 */
function columnWith(
  expr: Expr,
): (Pick<Boundary, 'table' | 'column' | 'aggregate'> & { offset: Offset[] }) | undefined {
  if (expr.kind === 'column' && expr.source.kind === 'item') return columnWith(expr.source.item.expr);
  if (expr.kind === 'column' && expr.source.kind === 'table') {
    const { source, column } = expr.source;
    if (!isSchemaTable(source)) {
      return column.exprs.length === 1 ? columnWith(column.exprs[0]!) : undefined;
    }
    if (column.type.kind !== 'datetime') return undefined;
    return { table: source.table, column: column.name, offset: [] };
  }
  if (expr.kind === 'aggregate' && (expr.name === 'max' || expr.name === 'min')) {
    const inner = columnWith(expr.args[0]!);
    return inner && !inner.aggregate ? { ...inner, aggregate: expr.name } : undefined;
  }
  if (expr.kind === 'subquery' && expr.query.body.kind === 'select')
    return columnWith(expr.query.columns[0]!.exprs[0]!);
  if (expr.kind === 'dateArithmetic') {
    const inner = columnWith(expr.operand);
    const step = offsetOf(expr);
    // Adding a month to the column is not the same as subtracting a month from the clock.
    if (!inner || !step || !EXACT.has(step.unit)) return undefined;
    return { ...inner, offset: [{ amount: -step.amount, unit: step.unit }, ...inner.offset] };
  }
  return undefined;
}

function offsetOf({ op, amount, unit }: Expr & { kind: 'dateArithmetic' }): Offset | undefined {
  const value = constantOf(amount);
  const number = typeof value === 'string' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number) || unit.includes('_')) return undefined;
  return { amount: op === '-' ? -number : number, unit };
}

const EXACT: ReadonlySet<Unit> = new Set(['microsecond', 'second', 'minute', 'hour', 'day', 'week']);
