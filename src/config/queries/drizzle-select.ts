import { Column, getTableName, is, SQL, Subquery, Table } from 'drizzle-orm';
import { MySqlDialect, QueryBuilder } from 'drizzle-orm/mysql-core';
import { SegflowError } from '../../core/errors.ts';
import * as schema from '../../schema/index.ts';
import { readQuery } from '../../sql/read/read-query.ts';
import { plainParameter } from './query-parameter.ts';
import { SegmentTrouble } from './segment-trouble.ts';

const dialect = new MySqlDialect();

/** The query builder for evaluators. */
export function queryBuilder(): QueryBuilder {
  return new QueryBuilder();
}

/** A query made with `select`, or SQL text. */
export function isSelect(value: unknown): value is DrizzleSelect | SQL {
  return (
    is(value, SQL) ||
    (typeof value === 'object' && value !== null && 'getSelectedFields' in value && 'getSQL' in value)
  );
}

/**
 * The SQL and parameters of an evaluator's result. Throws SegmentTrouble unless it is one SELECT of
 * user ids.
 */
export function compile(query: unknown): { sql: string; params: ReturnType<typeof plainParameter>[] } {
  if (is(query, Subquery)) throw new SegmentTrouble('the evaluator returns a subquery', 'Leave out .as(…).');
  if (!isSelect(query))
    throw new SegmentTrouble(`the evaluator returns ${what(query)}, not a query`, missing(query));
  if (!is(query, SQL)) checkFields(query.getSelectedFields());
  let compiled: { sql: string; params: unknown[] };
  try {
    compiled = dialect.sqlToQuery(query.getSQL());
  } catch (error) {
    throw new SegmentTrouble(
      `its query cannot be written as SQL: ${error instanceof Error ? error.message : error}`,
    );
  }
  const params = compiled.params.map(plainParameter);
  const columns = columnsOf(compiled.sql, params);
  if (columns.length !== 1) throw tooManyColumns(columns);
  return { sql: compiled.sql, params };
}

/** The parts of a Drizzle select that are used here. */
export interface DrizzleSelect {
  getSelectedFields(): Record<string, unknown>;
  getSQL(): SQL;
}

// --- internal ---

const ID_ONLY = 'Select the id alone: db.select({ id: schema.users.id }).';
const OWN_TABLES: ReadonlySet<string> = new Set(
  Object.values(schema)
    .filter((item) => is(item, Table))
    .map((table) => getTableName(table)),
);

/** Names of the columns of one SELECT. Throws SegmentTrouble for anything else. */
function columnsOf(sql: string, params: unknown[]): string[] {
  try {
    return readQuery(sql, params).query.columns.map(({ name }) => name);
  } catch (error) {
    if (!SegflowError.is(error)) throw error;
    throw new SegmentTrouble(`its SQL is not accepted: ${error.message}`, error.hint);
  }
}

function tooManyColumns(names: string[]): SegmentTrouble {
  const shown = names.slice(0, 6).join(', ') + (names.length > 6 ? ', …' : '');
  return new SegmentTrouble(
    `its query selects ${names.length} columns (${shown}); a segment selects user ids`,
    ID_ONLY,
  );
}

function checkFields(fields: Record<string, unknown>): void {
  const columns = [...flatten(fields)];
  if (columns.length !== 1) throw tooManyColumns(columns.map(([name]) => name));
  const column = columns[0]![1];
  if (!is(column, Column)) return;
  const table: unknown = Reflect.get(column.table, Symbol.for('drizzle:OriginalName'));
  if (typeof table !== 'string' || !OWN_TABLES.has(table)) return;
  if (column.name === 'user_id' || (table === 'users' && column.name === 'id')) return;
  throw new SegmentTrouble(`its query selects ${table}.${column.name}, which is not a user's id`, ID_ONLY);
}

/** Columns by path. A whole table in a selection counts as all its columns. */
function* flatten(fields: Record<string, unknown>, prefix = ''): Generator<[string, unknown]> {
  for (const [name, field] of Object.entries(fields)) {
    const isLeaf = is(field, Column) || is(field, SQL) || is(field, SQL.Aliased) || is(field, Subquery);
    if (isLeaf || typeof field !== 'object' || field === null) yield [prefix + name, field];
    else if (is(field, Table))
      yield* flatten(Reflect.get(field, Symbol.for('drizzle:Columns')) ?? {}, `${prefix}${name}.`);
    else yield* flatten(field as Record<string, unknown>, `${prefix}${name}.`);
  }
}

function what(value: unknown): string {
  if (typeof value === 'string') return 'a text';
  if (value === null || typeof value !== 'object') return value === undefined ? 'nothing' : String(value);
  return Array.isArray(value) ? 'an array' : 'an object';
}

function missing(value: unknown): string {
  if (value === undefined) return 'Is the return missing? An arrow function with braces needs one.';
  if (typeof value === 'string')
    return 'For SQL text, use the template tag of drizzle-orm: sql`select id from users`.';
  if (typeof value === 'object' && value !== null && 'from' in value) return 'It lacks .from(…).';
  return 'Write (db) => db.select({ id: schema.users.id }).from(schema.users).';
}
