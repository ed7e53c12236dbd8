/** A MySQL function as SQLite calls it. NULL arrives as null; what is undefined or null is NULL. */
export interface SqlFunction {
  /** Number of arguments, or [least, most]. */
  arity: number | [number, number];
  run(...args: Arg[]): string | number | null | undefined;
  /** The function is called for NULL too; without this, NULL in any argument gives NULL, as with nearly all of MySQL's. */
  takesNull?: boolean;
}

export type Arg = string | number | null | Uint8Array;

export type Functions = Record<string, SqlFunction>;

export function fn(
  arity: SqlFunction['arity'],
  run: SqlFunction['run'],
  options: { takesNull?: boolean } = {},
): SqlFunction {
  return { arity, run, ...options };
}

/** Text of a value, as MySQL writes it. */
export function text(value: Arg): string {
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  return String(value);
}

/** A value as a number: of text, as far as it begins with one, else 0. */
export function num(value: Arg): number {
  if (typeof value === 'number') return value;
  const found = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?/i.exec(text(value));
  return found ? Number(found[0]) : 0;
}
