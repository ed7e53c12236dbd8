import type { Placeholder, SQL } from 'drizzle-orm';
import type { MySqlColumn, MySqlTable } from 'drizzle-orm/mysql-core';
import type { Json } from '../../core/json.ts';
import type { QueryFacts } from '../../sql/facts/query-facts.ts';

/*
 * The interface that the statements need from a database. Statements are written once, with
 * Drizzle's `sql` template and the tables of the schema, and rendered to text with `?` parameters;
 * a driver runs that text. Where databases differ in syntax, the statement asks the driver's
 * dialect for a fragment.
 */

export type Scalar = string | number | null | Uint8Array;
/** A parameter. Lists occur only where the statement used the dialect's `inList` or `inTuples`. */
export type Value = Scalar | readonly Scalar[] | readonly (readonly Scalar[])[];
export type Row = Record<string, Scalar>;
export type Rows = readonly (readonly Scalar[])[];

export interface Outcome {
  /** Rows inserted, updated or deleted. */
  changes: number;
  /** The first of the consecutive ids that an INSERT into a table with generated ids was given. */
  firstId: number;
  /** The distance between those ids. Default: 1. */
  idStep?: number;
}

export interface Connection {
  query(text: string, params: readonly Value[]): Promise<Row[]>;
  execute(text: string, params: readonly Value[]): Promise<Outcome>;
  /** Writes rows in as many statements as needed. Each outcome covers the next rows, in order. */
  write(text: RowsText, rows: Rows): Promise<Outcome[]>;
  /** Makes the database check a statement without running it. */
  describe(text: string): Promise<{ columns: string[]; params: number }>;
}

export interface Driver {
  /** The database's name for people: `embedded store`, `MariaDB 10.11.14`. */
  readonly product: string;
  readonly dialect: Dialect;
  /** Reads committed data only. */
  readonly reads: Connection;
  /**
   * One write transaction, durable once it resolves. Concurrent calls wait for each other, or run
   * their work again when the database detects a conflict.
   */
  transaction<T>(work: (connection: Connection) => Promise<T>): Promise<T>;
  /** The database's clock, epoch milliseconds. */
  now(connection: Connection): Promise<number>;
  /** Whether other processes may use the same database. If so, slots are leased. */
  readonly shared: boolean;
  /** Waits for the running transactions, then closes. Closing twice is harmless. */
  close(): Promise<void>;
}

/** The SQL fragments in which databases differ. */
export interface Dialect {
  readonly name: 'sqlite' | 'mysql';
  /** `column in (the list)`. */
  inList(column: SQL | MySqlColumn, list: Placeholder): SQL;
  /** `(columns) in (the list of tuples)`. */
  inTuples(columns: MySqlColumn[], list: Placeholder): SQL;
  /** After a table in FROM: forces this index. */
  index(name: string): SQL;
  /** The number of rows (shards) that a counter is spread over. */
  counterShards: number;
  /** Ends a SELECT and locks its rows until the transaction ends. */
  lock: SQL;
  /**
   * The same, but shared: other transactions may take the same lock, and none may write the rows.
   */
  share: SQL;
  /** Ends an INSERT: existing rows are left unchanged. */
  orIgnore(table: MySqlTable): SQL;
  /** Ends an INSERT: rows whose `key` already exists get these assignments. */
  orUpdate(key: MySqlColumn[], assignments: [MySqlColumn, SQL][]): SQL;
  /** In an assignment of `orUpdate`: the value that the INSERT had for the column. */
  proposed(column: MySqlColumn): SQL;
  /** The text that attributes are stored as. */
  json(value: Json): string;
  /** Updates many rows by id, each with its own values. */
  updateRows(update: RowUpdate): RowsText;
  /** Adapts a segment's SELECT to this database. */
  readonly segments: SegmentDialect;
}

export interface RowUpdate {
  table: MySqlTable;
  key: MySqlColumn;
  columns: MySqlColumn[];
  /** The expression that a column is set to, given the new value. Default: the new value. */
  adjust?: { column: MySqlColumn; to: (value: SQL) => SQL }[];
}

/**
 * A statement over any number of rows: `head`, then one `row` for each row (with a `?` for each
 * value), separated by commas, then `tail`.
 */
export interface RowsText {
  head: string;
  row: string;
  tail: string;
}

/** A segment's SELECT, adapted to this database. */
export interface AdaptedSegment {
  text: string;
  params: Value[];
  facts: QueryFacts;
  /** The outermost SELECT has a LIMIT. */
  isLimited: boolean;
}

export interface SegmentDialect {
  /**
   * Throws `invalid_config` or `store_unsupported`, with the reason, when this database cannot run
   * the SELECT.
   */
  adapt(segment: { id: string; sql: string; params: unknown[] }): AdaptedSegment;
  /** The selected ids among those of a list parameter, as column `id`. */
  among(segment: AdaptedSegment, ownRowsOnly: boolean, userIds: readonly string[]): Statement;
  /**
   * The first `limit` rows of a query of `columns` columns, named c0, c1, …, as if the database
   * held only this user.
   */
  aboutUser(query: AdaptedSegment, about: { userId: string; columns: number; limit: number }): Statement;
  /** The whole segment is compared page by page, so that other work runs in between. */
  readonly paged: boolean;
  /** All users that the segment selects, as column `id`. */
  everyone(segment: AdaptedSegment): Statement;
}

export interface Statement {
  text: string;
  params: readonly Value[];
}
