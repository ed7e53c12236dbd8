import type { Call, Case, Expr, Query, Source } from '../ast.ts';
import type { PrintedQuery } from '../printed-query.ts';
import { averageAsDouble } from './aggregates.ts';
import { printChoice } from './calls/choice-calls.ts';
import { asText, shownDatetime } from './convert.ts';
import { printExpr } from './expressions.ts';
import { name, type Printing } from './printing.ts';
import { columnOf, derived, printQuery } from './queries.ts';

/**
 * Prints a query so that SQLite gives MySQL 8.4's answer, with the functions of
 * functions/register.ts. Columns hold the same values as from MySQL's driver: times, decimals and
 * JSON as text. Literals and parameters are written into the text.
 *
 * Throws `store_unsupported` for queries that the embedded store cannot run.
 *
 * @param text the query's own text, for messages.
 */
export function printSqlite(query: Query, text: string): PrintedQuery {
  const printer = new Printer(text);
  return { text: printer.result(query), params: [] };
}

class Printer implements Printing {
  readonly text: string;
  readonly #aliases = new Map<Source, string>();
  readonly #ctes = new Map<object, string>();
  #names = 0;

  constructor(text: string) {
    this.text = text;
  }

  expr(expr: Expr): string {
    return printExpr(this, expr);
  }

  choice(expr: Case | Call, convert: (branch: Expr) => string): string {
    return printChoice(this, expr, convert);
  }

  average(expr: Expr): string | undefined {
    return averageAsDouble(this, expr);
  }

  query(query: Query): string {
    return printQuery({ p: this, ctes: this.#ctes }, query);
  }

  alias(source: Source): string {
    const known = this.#aliases.get(source);
    if (known !== undefined) return known;
    const alias = `t${this.#aliases.size}`;
    this.#aliases.set(source, alias);
    return alias;
  }

  fresh(): string {
    return `q${this.#names++}`;
  }

  /** The whole query, with its columns in the form that users see. */
  result(query: Query): string {
    const names = query.columns.map((column) => name(column.name));
    if (query.columns.every(({ type }) => AS_STORED.has(type.kind))) {
      return printQuery({ p: this, ctes: this.#ctes }, query, names);
    }
    const source = derived(query);
    const columns = query.columns.map(
      (column, index) => `${this.#shown(columnOf(source, column))} as ${names[index]}`,
    );
    return `select ${columns.join(', ')} from (${this.query(query)}) as ${this.alias(source)}`;
  }

  #shown(column: Expr): string {
    const { type } = column;
    switch (type.kind) {
      case 'decimal':
        return `cast(my_dec_fit(${this.expr(column)}, 65, ${type.scale}) as text)`;
      case 'datetime':
        return shownDatetime(this.expr(column), type.fsp);
      case 'time':
        return asText(this, column);
      default:
        return this.expr(column);
    }
  }
}

/** Types with the same form in a row as from MySQL's driver. */
const AS_STORED: ReadonlySet<string> = new Set([
  'null',
  'boolean',
  'integer',
  'double',
  'text',
  'date',
  'json',
  'unknown',
]);
