/** The type that MySQL gives an expression before it looks at any row. */
export type SqlType =
  | { kind: 'null' }
  /** TRUE, FALSE, comparisons and logic: the integers 1 and 0, but JSON's true and false where JSON is compared. */
  | { kind: 'boolean' }
  | { kind: 'integer'; unsigned?: boolean }
  /** Exact. `scale` digits of at most `precision` are behind the point. */
  | { kind: 'decimal'; precision: number; scale: number }
  | { kind: 'double' }
  | { kind: 'text'; collation: Collation; coercibility: Coercibility }
  /** `fsp`: digits of a second, 0 to 6. */
  | { kind: 'datetime'; fsp: number }
  | { kind: 'date' }
  | { kind: 'time'; fsp: number }
  /** What the value is, only the row says: null, number, string, object, array or boolean. */
  | { kind: 'json' }
  /** Nothing is known: a printer converts by the value at run time, or refuses. */
  | { kind: 'unknown' };

/**
 * How texts are compared. `connection` is that of literals, parameters, and of what is made of them: by code point with case and accents,
 * and without padding (utf8mb4_0900_as_cs). `utf8mb4_bin`, of Segflow's columns and of text out of JSON, is padded: 'pro' = 'pro '.
 */
export type Collation =
  | 'connection'
  | 'utf8mb4_bin'
  | 'utf8mb4_0900_bin'
  | 'binary'
  /** Named with COLLATE, in lower case. */
  | `utf8mb4_${string}`;

/**
 * Which collation wins, lowest first, as MySQL numbers them: 0 COLLATE, 1 a mixture of different ones, 2 a column, 3 a function of the system,
 * 4 a literal or a parameter, 5 a number or a time as text, 6 NULL.
 */
export type Coercibility = 0 | 1 | 2 | 3 | 4 | 5 | 6;

export const UNKNOWN: SqlType = { kind: 'unknown' };
