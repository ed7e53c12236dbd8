import type { Column, Cte, OrderItem, Query, QueryBody, Select } from '../ast.ts';
import { refusal } from '../refusal.ts';
import { UNKNOWN } from '../sql-type.ts';
import { termsOf } from '../walk.ts';
import { named } from './columns.ts';
import { Names } from './names.ts';
import { resolveGroups, resolveOrder } from './order.ts';
import type { Place } from './resolve-place.ts';
import type { Ctes, Scope } from './scope.ts';
import { resolveTables } from './tables.ts';

/**
 * Resolves every name: tables in Segflow's schema or in CTEs, columns in the tables of their query
 * or of an outer one. Throws `invalid_config` for unknown and ambiguous names.
 */
export function resolve(query: Query, text: string): void {
  resolveQuery(query, { text, ctes: undefined, outer: undefined, queries: [], open: new Set() });
}

function resolveQuery(query: Query, place: Place, begun?: (columns: Column[]) => void): void {
  const queries = [...place.queries, query];
  const ctes: Ctes = { list: [], outer: place.ctes };
  const inside: Place = { ...place, ctes, queries };
  for (const cte of query.ctes) resolveCte(cte, query, inside);
  const scopes = resolveBody(query.body, inside, begun);
  query.columns = query.body.columns;
  if (query.body.kind === 'select') {
    resolveOrder(query.orderBy, query.body, scopes.get(query.body)!);
  } else {
    for (const item of query.orderBy) orderOfResult(item, query, place.text);
  }
}

function resolveCte(cte: Cte, query: Query, place: Place): void {
  // A query inside FROM or WITH cannot see the tables beside it, only tables of outer queries.
  const outer: Scope = { tables: [], items: undefined, queries: place.queries, outer: place.outer };
  const known = place.ctes!;
  if (known.list.some((other) => other.name === cte.name)) {
    throw refusal(`WITH names "${cte.name}" twice`, { text: place.text, at: cte.at });
  }
  const inner: Place = { ...place, ctes: known, outer, queries: [] };
  const setColumns = (columns: Column[]) => {
    const given = named(columns, cte.names, { what: cte.name, text: place.text, at: cte.at });
    if (cte.columns.length === 0) cte.columns = given;
    else for (const [index, column] of cte.columns.entries()) column.exprs = given[index]!.exprs;
  };
  if (query.recursive && cte.query.body.kind === 'set') {
    // The first term gives the columns their names, and the other terms may read them.
    const own: Ctes = { list: [...known.list, cte], outer: known.outer };
    resolveQuery(cte.query, { ...inner, ctes: own, open: new Set([...place.open, cte]) }, setColumns);
  } else resolveQuery(cte.query, inner);
  setColumns(cte.query.columns);
  known.list.push(cte);
}

function resolveBody(body: QueryBody, place: Place, begun?: (columns: Column[]) => void): Map<Select, Names> {
  const names = new Map<Select, Names>();
  switch (body.kind) {
    case 'select':
      names.set(body, resolveSelect(body, place));
      break;
    case 'nested':
      resolveQuery(body.query, place, begun);
      body.columns = body.query.columns;
      break;
    case 'values': {
      const scope: Scope = { tables: [], items: undefined, queries: place.queries, outer: place.outer };
      const own = new Names(scope, place, resolveQuery);
      for (const expr of body.rows.flat()) own.resolve(expr, 'select');
      const [first = []] = body.rows;
      if (body.rows.some((row) => row.length !== first.length)) {
        throw refusal('the rows of VALUES differ in length', { text: place.text, at: body.at });
      }
      body.columns = first.map((_expr, index) => ({
        ...{ name: `column_${index}`, type: UNKNOWN },
        exprs: body.rows.map((row) => row[index]!),
      }));
      break;
    }
    case 'set': {
      resolveBody(body.left, place, begun);
      begun?.(body.left.columns);
      resolveBody(body.right, place);
      const [left, right] = [body.left.columns, body.right.columns];
      if (left.length !== right.length) {
        const op = body.op.toUpperCase();
        throw refusal(`${op} has ${left.length} columns on its left, ${right.length} on its right`, {
          text: place.text,
          at: body.at,
        });
      }
      body.columns = left.map(({ name, exprs }, index) => ({
        ...{ name, type: UNKNOWN },
        exprs: [...exprs, ...right[index]!.exprs],
      }));
    }
  }
  return names;
}

function resolveSelect(select: Select, place: Place): Names {
  const scope: Scope = { tables: [], items: undefined, queries: place.queries, outer: place.outer };
  const names = new Names(scope, place, resolveQuery);
  resolveTables(select, names, place);
  for (const item of select.items) names.resolveItem(item.expr);
  if (select.where) names.resolve(select.where, 'where');
  resolveGroups(select, names);
  names.windows(select);
  if (select.having) names.resolveHaving(select.having, select);
  select.columns = select.items.flatMap((item): Column[] =>
    item.expr.kind === 'star'
      ? item.expr.columns.map((ref) => ({ name: ref.name, type: UNKNOWN, exprs: [ref] }))
      : [{ name: item.name, type: UNKNOWN, exprs: [item.expr] }],
  );
  select.grouped = select.groupBy.length > 0 || names.aggregated;
  return names;
}

/** ORDER BY of a UNION can use only the UNION's own columns. */
function orderOfResult(item: OrderItem, query: Query, text: string): void {
  const { expr } = item;
  if (expr.kind === 'number') {
    const index = Number(expr.text) - 1;
    if (!query.columns[index]) throw refusal(`there is no column ${expr.text}`, { text, at: expr.at });
    return;
  }
  const column =
    expr.kind === 'column' && expr.qualifier.length === 0
      ? query.columns.find(({ name }) => name.toLowerCase() === expr.name.toLowerCase())
      : undefined;
  if (!column) {
    const terms = termsOf(query.body).length;
    throw refusal(
      terms > 1
        ? 'a UNION, INTERSECT or EXCEPT is ordered by its columns alone'
        : 'a query in brackets is ordered by its columns alone',
      { text, at: expr.at, hint: 'Name a column of the first SELECT.' },
    );
  }
  if (expr.kind === 'column') expr.source = { kind: 'result', column };
}
