import type { Column, Cte, Expr, Query, QueryBody, Select, SetOperation, Source } from '../ast.ts';
import { as, asCondition } from './convert.ts';
import { fromClause } from './from.ts';
import { groupKey, orderKey, uniform } from './keys.ts';
import { order } from './order.ts';
import { itemAt, type Printing, unsupported } from './printing.ts';
import { windowText } from './windows.ts';

/*
 * Queries. Columns are named c0, c1, …, so that no user's name collides with one of SQLite's. A
 * reference to a column uses its position.
 */

export interface QueryScope {
  p: Printing;
  ctes: Map<object, string>;
}

/** The names of a query's columns if they are visible outside; otherwise c0, c1, …. */
type Names = readonly string[] | undefined;

export function printQuery(scope: QueryScope, query: Query, names?: Names): string {
  const { p } = scope;
  const ctes = query.ctes.map((cte) => printCte(scope, cte));
  const head = ctes.length === 0 ? '' : `with ${query.recursive ? 'recursive ' : ''}${ctes.join(', ')} `;
  const limit = query.limit
    ? ` limit ${p.expr(query.limit.count)}${query.limit.offset ? ` offset ${p.expr(query.limit.offset)}` : ''}`
    : '';
  const { body } = query;
  if (body.kind === 'select')
    return `${head}${printSelect(scope, body, { names })}${order(p, query.orderBy)}${limit}`;
  if (query.orderBy.length === 0 && limit === '' && names === undefined) return head + printBody(scope, body);
  // In SQLite the terms of a compound SELECT have no ORDER BY or LIMIT of their own, and a compound
  // SELECT sorts only by plain columns.
  const source = derived(query);
  const columns = query.columns
    .map((_, index) => `${p.alias(source)}.c${index} as ${names?.[index] ?? `c${index}`}`)
    .join(', ');
  const sorted = query.orderBy.map(
    ({ expr, descending }) => `${orderKey(p, resultColumn(expr, source))}${descending ? ' desc' : ''}`,
  );
  const orderBy = sorted.length === 0 ? '' : ` order by ${sorted.join(', ')}`;
  return `${head}select ${columns} from (${printBody(scope, body)}) as ${p.alias(source)}${orderBy}${limit}`;
}

/** A query as a table with columns to refer to. */
export function derived(query: Query): Source {
  return {
    kind: 'derived',
    at: query.at,
    name: '',
    columns: query.columns,
    query,
    names: undefined,
    lateral: false,
  };
}

export function columnOf(source: Source, column: Column): Expr {
  return {
    ...{ kind: 'column', at: source.at, type: column.type, qualifier: [], name: column.name },
    source: { kind: 'table', source, column, depth: 0 },
  };
}

/** In the ORDER BY of a compound query, a name or a number refers to a column of the result. */
function resultColumn(expr: Expr, source: Source): Expr {
  if (expr.kind === 'column' && expr.source.kind === 'result') return columnOf(source, expr.source.column);
  if (expr.kind === 'number') {
    const column = source.columns[Number(expr.text) - 1];
    if (column) return columnOf(source, column);
  }
  return expr;
}

function printCte(scope: QueryScope, cte: Cte): string {
  const name = scope.p.fresh();
  scope.ctes.set(cte, name);
  const columns = cte.columns.map((_, index) => `c${index}`).join(', ');
  return `${name}(${columns}) as (${printQuery(scope, cte.query)})`;
}

function printBody(scope: QueryScope, body: QueryBody, columns: readonly Column[] = body.columns): string {
  switch (body.kind) {
    case 'select':
      return printSelect(scope, body, { columns });
    case 'set':
      return printSet(scope, body, columns);
    case 'nested':
      return `select * from (${converted(scope, body.query, columns)})`;
    case 'values':
      return body.rows
        .map(
          (row) =>
            `select ${row.map((expr, index) => `${as(scope.p, expr, columns[index]!.type)} as c${index}`).join(', ')}`,
        )
        .join(' union all ');
  }
}

/** A query in brackets, with the columns of the whole query. */
function converted(scope: QueryScope, query: Query, columns: readonly Column[]): string {
  const source = derived(query);
  const items = query.columns.map(
    (column, index) => `${as(scope.p, columnOf(source, column), columns[index]!.type)} as c${index}`,
  );
  return `select ${items.join(', ')} from (${printQuery(scope, query)}) as ${scope.p.alias(source)}`;
}

/** UNION, INTERSECT and EXCEPT compare values of one type, and equal values need one spelling. */
function printSet(
  scope: QueryScope,
  { op, all, left, right, at }: SetOperation,
  columns: readonly Column[],
): string {
  if (all && op !== 'union') {
    throw unsupported(`${op.toUpperCase()} ALL`, {
      at,
      why: `it has only ${op.toUpperCase()}`,
      text: scope.p.text,
    });
  }
  // In SQLite all three have the same precedence, left to right, so the right side is in brackets.
  const second =
    right.kind === 'set'
      ? `select * from (${printBody(scope, right, columns)})`
      : printBody(scope, right, columns);
  return `${printBody(scope, left, columns)} ${op}${all ? ' all' : ''} ${second}`;
}

function printSelect(
  scope: QueryScope,
  select: Select,
  { columns, names }: { columns?: readonly Column[]; names?: Names },
): string {
  const { p } = scope;
  if (select.rollup) {
    throw unsupported('WITH ROLLUP', { at: select.at, why: 'it has no ROLLUP; use UNION ALL', text: p.text });
  }
  const from = fromClause(p, select.from, scope.ctes);
  const items = select.items.flatMap(({ expr }): Expr[] => (expr.kind === 'star' ? expr.columns : [expr]));
  const list = items.map(
    (expr, index) =>
      `${itemText(p, expr, { select, type: columns?.[index] })} as ${names?.[index] ?? `c${index}`}`,
  );
  const conditions = [select.where, ...(select.grouped ? [] : [select.having])];
  const where = conditions.flatMap((expr) => (expr ? [`(${asCondition(p, expr)})`] : []));
  const groups = select.groupBy.map((expr) => groupKey(p, itemAt(expr, select.items)));
  const having = select.grouped && select.having ? ` having ${asCondition(p, select.having)}` : '';
  const windows = select.windows.map(
    ({ name, window }) => `${windowName(name)} as (${windowText(p, window)})`,
  );
  return [
    `select ${select.distinct ? 'distinct ' : ''}${list.join(', ')}${from}`,
    where.length === 0 ? '' : ` where ${where.join(' and ')}`,
    groups.length === 0 ? '' : ` group by ${groups.join(', ')}`,
    having,
    windows.length === 0 ? '' : ` window ${windows.join(', ')}`,
  ].join('');
}

export function windowName(name: string): string {
  return `"w_${name.toLowerCase().replaceAll('"', '')}"`;
}

/** An item of the select list; in a compound query it has the type of the whole. */
function itemText(
  p: Printing,
  expr: Expr,
  { select, type }: { select: Select; type: Column | undefined },
): string {
  if (type === undefined) return select.distinct ? uniform(p, expr) : p.expr(expr);
  const value = as(p, expr, type.type);
  if (type.type.kind === 'decimal') return `my_dec_fit(${value}, 65, ${type.type.scale})`;
  if (type.type.kind === 'json') return `my_json_key(${value})`;
  return type.type.kind === 'text' && expr.type.kind === 'text' ? uniform(p, expr) : value;
}
