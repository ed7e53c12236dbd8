/**
 * A value that SQLite passes to a function: booleans are 1 and 0, other values are one of these
 * types.
 */
export type Arg = string | number | null | Uint8Array;
