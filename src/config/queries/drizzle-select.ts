import { Column, getTableName, is, SQL, Subquery, Table } from 'drizzle-orm';
import { MySqlDialect, QueryBuilder } from 'drizzle-orm/mysql-core';
import * as schema from '../../schema/index.ts';
import { SegmentTrouble } from './segment-trouble.ts';

const dialect = new MySqlDialect();

/** What an evaluator builds with. */
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

/** SQL and parameters of what an evaluator returned. Throws SegmentTrouble for anything but one SELECT of user ids. */
export function compile(query: unknown): { sql: string; params: unknown[] } {
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
  checkText(compiled.sql);
  return { sql: compiled.sql, params: compiled.params };
}

/** A select of Drizzle's, as far as is needed. */
export interface DrizzleSelect {
  getSelectedFields(): Record<string, unknown>;
  getSQL(): SQL;
}

/** Throws SegmentTrouble unless the text is one SELECT. */
export function checkText(sql: string): void {
  const bare = sql
    .replace(/'(?:[^'\\]|''|\\.)*'|"(?:[^"\\]|""|\\.)*"|`[^`]*`|\/\*[\s\S]*?\*\/|(?:--[ \t]|#).*/g, ' ')
    .trim();
  if (!/^[\s(]*(select|with)\b/i.test(bare) || /\)\s*(insert|update|delete|replace)\s/i.test(bare)) {
    throw new SegmentTrouble('its SQL is not a SELECT', 'Write sql`select id from users where …`.');
  }
  if (bare.includes(';')) {
    throw new SegmentTrouble('its SQL holds a semicolon; it is to be one SELECT', 'Remove the semicolon.');
  }
}

// --- internal ---

const ID_ONLY = 'Select the id alone: db.select({ id: schema.users.id }).';
const OWN_TABLES: ReadonlySet<string> = new Set(
  Object.values(schema)
    .filter((item) => is(item, Table))
    .map((table) => getTableName(table)),
);

function checkFields(fields: Record<string, unknown>): void {
  const columns = [...flatten(fields)];
  if (columns.length !== 1) {
    const names = columns
      .slice(0, 6)
      .map(([name]) => name)
      .join(', ');
    throw new SegmentTrouble(
      `its query selects ${columns.length} columns (${names}${columns.length > 6 ? ', …' : ''}); a segment selects user ids`,
      ID_ONLY,
    );
  }
  const column = columns[0]![1];
  if (!is(column, Column)) return;
  const table: unknown = Reflect.get(column.table, Symbol.for('drizzle:OriginalName'));
  if (typeof table !== 'string' || !OWN_TABLES.has(table)) return;
  if (column.name === 'user_id' || (table === 'users' && column.name === 'id')) return;
  throw new SegmentTrouble(`its query selects ${table}.${column.name}, which is not a user's id`, ID_ONLY);
}

/** Columns by path: a whole table in a selection counts as all its columns. */
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
