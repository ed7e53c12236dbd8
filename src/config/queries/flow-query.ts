import { Column, getTableName, is, SQL, Subquery, Table } from 'drizzle-orm';
import { MySqlDialect } from 'drizzle-orm/mysql-core';
import { SegflowError } from '../../core/errors.ts';
import type { Json } from '../../core/json.ts';
import type { CompiledQuery, FlowQueries } from '../../flow/activation/activation.ts';
import type { RecordedRows } from '../../flow/commands/results.ts';
import { readQuery } from '../../sql/read/read-query.ts';
import { isPromise } from '../value-kinds.ts';
import { type DrizzleSelect, isSelect, queryBuilder } from './drizzle-select.ts';
import { plainParameter } from './query-parameter.ts';

/**
 * Queries of flows. Every selected field gets its own name, so that the store's values can be put
 * into the shape that the select's type promises, whatever the database calls an expression's
 * column.
 */
export const flowQueries: FlowQueries = {
  compile(build, userId) {
    const query = build(queryBuilder() as never, userId);
    if (isPromise(query) && !isSelect(query)) {
      query.then(undefined, () => {});
      throw refuse('returns a promise', 'It builds a query, and Segflow runs it: no async, no await.');
    }
    if (is(query, Subquery)) throw refuse('returns a subquery', 'Leave out .as(…).');
    if (!isSelect(query)) {
      throw refuse('returns no query', 'Write (db) => db.select({ n: count() }).from(schema.events).');
    }
    return is(query, SQL) ? compiled(query, undefined) : compileSelect(query);
  },
};

// --- internal ---

const dialect = new MySqlDialect();

/** A selected field: its path in a row, its name in the SQL, and the field itself. */
interface Field {
  path: string[];
  name: string;
  field: unknown;
}

type OrderedField = { path: string[]; field: Column | SQL | SQL.Aliased };

/** The internals of a select that are used here. */
interface SelectConfig {
  fields: Record<string, unknown>;
  fieldsFlat?: OrderedField[];
}

function compileSelect(query: DrizzleSelect): CompiledQuery {
  // Not getSelectedFields: it is made for unions, and treats every column as one of the first
  // table.
  const { config } = query as unknown as { config: SelectConfig };
  const fields: Field[] = [];
  const flat: OrderedField[] = [];
  for (const [path, field] of leaves(config.fields, [])) {
    const aliased = is(field, SQL.Aliased);
    // The author may use an alias elsewhere in the query.
    const name = aliased ? field.fieldAlias : `_${fields.length}`;
    if (fields.some((other) => other.name === name)) {
      throw refuse(`selects two fields as "${name}"`, 'Give each its own alias.');
    }
    fields.push({ path, name, field });
    const named = aliased ? field : is(field, Column) ? sqlOf(field).as(name) : (field as SQL).as(name);
    flat.push({ path, field: named });
  }
  const before = config.fieldsFlat;
  config.fieldsFlat = flat;
  try {
    return compiled(query.getSQL(), fields);
  } finally {
    if (before) config.fieldsFlat = before;
    else delete config.fieldsFlat;
  }
}

/** Wraps the column in SQL, so that Drizzle names its table where necessary. */
function sqlOf(column: Column): SQL {
  return new SQL([column]);
}

function* leaves(fields: Record<string, unknown>, path: string[]): Generator<[string[], unknown]> {
  for (const [name, field] of Object.entries(fields)) {
    const at = [...path, name];
    if (is(field, Column) || is(field, SQL) || is(field, SQL.Aliased)) yield [at, field];
    else if (is(field, Table)) yield* leaves(Reflect.get(field, Symbol.for('drizzle:Columns')) ?? {}, at);
    else if (is(field, Subquery))
      throw refuse(`selects a subquery as "${at.join('.')}"`, 'Select its columns.');
    else if (typeof field === 'object' && field !== null) yield* leaves(field as Record<string, unknown>, at);
  }
}

function compiled(sql: SQL, fields: Field[] | undefined): CompiledQuery {
  const { sql: text, params: given } = dialect.sqlToQuery(sql);
  const params = given.map(plainParameter);
  check(text, params);
  return {
    sql: text,
    params,
    rows: (stored) => rowsOf(stored, fields),
  };
}

/** Accepted SQL texts: a flow runs the same query again and again. */
const CACHE = 500;
const accepted = new Set<string>();

/** Throws unless the text is one SELECT. */
function check(text: string, params: unknown[]): void {
  const key = `${text}\n${params.map((value) => typeof value).join()}`;
  if (accepted.has(key)) return;
  readQuery(text, params);
  if (accepted.size >= CACHE) accepted.clear();
  accepted.add(key);
}

function rowsOf(stored: Json, fields: Field[] | undefined): RecordedRows {
  if (!Array.isArray(stored)) throw new Error('the store gave no list of rows');
  if (!fields) return { rows: stored, dates: [] };
  const found = { dates: new Set<string>(), bigints: new Set<string>() };
  const rows = stored.map((row) => shaped(row, fields, found));
  const bigints = [...found.bigints];
  return { rows, dates: [...found.dates], ...(bigints.length > 0 && { bigints }) };
}

/**
 * Puts a row of the store, an object by column name, into the shape of the selection. A join
 * without a match gives null for its table.
 */
function shaped(row: Json, fields: Field[], found: { dates: Set<string>; bigints: Set<string> }): Json {
  const values = row as Record<string, Json>;
  const result: Record<string, Json> = {};
  for (const { path, name, field } of fields) {
    let object = result;
    for (const key of path.slice(0, -1)) {
      object[key] ??= {};
      object = object[key] as typeof result;
    }
    const value = decoded(values[name] ?? null, field);
    const place = path.join('.');
    if (value instanceof Date) {
      found.dates.add(place);
      object[path.at(-1)!] = value.toISOString();
    } else if (typeof value === 'bigint') {
      found.bigints.add(place);
      object[path.at(-1)!] = String(value);
    } else object[path.at(-1)!] = plain(value, place);
  }
  return nullsOfJoins(result, fields);
}

/** As in Drizzle, a selected table whose columns are all null had no match in its join. */
function nullsOfJoins(result: Record<string, Json>, fields: Field[]): Json {
  for (const [key, group] of Map.groupBy(fields, ({ path }) => path[0]!)) {
    const nested = group.every(({ path }) => path.length === 2);
    const value = result[key];
    if (!nested || typeof value !== 'object' || value === null) continue;
    const tables = new Set(group.map(({ field }) => (is(field, Column) ? getTableName(field.table) : '')));
    if (tables.size === 1 && !tables.has('') && Object.values(value).every((item) => item === null)) {
      result[key] = null;
    }
  }
  return result;
}

/** A value as Drizzle types it: by its column, by the column that an aggregate is about (`max(events.createdAt)`), or by `mapWith`. */
function decoded(value: Json, field: unknown): unknown {
  if (value === null) return null;
  const source = is(field, SQL.Aliased) ? field.sql : field;
  const decoder = is(source, Column) ? source : Reflect.get(source as SQL, 'decoder');
  if (!is(decoder, Column)) {
    return (decoder as { mapFromDriverValue(value: unknown): unknown }).mapFromDriverValue(value);
  }
  if (decoder.dataType === 'date') return momentOf(value);
  if (decoder.dataType === 'json') return typeof value === 'string' ? parsed(value) : value;
  return decoder.mapFromDriverValue(value);
}

/**
 * A time from a store: epoch milliseconds, ISO, or MySQL's form in UTC. Anything else stays
 * unchanged.
 */
function momentOf(value: Json): Date | Json {
  const text = String(value);
  const at = new Date(
    typeof value === 'number' || /[zZ]|[+-]\d\d:\d\d$/.test(text)
      ? (value as string)
      : `${text.replace(' ', 'T')}Z`,
  );
  return Number.isNaN(at.getTime()) ? value : at;
}

/** Refuses values that the journal cannot store, so that a replay gives the flow the same value. */
function plain(value: unknown, place: string): Json {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)) return value as Json;
  if (typeof value === 'object' && PLAIN.has(Object.getPrototypeOf(value))) return value as Json;
  const what = typeof value === 'object' ? value.constructor?.name : String(value);
  throw refuse(
    `gives ${what} as "${place}"`,
    'Its mapWith() returns text, numbers, booleans, dates, JSON or null.',
  );
}

const PLAIN = new Set<unknown>([Object.prototype, Array.prototype, null]);

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

function refuse(what: string, hint: string): SegflowError {
  return new SegflowError('invalid_input', `the function given to query ${what}`, { hint });
}
