import type { Expr, OrderItem, Query, QueryBody, Select, Source, TableRef, Window } from './ast.ts';

/** The expressions and queries directly inside an expression, in the order of the text. */
export function partsOf(expr: Expr): { exprs: Expr[]; queries: Query[] } {
  switch (expr.kind) {
    case 'null':
    case 'boolean':
    case 'number':
    case 'string':
    case 'bytes':
    case 'temporal':
    case 'param':
    case 'column':
    case 'clock':
      return leaf;
    case 'star':
      return { exprs: expr.columns, queries: [] };
    case 'json':
      return only(expr.doc);
    case 'unary':
    case 'not':
    case 'is':
    case 'cast':
    case 'convertUsing':
    case 'extract':
    case 'collate':
      return only(expr.operand);
    case 'arithmetic':
    case 'comparison':
      return only(expr.left, expr.right);
    case 'quantified':
      return { exprs: [expr.left], queries: [expr.query] };
    case 'logic':
      return only(...expr.operands);
    case 'between':
      return only(expr.operand, expr.low, expr.high);
    case 'in':
      return only(expr.operand, ...expr.list);
    case 'inQuery':
      return { exprs: [expr.operand], queries: [expr.query] };
    case 'like':
      return only(expr.operand, expr.pattern, ...maybe(expr.escape));
    case 'regexp':
      return only(expr.operand, expr.pattern);
    case 'memberOf':
      return only(expr.value, expr.array);
    case 'case':
      return only(
        ...maybe(expr.operand),
        ...expr.branches.flatMap(({ when, result }) => [when, result]),
        ...maybe(expr.otherwise),
      );
    case 'call':
      return only(...expr.args);
    case 'aggregate':
      return only(...expr.args, ...ordered(expr.orderBy));
    case 'window':
      return only(...expr.args, ...ordered(expr.orderBy), ...exprsOfWindow(expr.over));
    case 'dateArithmetic':
      return only(expr.operand, expr.amount);
    case 'timestampDiff':
      return only(expr.from, expr.to);
    case 'trim':
      return only(...maybe(expr.remove), expr.operand);
    case 'row':
      return only(...expr.items);
    case 'subquery':
    case 'exists':
      return { exprs: [], queries: [expr.query] };
  }
}

/** The expression and the expressions inside it, at any depth, but not inside its queries. */
export function* walkExpr(expr: Expr): Generator<Expr> {
  yield expr;
  for (const part of partsOf(expr).exprs) yield* walkExpr(part);
}

/** Every expression of a query at any depth, including its CTEs, derived tables and subqueries. */
export function* walkQuery(query: Query): Generator<Expr> {
  for (const found of queriesIn(query)) for (const expr of exprsOfQuery(found)) yield* walkExpr(expr);
}

/** The query and every query inside it: CTEs, terms in brackets, derived tables, subqueries. */
export function* queriesIn(query: Query): Generator<Query> {
  yield query;
  for (const cte of query.ctes) yield* queriesIn(cte.query);
  for (const term of termsOf(query.body)) {
    if (term.kind === 'nested') yield* queriesIn(term.query);
    if (term.kind !== 'select') continue;
    for (const source of sourcesOf(term.from)) if (source.kind === 'derived') yield* queriesIn(source.query);
  }
  for (const expr of exprsOfQuery(query)) {
    for (const inner of walkExpr(expr)) for (const part of partsOf(inner).queries) yield* queriesIn(part);
  }
}

/** Every SELECT of a query at any depth. */
export function* selectsIn(query: Query): Generator<Select> {
  for (const found of queriesIn(query)) {
    for (const term of termsOf(found.body)) if (term.kind === 'select') yield term;
  }
}

/** The terms of UNION, INTERSECT and EXCEPT, in the order of the text. */
export function termsOf(body: QueryBody): Exclude<QueryBody, { kind: 'set' }>[] {
  return body.kind === 'set' ? [...termsOf(body.left), ...termsOf(body.right)] : [body];
}

/** The tables of a FROM clause, in the order of the text. */
export function sourcesOf(from: TableRef[]): Source[] {
  return from.flatMap((ref) => (ref.kind === 'join' ? sourcesOf([ref.left, ref.right]) : [ref]));
}

/** The outermost expressions of a query's own clauses. */
export function exprsOfQuery(query: Query): Expr[] {
  return [
    ...termsOf(query.body).flatMap((term) => {
      if (term.kind === 'select') return exprsOfSelect(term);
      return term.kind === 'values' ? term.rows.flat() : [];
    }),
    ...ordered(query.orderBy),
    ...maybe(query.limit?.count),
    ...maybe(query.limit?.offset),
  ];
}

export function exprsOfSelect(select: Select): Expr[] {
  return [
    ...select.items.map(({ expr }) => expr),
    ...select.from.flatMap(exprsOfTable),
    ...maybe(select.where),
    ...select.groupBy,
    ...maybe(select.having),
    ...select.windows.flatMap(({ window }) => exprsOfWindow(window)),
  ];
}

/** The conditions of joins, and the documents of JSON_TABLE. */
function exprsOfTable(ref: TableRef): Expr[] {
  if (ref.kind === 'jsonTable') return [ref.doc];
  if (ref.kind !== 'join') return [];
  return [
    ...exprsOfTable(ref.left),
    ...exprsOfTable(ref.right),
    ...ref.using.flatMap(({ left, right }) => [left, right]),
    ...maybe(ref.on),
  ];
}

function exprsOfWindow({ partitionBy, orderBy, frame }: Window): Expr[] {
  const bounds = frame === undefined ? [] : [frame.start, frame.end];
  return [
    ...partitionBy,
    ...ordered(orderBy),
    ...bounds.flatMap((bound) => ('amount' in bound ? [bound.amount] : [])),
  ];
}

const leaf: { exprs: Expr[]; queries: Query[] } = { exprs: [], queries: [] };

function only(...exprs: Expr[]): { exprs: Expr[]; queries: Query[] } {
  return { exprs, queries: [] };
}

function maybe(expr: Expr | undefined): Expr[] {
  return expr === undefined ? [] : [expr];
}

function ordered(items: OrderItem[]): Expr[] {
  return items.map(({ expr }) => expr);
}
