import type { Arg } from '../values/arg.ts';

export type Result = string | number | bigint | null | undefined;

/** A function that the printer calls. NULL arrives as null; null and undefined are NULL. */
export interface SqlFunction {
  /** Number of arguments, or [least, most]. */
  arity: number | [number, number];
  run(...args: Arg[]): Result;
  /** The function is called for NULL too. Without this, NULL in any argument gives NULL, as with nearly all of MySQL's functions. */
  takesNull?: boolean;
}

export type Functions = Record<string, SqlFunction>;

/** An aggregate of one argument; NULL arrives as null. */
export interface SqlAggregate<State = unknown> {
  start(): State;
  step(state: State, value: Arg): State;
  result(state: State): Result;
}

export type Aggregates = Record<string, SqlAggregate>;

export function fn(
  arity: SqlFunction['arity'],
  run: (...args: never[]) => Result,
  options: { takesNull?: boolean } = {},
): SqlFunction {
  // The printer gives each function values of the types that it declares.
  return { arity, run: run as SqlFunction['run'], ...options };
}

/** Like `fn`, for an aggregate. */
export function aggregate<State>(definition: {
  start(): State;
  step(state: State, value: Arg): State;
  result(state: State): Result;
}): SqlAggregate {
  // SQLite gives each step the state that `start` or the step before returned.
  return definition as SqlAggregate;
}
