import type { Database } from 'bun:sqlite';
import type { Clock } from '../../core/clock.ts';
import { jsonFunctions } from '../dialect/functions/json.ts';
import { numberFunctions } from '../dialect/functions/numbers.ts';
import type { Arg, SqlFunction } from '../dialect/functions/registry.ts';
import { stringFunctions } from '../dialect/functions/strings.ts';
import { timeFunctions } from '../dialect/functions/times.ts';

/** Gives the connection MySQL's functions that SQLite lacks or computes otherwise. The time is the clock's. */
export function registerFunctions(db: Database, clock: Clock): void {
  const functions = {
    ...stringFunctions,
    ...numberFunctions,
    ...jsonFunctions,
    ...timeFunctions(() => clock.now()),
  };
  for (const [name, definition] of Object.entries(functions)) {
    const [least, most] =
      typeof definition.arity === 'number' ? [definition.arity, definition.arity] : definition.arity;
    if (most > 3) {
      db.function(name, { varargs: true, deterministic: true }, adapted(definition, most));
    } else {
      // Deterministic: SQLite calls it once a run when the arguments are constant, so that one statement sees one time.
      for (let count = least; count <= most; count++) {
        db.function(name, { deterministic: true }, adapted(definition, count));
      }
    }
  }
  db.function('rand', () => Math.random());
  for (const [name, sample, root] of [
    ['var_pop', 0, false],
    ['var_samp', 1, false],
    ['stddev_pop', 0, true],
    ['stddev_samp', 1, true],
  ] as const) {
    db.aggregate<Moments>(name, {
      deterministic: true,
      start: () => ({ count: 0, mean: 0, squares: 0 }),
      step: (moments, value: Arg) => accumulate(moments, value),
      result: (moments) => {
        const { count, squares } = moments;
        if (count <= sample) return null;
        const variance = squares / (count - sample);
        return root ? Math.sqrt(variance) : variance;
      },
    });
  }
}

interface Moments {
  count: number;
  mean: number;
  squares: number;
}

/** Welford's algorithm: one pass, without subtracting large sums. */
function accumulate(moments: Moments, value: Arg): Moments {
  if (value === null) return moments;
  const x = Number(value);
  const count = moments.count + 1;
  const delta = x - moments.mean;
  const mean = moments.mean + delta / count;
  return { count, mean, squares: moments.squares + delta * (x - mean) };
}

type Callable = (...args: Arg[]) => string | number | null | undefined;

/** bun:sqlite takes the number of arguments from the function's length. */
function adapted({ run, takesNull }: SqlFunction, count: number): Callable {
  const guarded: Callable = takesNull ? run : (...args) => (args.includes(null) ? null : run(...args));
  switch (count) {
    case 0:
      return () => guarded();
    case 1:
      return (a) => guarded(a as Arg);
    case 2:
      return (a, b) => guarded(a as Arg, b as Arg);
    case 3:
      return (a, b, c) => guarded(a as Arg, b as Arg, c as Arg);
    default:
      return guarded;
  }
}
