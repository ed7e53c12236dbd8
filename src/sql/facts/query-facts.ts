import type { ComparisonOperator, Unit } from '../ast.ts';

/**
 * What the rest of Segflow needs to know about a query. Plain JSON, stored in a deployment's
 * manifest.
 */
export interface QueryFacts {
  /**
   * Increased when the analysis changes. Facts of an older version are computed again from the SQL.
   */
  version: number;
  /** Names of the Segflow tables that the query reads. */
  tables: string[];
  /** Only events with these names can change the result; undefined: events of any name. */
  eventNames?: string[];
  /**
   * Whether a user's membership depends on this user's own rows alone. When false, the segment is
   * evaluated for all users at once.
   */
  ownRowsOnly: boolean;
  clock: ClockUse[];
  paths: PathUse[];
  compared: Compared[];
}

/** A place where the query reads the time or a random value. */
export interface ClockUse {
  /** The SQL at this place, shortened. */
  excerpt: string;
  /**
   * Set when the place compares a column with the clock. The result for a row then changes at one
   * moment only: when the clock plus the offset passes the column's value.
   */
  boundary?: Boundary;
}

/** `column op clock + offset`. */
export interface Boundary {
  table: string;
  column: string;
  /** Compares the last or the first of several rows. */
  aggregate?: 'max' | 'min';
  op: ComparisonOperator;
  /** `date` is midnight. */
  clock: 'now' | 'date';
  /** Added in this order. */
  offset: { amount: number; unit: Unit }[];
}

/** A column, or a value in a JSON column. */
export interface Place {
  table: string;
  column: string;
  /** In a JSON column, such as `$.plan`. */
  path?: string;
  /** The innermost aggregate around the place: `sum`, `max`, … */
  aggregate?: string;
  /** For the table `events`: the names of the events that are read; undefined: any. */
  events?: string[];
}

/** A JSON path that the query reads. */
export type PathUse = Place & { path: string };

/** A place that the query compares with a constant. */
export interface Compared extends Place {
  op: ComparisonOperator;
  value: string | number | boolean;
}
