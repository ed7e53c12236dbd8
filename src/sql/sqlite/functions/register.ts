import type { Database } from 'bun:sqlite';
import type { Arg } from '../values/arg.ts';
import { aggregates } from './aggregates.ts';
import { jsonFunctions } from './json-functions.ts';
import { numberFunctions } from './number-functions.ts';
import { regexpFunctions } from './regexp-functions.ts';
import type { Result, SqlFunction } from './registry.ts';
import { stringFunctions } from './string-functions.ts';
import { timeFunctions } from './time-functions.ts';

/** Registers the functions that printed queries call. The time is `now`, in epoch milliseconds. */
export function registerFunctions(db: Database, now: () => number): void {
  const functions = {
    ...stringFunctions,
    ...regexpFunctions,
    ...numberFunctions,
    ...jsonFunctions,
    ...timeFunctions(now),
  };
  for (const [name, definition] of Object.entries(functions)) {
    const [least, most] =
      typeof definition.arity === 'number' ? [definition.arity, definition.arity] : definition.arity;
    // Deterministic: SQLite calls the function once per run if its arguments are constant, so one
    // statement sees one time.
    if (most > 4) {
      db.function(name, { varargs: true, deterministic: true }, adapted(definition, most));
    } else {
      for (let count = least; count <= most; count++) {
        db.function(name, { deterministic: true }, adapted(definition, count));
      }
    }
  }
  db.function('my_rand', () => Math.random());
  for (const [name, { start, step, result }] of Object.entries(aggregates)) {
    db.aggregate<unknown>(name, {
      deterministic: true,
      start,
      step: (state, value: Arg) => step(state, value),
      result: (state) => result(state) ?? null,
    });
  }
}

type Callable = (...args: Arg[]) => Result;

/** bun:sqlite takes the number of arguments from the function's length. */
function adapted({ run, takesNull }: SqlFunction, count: number): Callable {
  switch (count) {
    case 0:
      return () => run();
    case 1:
      return takesNull ? (a) => run(a as Arg) : (a) => (a === null ? null : run(a as Arg));
    case 2:
      return takesNull
        ? (a, b) => run(a as Arg, b as Arg)
        : (a, b) => (a === null || b === null ? null : run(a as Arg, b as Arg));
    case 3:
      return takesNull
        ? (a, b, c) => run(a as Arg, b as Arg, c as Arg)
        : (a, b, c) => (a === null || b === null || c === null ? null : run(a as Arg, b as Arg, c as Arg));
    case 4:
      return takesNull
        ? (a, b, c, d) => run(a as Arg, b as Arg, c as Arg, d as Arg)
        : (a, b, c, d) =>
            a === null || b === null || c === null || d === null
              ? null
              : run(a as Arg, b as Arg, c as Arg, d as Arg);
    default:
      return takesNull ? run : (...args) => (args.includes(null) ? null : run(...args));
  }
}
