/** The type that MySQL gives an expression before reading any row. */
export type SqlType =
  | { kind: 'null' }
  /**
   * TRUE, FALSE, comparisons and logic: the integers 1 and 0, but JSON's true and false in
   * comparisons with JSON.
   */
  | { kind: 'boolean' }
  | { kind: 'integer'; unsigned?: boolean }
  /** Exact. At most `precision` digits, `scale` of them after the point. */
  | { kind: 'decimal'; precision: number; scale: number }
  | { kind: 'double' }
  | { kind: 'text'; collation: Collation; coercibility: Coercibility }
  /** `fsp`: digits of a second, 0 to 6. */
  | { kind: 'datetime'; fsp: number }
  | { kind: 'date' }
  | { kind: 'time'; fsp: number }
  /** Each row decides the type of the value: null, number, string, object, array or boolean. */
  | { kind: 'json' }
  /** Nothing is known: a printer converts by the value at run time, or refuses. */
  | { kind: 'unknown' };

/**
 * How texts are compared. `connection` is the collation of literals, parameters, and texts made of
 * them: by code point with case and accents, not padded (utf8mb4_0900_as_cs). `utf8mb4_bin`, the
 * collation of Segflow's columns and of text from JSON, is padded: 'pro' = 'pro '.
 */
export type Collation =
  | 'connection'
  | 'utf8mb4_bin'
  | 'utf8mb4_0900_bin'
  | 'binary'
  /** Named with COLLATE, in lower case. */
  | `utf8mb4_${string}`;

/**
 * Which collation wins: the lowest number, as MySQL counts them. 0 COLLATE, 1 a mixture of
 * different collations, 2 a column, 3 a system function, 4 a literal or a parameter, 5 a number or
 * a time as text, 6 NULL.
 */
export type Coercibility = 0 | 1 | 2 | 3 | 4 | 5 | 6;

export const UNKNOWN: SqlType = { kind: 'unknown' };
