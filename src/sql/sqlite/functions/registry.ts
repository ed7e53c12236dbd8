import type { Arg } from '../values/arg.ts';

export type Result = string | number | bigint | null | undefined;

/**
 * A function that the printer calls. NULL arrives as null; a result of null or undefined is NULL.
 */
export interface SqlFunction {
  /** Number of arguments, or [minimum, maximum]. */
  arity: number | [number, number];
  run(...args: Arg[]): Result;
  /**
   * Calls the function for NULL too. Otherwise NULL in any argument gives NULL, as in nearly all
   * MySQL functions.
   */
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
  // The printer passes values of the types that each function declares.
  return { arity, run: run as SqlFunction['run'], ...options };
}

/** Like `fn`, for an aggregate. */
export function aggregate<State>(definition: {
  start(): State;
  step(state: State, value: Arg): State;
  result(state: State): Result;
}): SqlAggregate {
  // SQLite passes each step the state that `start` or the previous step returned.
  return definition as SqlAggregate;
}
