/** A value as SQLite gives it to a function: booleans are 1 and 0, and everything else is one of these. */
export type Arg = string | number | null | Uint8Array;
