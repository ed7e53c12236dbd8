import type { ColumnRef, Cte, Expr, Query, QueryBody, Select, Source, Window } from '../ast.ts';
import { schemaTableOf } from '../resolve/schema-tables.ts';
import { plain } from '../same.ts';
import { exprsOfSelect, partsOf, queriesIn, walkExpr, walkQuery } from '../walk.ts';
import { conjuncts } from './conjuncts.ts';
import { isOptional } from './tables.ts';

/**
 * Whether a user's membership of a segment depends on that user's rows alone. If so, the segment can be evaluated for some users by showing
 * the query only the rows of those users.
 *
 * That is so when all rows that are joined belong to one user: the tables with a user are connected by equality of the user's id, each group
 * of an aggregate and each partition of a window is of one user, and a subquery is tied to the user outside, by equality or by IN. LIMIT,
 * recursion and chance look at other users. What is not understood is not the user's own.
 */
export function membershipIsOwn(query: Query): boolean {
  // The store shows these tables under their own names; a CTE of such a name would be in the way.
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

/** What the rows of a query are. */
interface Rows {
  /** They belong to users. */
  ofUsers: boolean;
  /** All of them belong to the user of the row of the query around it. */
  ofOuter: boolean;
  outputs: Output[];
}

interface Output {
  /** The id of the user that the row belongs to. */
  isUser: boolean;
  /** It may be NULL. */
  optional: boolean;
}

/** Stands for the user of the row outside. */
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
    // MySQL takes no JSON_TABLE of a table that is a CTE, as which the rows of some users are shown.
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
    // A lateral query reads, of each row before it, rows of that row's user.
    if (source.kind === 'derived' && source.lateral && rows.ofOuter) return { ...rows, ofUsers: false };
    // Rows of users that no longer say whose they are cannot be told apart.
    if (rows.ofUsers && !rows.ofOuter && !rows.outputs.some(({ isUser }) => isUser)) throw new OthersMatter();
    return rows;
  }

  /** Joins the tables by the equalities of user ids that always hold. */
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

  /** A subquery in an expression is tied to the user, or is what a user's id is IN. */
  #subqueries(expr: Expr): void {
    for (const inner of walkExpr(expr)) {
      for (const query of partsOf(inner).queries) {
        const rows = this.query(query);
        if (!rows.ofUsers || rows.ofOuter) continue;
        const [output] = rows.outputs;
        const isMember =
          inner.kind === 'inQuery' && this.#isAnyUser(inner.operand) && output?.isUser === true;
        // Of NOT IN, one NULL among the rows of others decides about everybody.
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

  /** The user's id, of this query's row or of one around it. */
  #isAnyUser(expr: Expr): expr is ColumnRef {
    if (expr.kind !== 'column' || expr.source.kind !== 'table') return false;
    const { source, column } = expr.source;
    const index = source.columns.indexOf(column);
    return this.#sources.get(source)?.outputs[index]?.isUser === true;
  }

  #isUser(expr: Expr): boolean {
    return this.#isAnyUser(expr) && expr.source.kind === 'table' && expr.source.depth === 0;
  }

  /** The user's id, which is not NULL. */
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

/** Pairs of columns that are equal in all rows: in WHERE, in ON, by USING. */
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
