import { type Placeholder, type SQL, sql } from 'drizzle-orm';
import { type MySqlColumn, MySqlDialect } from 'drizzle-orm/mysql-core';
import { SLOT_COUNT } from '../../core/hash.ts';
import type { Slots } from '../../engine/ports/leases.ts';
import type { Connection, Dialect, Outcome, Row, Scalar, Statement, Value } from './driver.ts';

/**
 * A statement with named parameters. Its text is rendered once per dialect: rendering costs more
 * than running most statements.
 */
export interface PreparedStatement<Params extends Record<string, Value>> {
  with(dialect: Dialect, params: Params): Statement;
}

type Build<Params> = (parameter: (name: keyof Params & string) => Placeholder, dialect: Dialect) => SQL;

export function prepared<Params extends Record<string, Value>>(
  build: Build<Params>,
): PreparedStatement<Params> {
  const rendered = new WeakMap<Dialect, { text: string; params: unknown[] }>();
  return {
    with(dialect, params) {
      let found = rendered.get(dialect);
      if (!found) {
        const query = mysql.sqlToQuery(build((name) => sql.placeholder(name), dialect));
        found = { text: query.sql, params: query.params };
        rendered.set(dialect, found);
      }
      return {
        text: found.text,
        params: found.params.map((param) =>
          isPlaceholder(param) ? paramOf(params, param.name) : (param as Value),
        ),
      };
    },
  };
}

const FIRST = ':first';

/** Stands for the first members of the tuples in a list parameter. */
export function firstsOf(list: Placeholder): Placeholder {
  return sql.placeholder(list.name + FIRST);
}

function paramOf(params: Record<string, Value>, name: string): Value {
  if (!name.endsWith(FIRST)) return params[name]!;
  const tuples = params[name.slice(0, -FIRST.length)] as readonly (readonly Scalar[])[];
  return [...new Set(tuples.map((tuple) => tuple[0]!))];
}

/**
 * A statement about the rows of some slots, or of all. `owned` is the condition to append after the
 * others.
 */
export interface Slotted<Params extends Record<string, Value>> {
  of(slots: Slots | undefined): PreparedStatement<Params>;
}

export function slotted<Params extends Record<string, Value>>(
  build: (
    parameter: (name: keyof Params & string) => Placeholder,
    dialect: Dialect,
    owned: (column: MySqlColumn) => SQL,
  ) => SQL,
): Slotted<Params> {
  const all = prepared<Params>((parameter, dialect) => build(parameter, dialect, () => sql``));
  const some = prepared<Params & { slots: number[] }>((parameter, dialect) =>
    build(parameter, dialect, (column) => sql`and ${dialect.inList(column, parameter('slots'))}`),
  );
  return {
    of: (slots) =>
      slots === undefined || slots === 'all' || slots.length >= SLOT_COUNT
        ? all
        : { with: (dialect, params) => some.with(dialect, { ...params, slots: [...slots] }) },
  };
}

/** Renders a statement that is built for each call. */
export function render(query: SQL): Statement {
  const { sql: text, params } = mysql.sqlToQuery(query);
  return { text, params: params as Value[] };
}

/** The columns by their unqualified names, as INSERT and UPDATE need them. */
export function names(columns: MySqlColumn[]): SQL {
  return sql.join(
    columns.map((column) => sql.identifier(column.name)),
    sql`, `,
  );
}

export async function rows<Params extends Record<string, Value>>(
  on: { connection: Connection; dialect: Dialect },
  statement: PreparedStatement<Params>,
  params: Params,
): Promise<Row[]> {
  const { text, params: values } = statement.with(on.dialect, params);
  return on.connection.query(text, values);
}

export async function run<Params extends Record<string, Value>>(
  on: { connection: Connection; dialect: Dialect },
  statement: PreparedStatement<Params>,
  params: Params,
): Promise<Outcome> {
  const { text, params: values } = statement.with(on.dialect, params);
  return on.connection.execute(text, values);
}

const mysql = new MySqlDialect();

function isPlaceholder(value: unknown): value is { name: string } {
  return typeof value === 'object' && value !== null && 'name' in value;
}
