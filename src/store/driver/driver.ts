import type { Placeholder, SQL } from 'drizzle-orm';
import type { MySqlColumn, MySqlTable } from 'drizzle-orm/mysql-core';
import type { Json } from '../../core/json.ts';
import type { QueryFacts } from '../../sql/facts/query-facts.ts';

/*
 * What the statements need from a database. Statements are written once, with Drizzle's `sql` template and the tables of
 * the schema, and rendered to text with `?` parameters; a driver runs that text. Where databases differ in syntax, the
 * statement asks the driver's dialect for a fragment.
 */

export type Scalar = string | number | null | Uint8Array;
/** A parameter. A list is only given where the statement used `inList` or `inTuples` of the dialect. */
export type Value = Scalar | readonly Scalar[] | readonly (readonly Scalar[])[];
export type Row = Record<string, Scalar>;
export type Rows = readonly (readonly Scalar[])[];

export interface Outcome {
  /** Rows inserted, updated or deleted. */
  changes: number;
  /** The first of the consecutive ids given to the rows of an INSERT into a table with generated ids. */
  firstId: number;
  /** Distance of those ids; 1 where it is not given. */
  idStep?: number;
}

export interface Connection {
  query(text: string, params: readonly Value[]): Promise<Row[]>;
  execute(text: string, params: readonly Value[]): Promise<Outcome>;
  /** Writes rows, in as many statements as that takes; each outcome is that of the next so many rows. */
  write(text: RowsText, rows: Rows): Promise<Outcome[]>;
  /** Has the database check a statement without running it. */
  describe(text: string): Promise<{ columns: string[]; params: number }>;
}

export interface Driver {
  /** What the database is, for people: `embedded store`, `MariaDB 10.11.14`. */
  readonly product: string;
  readonly dialect: Dialect;
  /** Sees what is committed, nothing else. */
  readonly reads: Connection;
  /**
   * One write transaction; durable once it resolves. Several calls at once wait for each other, or run the work again when the
   * database finds them in each other's way.
   */
  transaction<T>(work: (connection: Connection) => Promise<T>): Promise<T>;
  /** The database's clock, epoch milliseconds. */
  now(connection: Connection): Promise<number>;
  /** Whether other processes may use the same database: then slots are leased. */
  readonly shared: boolean;
  /** Waits for the transactions under way, then closes. Closing twice is harmless. */
  close(): Promise<void>;
}

/** The fragments in which databases differ. */
export interface Dialect {
  readonly name: 'sqlite' | 'mysql';
  /** `column in (the list)`. */
  inList(column: SQL | MySqlColumn, list: Placeholder): SQL;
  /** `(columns) in (the list of tuples)`. */
  inTuples(columns: MySqlColumn[], list: Placeholder): SQL;
  /** After a table in FROM: read it along this index. */
  index(name: string): SQL;
  /** Among how many rows a counter is spread. */
  counterShards: number;
  /** Ends a SELECT whose rows are to stay as read until the transaction ends. */
  lock: SQL;
  /** The same where others may read so, too, but not write. */
  share: SQL;
  /** Ends an INSERT: rows whose key exists are left as they are. */
  orIgnore(table: MySqlTable): SQL;
  /** Ends an INSERT: rows whose `key` exists get these assignments. */
  orUpdate(key: MySqlColumn[], assignments: [MySqlColumn, SQL][]): SQL;
  /** In an assignment of `orUpdate`: the value that was to be inserted. */
  proposed(column: MySqlColumn): SQL;
  /** The text in which attributes are kept. */
  json(value: Json): string;
  /** Updates many rows by id, each to values of its own. */
  updateRows(update: RowUpdate): RowsText;
  /** How this database runs a segment's SELECT. */
  readonly segments: SegmentDialect;
}

export interface RowUpdate {
  table: MySqlTable;
  key: MySqlColumn;
  columns: MySqlColumn[];
  /** What a column is set to, given the new value, when not just that. */
  adjust?: { column: MySqlColumn; to: (value: SQL) => SQL }[];
}

/** A statement over any number of rows: `head`, then `row`, with a `?` for each value, for each separated by commas, then `tail`. */
export interface RowsText {
  head: string;
  row: string;
  tail: string;
}

/** A segment's SELECT made ready for this database. */
export interface AdaptedSegment {
  text: string;
  params: Value[];
  facts: QueryFacts;
  /** The SELECT as a whole has a LIMIT. */
  isLimited: boolean;
}

export interface SegmentDialect {
  /** Throws `invalid_config` or `store_unsupported` with the reason when this database cannot run it. */
  adapt(segment: { id: string; sql: string; params: unknown[] }): AdaptedSegment;
  /** The ids that the segment selects among those of a list parameter, as column `id`. */
  among(segment: AdaptedSegment, ownRowsOnly: boolean, userIds: readonly string[]): Statement;
  /** The first `limit` rows of a query of `columns` columns, named c0, c1, …, as if this were the only user. */
  aboutUser(query: AdaptedSegment, about: { userId: string; columns: number; limit: number }): Statement;
  /** Everyone is compared page by page, so that others get their turn in between. */
  readonly paged: boolean;
  /** Everyone the segment selects, as column `id`. */
  everyone(segment: AdaptedSegment): Statement;
}

export interface Statement {
  text: string;
  params: readonly Value[];
}
