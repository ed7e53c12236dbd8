import type { ColumnRef, Expr, Query, Select, Source, TableRef } from '../ast.ts';
import { isSame, plain } from '../same.ts';
import { partsOf } from '../walk.ts';
import { schemaTableOf } from './schema-tables.ts';

/**
 * Columns of a SELECT's tables that have one value across all rows with equal given expressions.
 */
export class Determined {
  readonly #columns = new Map<Source, Set<number>>();

  /** `given`: expressions that are equal in these rows. */
  constructor(select: Select, given: Expr[]) {
    for (const expr of given) this.#add(plain(expr));
    const equal = equalities(select);
    for (let before = -1; before !== this.#size(); ) {
      before = this.#size();
      for (const { from, to } of equal) if (this.has(from)) this.#add(to);
      for (const source of select.sources) this.#byKeys(source);
    }
  }

  /** Whether an expression has one value across these rows, too. */
  has(expr: Expr): boolean {
    const own = plain(expr);
    if (own.kind === 'column') return own.source.kind !== 'table' || own.source.depth > 0 || this.#knows(own);
    if (own.kind === 'aggregate' || own.kind === 'window' || own.kind === 'star') return false;
    const { exprs, queries } = partsOf(own);
    return queries.length === 0 && exprs.every((part) => this.has(part));
  }

  #knows({ source: bound }: ColumnRef): boolean {
    if (bound.kind !== 'table') return false;
    return this.#columns.get(bound.source)?.has(bound.source.columns.indexOf(bound.column)) === true;
  }

  #add(expr: Expr): void {
    if (expr.kind !== 'column' || expr.source.kind !== 'table' || expr.source.depth > 0) return;
    const { source, column } = expr.source;
    const known = this.#columns.get(source) ?? new Set();
    known.add(source.columns.indexOf(column));
    this.#columns.set(source, known);
  }

  #size(): number {
    let size = 0;
    for (const columns of this.#columns.values()) size += columns.size;
    return size;
  }

  /**
   * A key of a table determines the table's other columns; for a derived table, the dependencies
   * inside count.
   */
  #byKeys(source: Source): void {
    const known = this.#columns.get(source) ?? new Set<number>();
    if (source.kind === 'jsonTable') return;
    if (source.kind === 'table' && !source.cte) {
      const names = source.columns.map(({ name }) => name);
      const { keys } = schemaTableOf(source.table)!;
      if (keys.some((key) => key.every((name) => known.has(names.indexOf(name))))) this.#addAll(source);
      return;
    }
    const query = source.kind === 'derived' ? source.query : source.cte!.query;
    const inner = innermost(query);
    if (!inner) return;
    const outputs = inner.columns.map(({ exprs }) => exprs[0]!);
    const given = outputs.filter((_expr, index) => known.has(index));
    const inside = new Determined(inner, inner.grouped ? [] : given);
    const wholeRow =
      inner.grouped && inner.groupBy.every((by) => inside.has(by) || given.some((expr) => isSame(expr, by)));
    for (const [index, expr] of outputs.entries()) if (wholeRow || inside.has(expr)) known.add(index);
    this.#columns.set(source, known);
  }

  #addAll(source: Source): void {
    this.#columns.set(source, new Set(source.columns.keys()));
  }
}

function innermost({ body }: Query): Select | undefined {
  if (body.kind === 'nested') return innermost(body.query);
  return body.kind === 'select' ? body : undefined;
}

/** If `from` has one value, so has `to`. */
interface Equality {
  from: Expr;
  to: ColumnRef;
}

function equalities({ where, from }: Select): Equality[] {
  const found: Equality[] = [];
  const add = (condition: Expr | undefined, into: ReadonlySet<Source> | undefined) => {
    for (const part of condition?.kind === 'logic' && condition.op === 'and'
      ? condition.operands
      : [condition]) {
      if (part?.kind === 'logic' && part.op === 'and') add(part, into);
      if (part?.kind !== 'comparison' || part.op !== '=') continue;
      for (const [from, to] of [
        [part.left, part.right],
        [part.right, part.left],
      ] as const) {
        if (to.kind !== 'column' || to.source.kind !== 'table') continue;
        if (into === undefined || into.has(to.source.source)) found.push({ from, to });
      }
    }
  };
  const visit = (ref: TableRef) => {
    if (ref.kind !== 'join') return;
    visit(ref.left);
    visit(ref.right);
    // An outer join keeps all rows of one side: its condition determines only columns of the other
    // side.
    const optional = ref.join === 'left' ? ref.right : ref.join === 'right' ? ref.left : undefined;
    const into = optional && new Set(sourcesIn(optional));
    add(ref.on, into);
    for (const { left, right } of ref.using) {
      for (const [a, b] of [
        [left, right],
        [right, left],
      ] as const) {
        if (b.source.kind === 'table' && (into === undefined || into.has(b.source.source)))
          found.push({ from: a, to: b });
      }
    }
  };
  for (const ref of from) visit(ref);
  add(where, undefined);
  return found;
}

function sourcesIn(ref: TableRef): Source[] {
  return ref.kind === 'join' ? [...sourcesIn(ref.left), ...sourcesIn(ref.right)] : [ref];
}
