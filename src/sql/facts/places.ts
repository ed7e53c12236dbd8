import type { ColumnRef, ComparisonOperator, Expr, Query, Select, Source } from '../ast.ts';
import { FLIPPED } from '../flipped.ts';
import { isPlainPath } from '../json-path.ts';
import { exprsOfQuery, partsOf, queriesIn, selectsIn, walkExpr } from '../walk.ts';
import { constantOf } from './constants.ts';
import { isEvents, namesOf } from './event-names.ts';
import type { Compared, PathUse, Place } from './query-facts.ts';
import { isSchemaTable } from './tables.ts';

/**
 * The columns and JSON paths of Segflow's tables that a query reads, and the constants that it
 * compares them with.
 */
export class Places {
  readonly #query: Query;
  readonly #selects = new Map<Source, Select>();

  constructor(query: Query) {
    this.#query = query;
    for (const select of selectsIn(query))
      for (const source of select.sources) this.#selects.set(source, select);
  }

  paths(): PathUse[] {
    const found: PathUse[] = [];
    for (const expr of this.#exprs()) {
      const add = (place: Place) => {
        if (place.path !== undefined) found.push({ ...place, path: place.path });
      };
      this.#visit(expr, { add, parts: allIn, depth: 0 });
    }
    return unique(found);
  }

  compared(): Compared[] {
    const found: Compared[] = [];
    const add = (side: Expr, op: ComparisonOperator, others: Expr[]) => {
      for (const other of others) {
        const value = constantOf(other);
        if (value === undefined) continue;
        for (const place of this.#given(side)) found.push({ ...place, op, value });
      }
    };
    for (const outer of this.#exprs()) {
      for (const expr of walkExpr(outer)) {
        if (expr.kind === 'comparison') {
          add(expr.left, expr.op, [expr.right]);
          add(expr.right, FLIPPED[expr.op], [expr.left]);
        } else if (expr.kind === 'in') add(expr.operand, '=', expr.list);
        else if (expr.kind === 'between') {
          add(expr.operand, '>=', [expr.low]);
          add(expr.operand, '<=', [expr.high]);
        } else if (expr.kind === 'case' && expr.operand) {
          add(
            expr.operand,
            '=',
            expr.branches.map(({ when }) => when),
          );
        } else if (expr.kind === 'is' && expr.test !== 'null') {
          for (const place of this.#given(expr.operand)) {
            if (place.path !== undefined) found.push({ ...place, op: '=', value: expr.test === 'true' });
          }
        }
      }
    }
    return unique(found);
  }

  /**
   * The places whose value an expression returns: unchanged, converted, rounded, summed, or as one
   * of several.
   */
  #given(expr: Expr): Place[] {
    const found: Place[] = [];
    this.#visit(expr, { add: (place) => found.push(place), parts: valuesIn, depth: 0 });
    return found;
  }

  /** The outermost expressions of every query inside. */
  *#exprs(): Generator<Expr> {
    for (const query of queriesIn(this.#query)) yield* exprsOfQuery(query);
  }

  #visit(expr: Expr, reading: Reading): void {
    // A recursive CTE reads itself.
    if (reading.depth > MAX_DEPTH) return;
    const isAggregate = expr.kind === 'aggregate' || expr.kind === 'window';
    const inside: Reading = {
      ...reading,
      depth: reading.depth + 1,
      ...(isAggregate && { aggregate: expr.name }),
    };
    if (expr.kind === 'json' && expr.doc.kind === 'column' && isPlainPath(expr.path)) {
      this.#column(expr.doc, { ...inside, path: expr.path.text.trim() });
    } else if (expr.kind === 'column') this.#column(expr, inside);
    else {
      const path = pathArgument(expr);
      for (const part of reading.parts(expr)) {
        if (path !== undefined && part.kind === 'column') this.#column(part, { ...inside, path });
        else this.#visit(part, inside);
      }
      const values = expr.kind === 'subquery' ? expr.query.columns.flatMap(({ exprs }) => exprs) : [];
      for (const value of values) this.#visit(value, inside);
    }
  }

  #column({ source: bound }: ColumnRef, reading: Reading): void {
    if (bound.kind === 'item') this.#visit(bound.item.expr, reading);
    if (bound.kind !== 'table') return;
    const { source, column } = bound;
    if (isSchemaTable(source)) {
      const select = this.#selects.get(source);
      const events = select && isEvents(source) ? namesOf(source, select) : undefined;
      reading.add({
        table: source.table,
        column: column.name,
        ...(reading.path !== undefined && { path: reading.path }),
        ...(reading.aggregate !== undefined && { aggregate: reading.aggregate }),
        ...(events && { events }),
      });
      return;
    }
    for (const expr of column.exprs) {
      // The path belongs to the document that the derived table passes on.
      if (reading.path === undefined) this.#visit(expr, reading);
      else if (expr.kind === 'column' && reading.depth < MAX_DEPTH) {
        this.#column(expr, { ...reading, depth: reading.depth + 1 });
      }
    }
  }
}

const MAX_DEPTH = 50;

interface Reading {
  add: (place: Place) => void;
  /** The parts of an expression that are examined. */
  parts: (expr: Expr) => Expr[];
  aggregate?: string;
  path?: string;
  depth: number;
}

function allIn(expr: Expr): Expr[] {
  return partsOf(expr).exprs;
}

/** The parts whose value the expression returns. */
function valuesIn(expr: Expr): Expr[] {
  switch (expr.kind) {
    case 'cast':
    case 'convertUsing':
    case 'collate':
    case 'trim':
    case 'unary':
      return [expr.operand];
    case 'arithmetic':
      return [expr.left, expr.right];
    case 'case':
      return [...expr.branches.map(({ result }) => result), ...(expr.otherwise ? [expr.otherwise] : [])];
    case 'aggregate':
    case 'window':
      return GIVES.has(expr.name) ? expr.args : [];
    case 'call':
      if (expr.name === 'if') return expr.args.slice(1);
      return GIVES.has(expr.name) ? expr.args : [];
    default:
      return [];
  }
}

/** Functions that return one of their arguments, or something close to it. */
const GIVES: ReadonlySet<string> = new Set(
  `coalesce ifnull nullif any_value greatest least lower upper json_unquote json_extract json_value round truncate floor ceiling abs date
   timestamp sum avg min max first_value last_value nth_value lag lead`.split(/\s+/),
);

/** The path in the first argument that a JSON function reads. */
function pathArgument(expr: Expr): string | undefined {
  if (expr.kind !== 'call') return undefined;
  const path =
    expr.name === 'json_value' ||
    expr.name === 'json_length' ||
    expr.name === 'json_extract' ||
    expr.name === 'json_keys'
      ? expr.args[1]
      : expr.name === 'json_contains' || expr.name === 'json_contains_path'
        ? expr.args[2]
        : undefined;
  const text = path && constantOf(path);
  return typeof text === 'string' && text.startsWith('$') ? text : undefined;
}

function unique<T>(list: T[]): T[] {
  return [...new Map(list.map((item) => [JSON.stringify(item), item])).values()];
}
