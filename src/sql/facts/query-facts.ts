import type { ComparisonOperator, Unit } from '../ast.ts';

/** What the rest of Segflow needs to know of a query. Plain JSON: kept in the manifest of a deployment. */
export interface QueryFacts {
  /** Grows when facts are added or found otherwise: those of an older version are found again from the SQL. */
  version: number;
  /** Segflow's tables that it reads, by name. */
  tables: string[];
  /** Only events of these names can change what it selects; undefined: events of any name. */
  eventNames?: string[];
  /** Whether a user's membership depends on that user's own rows alone. When false it is evaluated whole. */
  ownRowsOnly: boolean;
  clock: ClockUse[];
  paths: PathUse[];
  compared: Compared[];
}

/** A place where the query looks at the time, or at chance. */
export interface ClockUse {
  /** The place in the SQL, shortened. */
  excerpt: string;
  /**
   * The place compares a column with the clock: it changes for a row at the moment when the clock, with the offset, passes the
   * column's value, and at no other.
   */
  boundary?: Boundary;
}

/** `column op clock + offset`. */
export interface Boundary {
  table: string;
  column: string;
  /** Of several rows the last or the first is compared. */
  aggregate?: 'max' | 'min';
  op: ComparisonOperator;
  /** `date` is midnight. */
  clock: 'now' | 'date';
  /** Added one after the other. */
  offset: { amount: number; unit: Unit }[];
}

/** A column, or a value in a JSON column. */
export interface Place {
  table: string;
  column: string;
  /** Of a JSON column, such as `$.plan`. */
  path?: string;
  /** The innermost aggregate that it stands in: `sum`, `max`, … */
  aggregate?: string;
  /** Of the table `events`: the names of the events it is read from; undefined: any. */
  events?: string[];
}

/** A JSON path that is read. */
export type PathUse = Place & { path: string };

/** A place that is compared with a constant. */
export interface Compared extends Place {
  op: ComparisonOperator;
  value: string | number | boolean;
}
