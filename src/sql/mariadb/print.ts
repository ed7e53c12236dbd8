import type {
  Column,
  Cte,
  Expr,
  Join,
  Query,
  QueryBody,
  Select,
  SelectItem,
  Source,
  TableRef,
} from '../ast.ts';
import type { PrintedQuery } from '../printed-query.ts';
import { orderBy, windowParts } from './aggregates.ts';
import { caseWithOperand } from './comparisons.ts';
import { asCondition, asText, caseOf, jsonText } from './convert.ts';
import { printExpr } from './expressions.ts';
import { quoteName } from './literals.ts';
import { type Printer, type PrintItem, unsupported } from './printer.ts';

/**
 * Prints a query for MariaDB, 10.11 or newer, so that it gives MySQL's answer. Parameters are
 * written as literals. Throws `store_unsupported`, with the place and an alternative, where MariaDB
 * would answer differently. The query needs the session of sessionSetup, because that session's
 * collation of literals is part of the meaning.
 *
 * Continue in expressions.ts, then convert.ts, which explains the differences.
 */
export function printMariadb({ text, query }: { text: string; query: Query }): PrintedQuery {
  const groups = new Groups();
  const printer: Printer = {
    having: (select, print) => groups.having(select, print),
    readsGroup: ({ source }) => source.kind === 'table' && groups.has(source.source),
    expr: (expr) => printExpr(printer, expr),
    cases: (expr, result) =>
      expr.operand ? caseWithOperand(printer, expr, result) : caseOf(printer, expr, result),
    query: (inner, item) => groups.inside(() => printQuery(printer, inner, item)),
    refuse(at, what, why) {
      throw unsupported(text, at, what, why);
    },
  };
  return { text: printer.query(query), params: [] };
}

/** The tables of grouped SELECTs whose HAVING is being printed. */
class Groups {
  /** Inside HAVING itself, not in one of its subqueries. */
  #direct: Source[] = [];
  #outside = new Set<Source>();

  having(select: Select, print: () => string): string {
    const before = this.#direct;
    this.#direct = select.grouped ? select.sources : [];
    try {
      return print();
    } finally {
      this.#direct = before;
    }
  }

  /** Prints inside an inner query. */
  inside(print: () => string): string {
    const [direct, outside] = [this.#direct, this.#outside];
    this.#outside = new Set([...outside, ...direct]);
    this.#direct = [];
    try {
      return print();
    } finally {
      this.#direct = direct;
      this.#outside = outside;
    }
  }

  has(source: Source): boolean {
    return this.#outside.has(source);
  }
}

function printQuery(printer: Printer, query: Query, item?: PrintItem): string {
  const { ctes, recursive, body, limit } = query;
  const begin =
    ctes.length > 0
      ? `with ${recursive ? 'recursive ' : ''}${ctes.map((cte) => printCte(printer, cte)).join(', ')} `
      : '';
  const printed = printBody(printer, body, { columns: query.columns, item });
  const end = limit
    ? ` limit ${printer.expr(limit.count)}${limit.offset ? ` offset ${printer.expr(limit.offset)}` : ''}`
    : '';
  return `${begin}${printed}${orderBy(printer, query.orderBy)}${end}`;
}

function printCte(printer: Printer, { name, names, query }: Cte): string {
  const columns = names ? ` (${names.map(quoteName).join(', ')})` : '';
  return `${quoteName(name)}${columns} as (${printer.query(query)})`;
}

/** How a query's rows are used: their columns, and how items are printed. */
interface Result {
  columns: Column[];
  item: PrintItem | undefined;
}

function printBody(printer: Printer, body: QueryBody, result: Result): string {
  switch (body.kind) {
    case 'select':
      return printSelect(printer, body, result);
    case 'set':
      return `${term(printer, body.left, result)} ${body.op}${body.all ? ' all' : ''} ${term(printer, body.right, result)}`;
    case 'nested':
      return nested(printer, body.query, result);
    case 'values':
      return body.rows.map((row) => printRow(printer, row, result)).join(' union all ');
  }
}

/** MariaDB accepts no WITH in the brackets of a UNION term. */
function nested(printer: Printer, query: Query, { item }: Result): string {
  const printed = printer.query(query, item);
  if (query.ctes.length === 0) return `(${printed})`;
  if (query.correlated)
    printer.refuse(query.at, 'WITH in a part of a UNION', 'it cannot read outer columns there');
  return `(select * from (${printed}) as ${quoteName('part')})`;
}

function term(printer: Printer, body: QueryBody, result: Result): string {
  const printed = printBody(printer, body, result);
  return body.kind === 'set' || body.kind === 'values' ? `(${printed})` : printed;
}

/** MySQL names the columns of VALUES column_0, column_1, …. */
function printRow(printer: Printer, row: Expr[], result: Result): string {
  const items = row.map((expr, index) => `${printItem(printer, expr, result, index)} as column_${index}`);
  return `select ${items.join(', ')}`;
}

function printSelect(printer: Printer, select: Select, result: Result): string {
  const parts = [`select ${select.distinct ? 'distinct ' : ''}${printItems(printer, select, result)}`];
  if (select.from.length > 0)
    parts.push(`from ${select.from.map((ref) => printTable(printer, ref)).join(', ')}`);
  if (select.where) parts.push(`where ${asCondition(printer, select.where)}`);
  if (select.groupBy.length > 0) {
    const exprs = select.groupBy.map((expr) => printer.expr(expr)).join(', ');
    parts.push(`group by ${exprs}${select.rollup ? ' with rollup' : ''}`);
  }
  const { having } = select;
  if (having) parts.push(`having ${printer.having(select, () => asCondition(printer, having))}`);
  if (select.windows.length > 0) {
    const windows = select.windows.map(
      ({ name, window }) => `${quoteName(name)} as (${windowParts(printer, window)})`,
    );
    parts.push(`window ${windows.join(', ')}`);
  }
  return parts.join(' ');
}

function printItems(printer: Printer, select: Select, result: Result): string {
  let place = 0;
  const items = select.items.map((item) => {
    const index = place;
    place += item.expr.kind === 'star' ? item.expr.columns.length : 1;
    if (item.expr.kind === 'star') return printer.expr(item.expr);
    return `${printItem(printer, item.expr, result, index)}${alias(item, select.columns[index], result)}`;
  });
  return items.join(', ');
}

/** Columns get MySQL's names: the text of the expression. */
function alias({ expr, alias }: SelectItem, column: Column | undefined, { item }: Result): string {
  if (expr.kind === 'column' && alias === undefined && item === undefined) return '';
  const name = alias ?? column?.name ?? '';
  return name === '' || name.length > LONGEST_NAME ? '' : ` as ${quoteName(name)}`;
}

const LONGEST_NAME = 64;

function printItem(printer: Printer, expr: Expr, { columns, item }: Result, index: number): string {
  const column = columns[index];
  if (item) return item(expr, column);
  // In a UNION of JSON and texts all values are texts.
  if (column?.type.kind === 'text') {
    if (expr.type.kind === 'json') return jsonText(printer, expr);
    if (expr.type.kind === 'double') return asText(printer, expr);
  }
  return printer.expr(expr);
}

function printTable(printer: Printer, ref: TableRef): string {
  return ref.kind === 'join' ? printJoin(printer, ref) : printSource(printer, ref);
}

function printJoin(printer: Printer, { join, left, right, on, using, natural }: Join): string {
  const inner = right.kind === 'join' ? `(${printTable(printer, right)})` : printTable(printer, right);
  const kind = `${natural ? 'natural ' : ''}${join === 'inner' && natural ? '' : `${join} `}join`;
  const condition = on
    ? ` on ${asCondition(printer, on)}`
    : using.length > 0 && !natural
      ? ` using (${using.map(({ name }) => quoteName(name)).join(', ')})`
      : '';
  return `${printTable(printer, left)} ${kind} ${inner}${condition}`;
}

function printSource(printer: Printer, source: Source): string {
  switch (source.kind) {
    case 'table':
      return source.alias === undefined
        ? quoteName(source.table)
        : `${quoteName(source.table)} as ${quoteName(source.alias)}`;
    case 'derived': {
      if (source.lateral) {
        printer.refuse(source.at, 'LATERAL', 'it has no lateral joins; use a subquery');
      }
      if (source.names) return printNamedDerived(printer, source, source.names);
      return `(${printer.query(source.query)}) as ${quoteName(source.name)}`;
    }
    case 'jsonTable':
      return printer.refuse(
        source.at,
        'JSON_TABLE()',
        'its texts compare otherwise; use MEMBER OF or JSON_CONTAINS',
      );
  }
}

/** MariaDB has no `(select …) as t (a, b)`: a CTE inside names the columns. */
function printNamedDerived(printer: Printer, source: Source & { kind: 'derived' }, names: string[]): string {
  const columns = names.map(quoteName).join(', ');
  const inner = quoteName(source.name);
  return `(with ${inner} (${columns}) as (${printer.query(source.query)}) select * from ${inner}) as ${inner}`;
}
