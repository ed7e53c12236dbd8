import type { ColumnRef, Expr, Query, Select, Star, TableRef } from '../ast.ts';
import { refusal } from '../refusal.ts';
import { partsOf, walkExpr } from '../walk.ts';
import type { Place } from './resolve-place.ts';
import {
  columnIn,
  columnOutside,
  type Found,
  isNamed,
  itemIn,
  marksOutside,
  refTo,
  type Scope,
  visible,
} from './scope.ts';

/** The clause of an expression. */
export type Clause = 'select' | 'on' | 'where' | 'group' | 'having' | 'order';

/** Resolves the columns in the expressions of one SELECT. */
export class Names {
  readonly scope: Scope;
  readonly text: string;
  /** Whether an aggregate of this SELECT was found. */
  aggregated = false;
  readonly #place: Place;
  readonly #resolveQuery: (query: Query, place: Place) => void;

  constructor(scope: Scope, place: Place, resolveQuery: (query: Query, place: Place) => void) {
    this.scope = scope;
    this.text = place.text;
    this.#place = place;
    this.#resolveQuery = resolveQuery;
  }

  /** `tables`: the tables that the expression can see, when these are not all of FROM. */
  resolve(expr: Expr, clause: Clause, tables: TableRef[] = this.scope.tables): void {
    this.#visit(expr, { clause, tables, within: undefined });
  }

  resolveItem(expr: Expr): void {
    if (expr.kind === 'star') this.#expand(expr);
    else this.resolve(expr, 'select');
  }

  /** HAVING can see grouped and selected columns; inside aggregates it can see all columns. */
  resolveHaving(expr: Expr, select: Select): void {
    this.scope.items = select.items;
    this.#visit(expr, { clause: 'having', tables: this.scope.tables, within: undefined, select });
    this.scope.items = undefined;
  }

  /** A query inside an expression, or inside FROM with the tables that it can see there. */
  query(query: Query, tables: TableRef[] = this.scope.tables): void {
    this.#resolveQuery(query, { ...this.#place, outer: { ...this.scope, tables }, queries: [] });
  }

  windows(select: Select): void {
    const known = new Set(select.windows.map(({ name }) => name.toLowerCase()));
    for (const { window } of select.windows) {
      for (const expr of [...window.partitionBy, ...window.orderBy.map((item) => item.expr)]) {
        this.resolve(expr, 'select');
      }
    }
    for (const { expr } of select.items) {
      for (const inner of walkExpr(expr)) {
        const base = inner.kind === 'window' ? inner.over.base : undefined;
        if (base !== undefined && !known.has(base.toLowerCase())) {
          throw this.refuse(`there is no window "${base}"`, inner.at);
        }
      }
    }
  }

  refuse(problem: string, at: number, hint?: string): Error {
    return refusal(problem, { text: this.text, at, hint });
  }

  #visit(expr: Expr, at: Visit): void {
    if (expr.kind === 'column') {
      this.#bind(expr, at);
      return;
    }
    if (expr.kind === 'star' && at.within === undefined) {
      throw this.refuse('an asterisk is allowed only as a select item or in COUNT(*)', expr.at);
    }
    if (expr.kind === 'aggregate' || expr.kind === 'window') this.#checkAggregate(expr, at);
    const inner: Visit =
      expr.kind === 'aggregate' || expr.kind === 'window' ? { ...at, within: expr.kind } : at;
    const { exprs, queries } = partsOf(expr);
    for (const part of exprs) this.#visit(part, inner);
    for (const query of queries) this.query(query, at.tables);
    if (expr.kind === 'aggregate') this.#checkOwner(expr);
  }

  #checkAggregate(expr: Expr & { kind: 'aggregate' | 'window' }, { clause, within }: Visit): void {
    const shown = `${expr.name.toUpperCase()}()`;
    if (within === 'aggregate') throw this.refuse(`${shown} is inside another aggregate`, expr.at);
    if (expr.kind === 'window') {
      if (clause === 'select' || clause === 'order') return;
      throw this.refuse(
        `${shown} OVER … stands outside of the select list`,
        expr.at,
        'Select it in a derived table, and compare its column.',
      );
    }
    if (clause === 'where' || clause === 'on' || clause === 'group') {
      const place = { where: 'WHERE', on: 'ON', group: 'GROUP BY' }[clause];
      throw this.refuse(
        `${shown} stands in ${place}, before there are groups`,
        expr.at,
        'Write it in HAVING.',
      );
    }
    this.aggregated = true;
  }

  /**
   * MySQL treats an aggregate over columns of an outer query as an aggregate of the outer query.
   */
  #checkOwner(expr: Expr & { kind: 'aggregate' }): void {
    const columns = expr.args.flatMap((arg) => [...walkExpr(arg)]).filter((part) => part.kind === 'column');
    const outer = columns.filter(({ source }) => source.kind === 'table' && source.depth > 0);
    if (columns.length === 0 || outer.length < columns.length) return;
    throw this.refuse(
      `${expr.name.toUpperCase()}() of columns of an outer query alone is not accepted`,
      expr.at,
      'Compute it in the outer query.',
    );
  }

  #bind(column: ColumnRef, at: Visit): void {
    const found = this.#own(column, at) ?? columnOutside(this.scope.outer, column);
    if (found === 'ambiguous') {
      const name = [...column.qualifier, column.name].join('.');
      throw this.refuse(
        `the column ${name} could be of several tables`,
        column.at,
        'Put its table before it.',
      );
    }
    if (found === undefined) throw this.#unknown(column, at);
    column.source = found;
    if (found.kind === 'table' && found.depth > 0) marksOutside(this.scope, found.depth);
  }

  #own(column: ColumnRef, { clause, tables, within, select }: Visit): Found {
    if (clause === 'having' && within === undefined && select) return ofGroups(column, select, tables);
    const found = columnIn(tables, column);
    return found ?? (clause === 'where' || clause === 'on' ? undefined : itemIn(this.scope.items, column));
  }

  #unknown({ qualifier, name, at }: ColumnRef, { tables, clause }: Visit): Error {
    const table = qualifier.at(-1);
    const sources = tables.flatMap((ref) => visible(ref));
    const full = [...qualifier, name].join('.');
    if (table !== undefined && !sources.some(({ source }) => source.name === table)) {
      const known = [...new Set(sources.map(({ source }) => source.name))];
      return this.refuse(
        `there is no table ${table} here`,
        at,
        known.length === 0 ? 'The query has no FROM.' : `FROM names ${known.join(', ')}.`,
      );
    }
    if (clause === 'having' && sources.some(({ column }) => isNamed(column, name))) {
      return this.refuse(
        `HAVING sees only columns that are grouped by or selected, and ${full} is neither`,
        at,
        'Write the condition in WHERE, or group by the column.',
      );
    }
    const names = sources
      .filter(({ source }) => table === undefined || source.name === table)
      .map(({ column }) => column.name);
    const hint = names.includes('attributes')
      ? `Columns are ${[...new Set(names)].join(', ')}. An attribute is written attributes->>'$.${name}'.`
      : names.length === 0
        ? 'The query has no FROM.'
        : `Columns are ${[...new Set(names)].join(', ')}.`;
    return this.refuse(`there is no column ${full}`, at, hint);
  }

  #expand(star: Star): void {
    const table = star.qualifier.at(-1);
    const all =
      table === undefined
        ? this.scope.tables.flatMap(visible)
        : this.scope.tables.flatMap(sources).filter(({ source }) => source.name === table);
    if (all.length === 0) throw this.refuse(`there is no table for ${table ?? ''}*`, star.at);
    star.columns = all.map((found) => refTo(found, star.at));
  }
}

interface Visit {
  clause: Clause;
  tables: TableRef[];
  /** The innermost call over several rows. */
  within: 'aggregate' | 'window' | undefined;
  select?: Select;
}

function sources(ref: TableRef): ReturnType<typeof visible> {
  if (ref.kind === 'join') return [...sources(ref.left), ...sources(ref.right)];
  return visible(ref);
}

/** A column in HAVING, outside aggregates: a grouped column, or else a selected column. */
function ofGroups(column: ColumnRef, select: Select, tables: TableRef[]): Found {
  const found = columnIn(tables, column);
  const own = typeof found === 'object' && found.kind === 'table' ? found : undefined;
  const isSame = (expr: Expr) =>
    expr.kind === 'column' &&
    expr.source.kind === 'table' &&
    expr.source.depth === 0 &&
    (own
      ? expr.source.column === own.column && expr.source.source === own.source
      : column.qualifier.length === 0 && expr.name.toLowerCase() === column.name.toLowerCase());
  const grouped = select.groupBy.find(isSame);
  if (grouped?.kind === 'column') return grouped.source;
  const item = itemIn(select.items, column);
  if (item) return item;
  const selected = select.items
    .flatMap(({ expr }) => (expr.kind === 'star' ? expr.columns : [expr]))
    .find(isSame);
  return selected?.kind === 'column' ? selected.source : undefined;
}
