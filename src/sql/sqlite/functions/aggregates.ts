import type { Arg } from '../values/arg.ts';
import { comparePadded } from '../values/collation.ts';
import { add, compareDecimals, type Decimal, store, toDecimal } from '../values/decimal.ts';
import { compareJson, type Json, parseJson } from '../values/json-value.ts';
import { roundToInteger, toDouble, toInteger } from '../values/number-text.ts';
import { type Aggregates, aggregate } from './registry.ts';

/**
 * Aggregates that SQLite lacks or computes differently. They cannot have OVER, where the printer
 * uses SQLite's own.
 */
export const aggregates: Aggregates = {
  // Of doubles, in the order of the rows.
  my_sum: aggregate<number | null>({
    start: () => null,
    step: (sum, value) =>
      value === null ? sum : (sum ?? 0) + (typeof value === 'number' ? value : toDouble(String(value))),
    result: (sum) => sum,
  }),
  // Of integers and DECIMAL.
  my_dec_sum: aggregate<number | Decimal | null>({
    start: () => null,
    step(sum, value) {
      if (value === null) return sum;
      if (sum === null)
        return typeof value === 'number' && Number.isSafeInteger(value) ? value : toDecimal(value);
      if (typeof sum === 'number') {
        if (typeof value === 'number') {
          const next = sum + value;
          if (Number.isSafeInteger(next)) return next;
        }
        return add(toDecimal(sum), toDecimal(value));
      }
      return add(sum, toDecimal(value));
    },
    result: (sum) => (sum === null || typeof sum === 'number' ? sum : store(sum)),
  }),
  my_dec_max: decimalExtreme(1),
  my_dec_min: decimalExtreme(-1),
  my_text_max: textExtreme(1),
  my_text_min: textExtreme(-1),
  my_json_max: jsonExtreme(1),
  my_json_min: jsonExtreme(-1),
  my_var_pop: variance({ sample: 0, root: false }),
  my_var_samp: variance({ sample: 1, root: false }),
  my_stddev_pop: variance({ sample: 0, root: true }),
  my_stddev_samp: variance({ sample: 1, root: true }),
  my_bit_and_all: bitwise(0xffff_ffff_ffff_ffffn, (a, b) => a & b),
  my_bit_or_all: bitwise(0n, (a, b) => a | b),
  my_bit_xor_all: bitwise(0n, (a, b) => a ^ b),
  // Of JSON texts.
  my_json_arrayagg: aggregate<string[] | null>({
    start: () => null,
    step(items, value) {
      const list = items ?? [];
      list.push(value === null ? 'null' : String(value));
      return list;
    },
    result: (items) => (items === null ? null : `[${items.join(',')}]`),
  }),
  // Of JSON arrays of a key and a value.
  my_json_objectagg: aggregate<Record<string, Json> | null>({
    start: () => null,
    step(pairs, value) {
      const [key, item] = parseJson(String(value)) as [Json, Json];
      const object = pairs ?? {};
      object[String(key)] = item;
      return object;
    },
    result: (pairs) => (pairs === null ? null : JSON.stringify(pairs)),
  }),
};

function decimalExtreme(sign: number) {
  return aggregate<{ value: Arg; size: number } | null>({
    start: () => null,
    step(best, value) {
      if (value === null) return best;
      // Doubles sort like the decimals, and decide all but the closest comparisons.
      const size = Number(value);
      if (best === null || (size - best.size) * sign > 0) return { value, size };
      if (size !== best.size) return best;
      return compareDecimals(toDecimal(value), toDecimal(best.value)) * sign > 0 ? { value, size } : best;
    },
    result: (best) => (best === null ? null : (best.value as string | number)),
  });
}

/** Of texts that are padded with spaces (utf8mb4_bin). */
function textExtreme(sign: number) {
  return aggregate<string | null>({
    start: () => null,
    step: (best, value) =>
      value === null || (best !== null && comparePadded(String(value), best) * sign <= 0)
        ? best
        : String(value),
    result: (best) => best,
  });
}

function jsonExtreme(sign: number) {
  return aggregate<{ text: string; value: Json } | null>({
    start: () => null,
    step(best, text) {
      const value = text === null ? undefined : parseJson(String(text));
      if (value === undefined) return best;
      return best !== null && compareJson(value, best.value) * sign <= 0
        ? best
        : { text: String(text), value };
    },
    result: (best) => best?.text ?? null,
  });
}

interface Moments {
  count: number;
  mean: number;
  squares: number;
}

/** Welford's algorithm: one pass, without subtracting large sums. */
function variance({ sample, root }: { sample: number; root: boolean }) {
  return aggregate<Moments>({
    start: () => ({ count: 0, mean: 0, squares: 0 }),
    step(moments, value) {
      if (value === null) return moments;
      const count = moments.count + 1;
      const delta = Number(value) - moments.mean;
      const mean = moments.mean + delta / count;
      return { count, mean, squares: moments.squares + delta * (Number(value) - mean) };
    },
    result({ count, squares }) {
      if (count <= sample) return null;
      const result = squares / (count - sample);
      return root ? Math.sqrt(result) : result;
    },
  });
}

function bitwise(start: bigint, combine: (a: bigint, b: bigint) => bigint) {
  return aggregate<bigint>({
    start: () => start,
    step(bits, value) {
      if (value === null) return bits;
      const whole = typeof value === 'number' ? roundToInteger(value) : toInteger(String(value));
      return combine(bits, BigInt.asUintN(64, BigInt(whole)));
    },
    result: (bits) => (bits > 9223372036854775807n ? String(bits) : bits),
  });
}
