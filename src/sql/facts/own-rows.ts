import type { ColumnRef, Cte, Expr, Query, QueryBody, Select, Source, Window } from '../ast.ts';
import { schemaTableOf } from '../resolve/schema-tables.ts';
import { plain } from '../same.ts';
import { exprsOfSelect, partsOf, queriesIn, walkExpr, walkQuery } from '../walk.ts';
import { conjuncts } from './conjuncts.ts';
import { isOptional } from './tables.ts';

/**
 * Whether a user's membership of a segment depends on this user's rows alone. If so, the segment
 * can be evaluated for some users by showing the query only the rows of those users.
 *
 * The answer is yes when all joined rows belong to one user: equality of the user's id connects the
 * tables with a user, each group of an aggregate and each partition of a window has one user, and
 * each subquery is tied to the outer user by equality or by IN. LIMIT, recursion and random values
 * involve other users. When the analysis does not understand a part, the answer is no.
 */
export function membershipIsOwn(query: Query): boolean {
  // The store shows these tables under their own names. A CTE with the same name would hide them.
  const ctes = [...queriesIn(query)].flatMap((inner) => inner.ctes);
  if (ctes.some(({ name, recursive }) => recursive || schemaTableOf(name.toLowerCase()) !== undefined))
    return false;
  if ([...walkQuery(query)].some((expr) => expr.kind === 'call' && expr.name === 'rand')) return false;
  try {
    const { ofUsers, outputs } = new Analysis().query(query);
    return ofUsers && outputs[0]?.isUser === true;
  } catch (error) {
    if (error instanceof OthersMatter) return false;
    throw error;
  }
}

// --- internal ---

class OthersMatter extends Error {}

/** Whose rows a query returns. */
interface Rows {
  /** The rows belong to users. */
  ofUsers: boolean;
  /** All rows belong to the user of the outer query's current row. */
  ofOuter: boolean;
  outputs: Output[];
}

interface Output {
  /** The id of the user that the row belongs to. */
  isUser: boolean;
  /** The column may be NULL. */
  optional: boolean;
}

/** Stands for the user of the outer row. */
const OUTER = {};

class Analysis {
  readonly #ctes = new Map<Cte, Rows>();
  readonly #sources = new Map<Source, Rows>();

  query(query: Query): Rows {
    for (const cte of query.ctes) this.#ctes.set(cte, this.query(cte.query));
    const rows = this.#body(
      query.body,
      query.orderBy.map(({ expr }) => expr),
    );
    if (query.limit && rows.ofUsers && !rows.ofOuter) throw new OthersMatter();
    return rows;
  }

  #body(body: QueryBody, ordered: Expr[]): Rows {
    switch (body.kind) {
      case 'select':
        return this.#select(body, ordered);
      case 'nested':
        return this.query(body.query);
      case 'values':
        for (const expr of body.rows.flat()) this.#subqueries(expr);
        return { ofUsers: false, ofOuter: false, outputs: body.columns.map(() => NO_USER) };
      case 'set': {
        const [left, right] = [this.#body(body.left, []), this.#body(body.right, [])];
        return {
          ofUsers: left.ofUsers || right.ofUsers,
          ofOuter: [left, right].every((rows) => rows.ofOuter || !rows.ofUsers),
          outputs: left.outputs.map((output, index) => {
            const other = right.outputs[index] ?? NO_USER;
            return { isUser: output.isUser && other.isUser, optional: output.optional || other.optional };
          }),
        };
      }
    }
  }

  #select(select: Select, ordered: Expr[]): Rows {
    for (const source of select.sources) this.#sources.set(source, this.#source(source));
    const { one, ofOuter } = this.#connect(select);
    const ofUsers = select.sources.some((source) => this.#sources.get(source)!.ofUsers);
    if (ofUsers && !one) throw new OthersMatter();
    const exprs = [...exprsOfSelect(select), ...ordered];
    if (ofUsers && !ofOuter) {
      const byUser = select.groupBy.some((expr) => this.#isSureUser(plain(expr), select));
      if ((select.grouped || select.rollup || select.having) && (!byUser || select.rollup))
        throw new OthersMatter();
      for (const expr of exprs) this.#windows(expr, select);
    }
    for (const expr of exprs) this.#subqueries(expr);
    const outputs = select.columns.map(({ exprs: [expr] }) => ({
      isUser: this.#isUser(expr!),
      optional: !this.#isSureUser(expr!, select),
    }));
    return { ofUsers, ofOuter, outputs };
  }

  #source(source: Source): Rows {
    // The store shows the rows of some users as a CTE, and MySQL accepts no JSON_TABLE of a CTE's
    // column.
    if (source.kind === 'jsonTable') throw new OthersMatter();
    if (source.kind === 'table' && source.cte === undefined) {
      const table = schemaTableOf(source.table)!;
      return {
        ofUsers: table.userColumn !== undefined,
        ofOuter: false,
        outputs: table.columns.map(({ name }) => ({ isUser: name === table.userColumn, optional: false })),
      };
    }
    const rows = source.kind === 'derived' ? this.query(source.query) : this.#ctes.get(source.cte!)!;
    // For each row before it, a lateral query reads rows of this row's user.
    if (source.kind === 'derived' && source.lateral && rows.ofOuter) return { ...rows, ofUsers: false };
    // Rows that have lost their user's id cannot be assigned to users.
    if (rows.ofUsers && !rows.ofOuter && !rows.outputs.some(({ isUser }) => isUser)) throw new OthersMatter();
    return rows;
  }

  /** Connects the tables by the equalities of user ids that always hold. */
  #connect(select: Select): { one: boolean; ofOuter: boolean } {
    const parent = new Map<object, object>();
    const find = (item: object): object => {
      const up = parent.get(item);
      return up === undefined || up === item ? item : find(up);
    };
    const unite = (a: ColumnRef, b: ColumnRef) => parent.set(find(ownerOf(a)), find(ownerOf(b)));
    for (const source of select.sources) {
      const rows = this.#sources.get(source)!;
      if (rows.ofUsers && rows.ofOuter) parent.set(find(source), find(OUTER));
    }
    for (const [a, b] of equalities(select)) if (this.#isAnyUser(a) && this.#isAnyUser(b)) unite(a, b);
    const roots = new Set(select.sources.filter((source) => this.#sources.get(source)!.ofUsers).map(find));
    return { one: roots.size <= 1, ofOuter: roots.size === 1 && roots.has(find(OUTER)) };
  }

  /** A subquery in an expression is tied to the user, or is the right side of `user id IN (…)`. */
  #subqueries(expr: Expr): void {
    for (const inner of walkExpr(expr)) {
      for (const query of partsOf(inner).queries) {
        const rows = this.query(query);
        if (!rows.ofUsers || rows.ofOuter) continue;
        const [output] = rows.outputs;
        const isMember =
          inner.kind === 'inQuery' && this.#isAnyUser(inner.operand) && output?.isUser === true;
        // With NOT IN, one NULL in another user's rows changes the result for everybody.
        if (!isMember || (inner.negated && output.optional)) throw new OthersMatter();
      }
    }
  }

  #windows(expr: Expr, select: Select): void {
    for (const inner of walkExpr(expr)) {
      if (
        inner.kind === 'window' &&
        !partitionsOf(inner.over, select).some((by) => this.#isSureUser(plain(by), select))
      ) {
        throw new OthersMatter();
      }
    }
  }

  /** The user's id, from this query's row or from an outer row. */
  #isAnyUser(expr: Expr): expr is ColumnRef {
    if (expr.kind !== 'column' || expr.source.kind !== 'table') return false;
    const { source, column } = expr.source;
    const index = source.columns.indexOf(column);
    return this.#sources.get(source)?.outputs[index]?.isUser === true;
  }

  #isUser(expr: Expr): boolean {
    return this.#isAnyUser(expr) && expr.source.kind === 'table' && expr.source.depth === 0;
  }

  /** The user's id, never NULL. */
  #isSureUser(expr: Expr, select: Select): boolean {
    if (!this.#isUser(expr) || expr.kind !== 'column' || expr.source.kind !== 'table') return false;
    const { source, column } = expr.source;
    const output = this.#sources.get(source)!.outputs[source.columns.indexOf(column)]!;
    return !output.optional && !isOptional(source, select);
  }
}

const NO_USER: Output = { isUser: false, optional: true };

function ownerOf({ source }: ColumnRef): object {
  return source.kind === 'table' && source.depth === 0 ? source.source : OUTER;
}

/** Pairs of columns that are equal in all rows, from WHERE, ON and USING. */
function equalities(select: Select): [ColumnRef, ColumnRef][] {
  const pairs: [ColumnRef, ColumnRef][] = [];
  const conditions = conjuncts(select.where);
  const visit = (refs: Select['from']) => {
    for (const ref of refs) {
      if (ref.kind !== 'join') continue;
      conditions.push(...conjuncts(ref.on));
      for (const { left, right } of ref.using) pairs.push([left, right]);
      visit([ref.left, ref.right]);
    }
  };
  visit(select.from);
  for (const condition of conditions) {
    if (condition.kind !== 'comparison' || condition.op !== '=') continue;
    const { left, right } = condition;
    if (left.kind === 'column' && right.kind === 'column') pairs.push([left, right]);
  }
  return pairs;
}

function partitionsOf(window: Window, select: Select): Expr[] {
  const base = select.windows.find(({ name }) => name.toLowerCase() === window.base?.toLowerCase());
  return [...window.partitionBy, ...(base ? partitionsOf(base.window, select) : [])];
}
