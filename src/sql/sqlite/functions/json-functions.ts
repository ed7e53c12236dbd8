import type { Arg } from '../values/arg.ts';
import { store, toDecimal } from '../values/decimal.ts';
import { changed, mergePatch, mergePreserve, removed } from '../values/json-change.ts';
import { isPattern, pathLegs, valueAt, valuesAt } from '../values/json-path.ts';
import { searchJson } from '../values/json-search.ts';
import {
  compareJson,
  isObject,
  type Json,
  JsonTime,
  jsonKey,
  jsonNumber,
  jsonOrderKey,
  parseJson,
  showStored,
  storeDoubleJson,
  storeJson,
  timeAsJson,
  unquoted,
} from '../values/json-value.ts';
import { toFuzzyMoment } from '../values/moment.ts';
import { roundToInteger, toInteger } from '../values/number-text.ts';
import { isWholeTime } from '../values/time-of-day.ts';
import { type Functions, fn, type Result } from './registry.ts';

/**
 * JSON functions. Documents and values arrive as JSON text. Invalid JSON text, an error in MySQL,
 * gives NULL.
 */
export const jsonFunctions: Functions = {
  // Conversions
  my_json_parse: fn(1, (text: string) => map(text, storeJson)),
  my_json_string: fn(1, (text: Arg) => JSON.stringify(String(text))),
  my_json_double: fn(1, (value: number) => storeDoubleJson(value)),
  my_json_time: fn(2, (kind: JsonTime['kind'], text: string) => timeAsJson(kind, text)),
  my_json_text: fn(1, (doc: string) => showStored(String(doc))),
  my_json_unquote: fn(1, (doc: string) => unquoted(String(doc))),
  my_text_unquote: fn(1, (text: string) => {
    if (!text.startsWith('"') || !text.endsWith('"') || text.length < 2) return text;
    const value = parseJson(text);
    return typeof value === 'string' ? value : null;
  }),
  my_json_number: fn(1, (doc: string) => map(doc, jsonNumber)),
  my_json_integer: fn(1, (doc: string) =>
    map(doc, (value) => (typeof value === 'string' ? toInteger(value) : roundToInteger(jsonNumber(value)))),
  ),
  my_json_decimal: fn(1, (doc: string) =>
    map(doc, (value) => store(toDecimal(typeof value === 'string' ? value : jsonNumber(value)))),
  ),
  // A string counts as a date, or as a time, only as a whole; numbers can be times but not dates.
  my_json_date: fn(1, (doc: string) =>
    map(doc, (value) => {
      if (typeof value === 'string') return toFuzzyMoment(value)?.truncated ? '' : value;
      return value instanceof JsonTime ? value.text : '';
    }),
  ),
  my_json_clock: fn(1, (doc: string) =>
    map(doc, (value) => {
      if (typeof value === 'string') return value.includes(':') && isWholeTime(value) ? value : '';
      if (typeof value === 'number') return value;
      return value instanceof JsonTime ? value.text : '';
    }),
  ),
  // A JSON value as a condition is compared with the number 0, so only 0 is false.
  my_json_truth: fn(1, (doc: string) => map(doc, (value) => (value === 0 ? 0 : 1))),

  // Comparison
  my_json_cmp: fn(2, (a: string, b: string) =>
    map(a, (x) => map(b, (y) => Math.sign(compareJson(x, y)) + 0)),
  ),
  my_json_key: fn(1, (doc: string) => map(doc, jsonKey)),
  my_json_order: fn(1, (doc: string) => map(doc, jsonOrderKey)),

  // Reading
  my_extract_path: fn(2, (doc: string, path: string) => extract(doc, [path])),
  my_json_extract: fn([2, 100], (doc: string, ...paths: string[]) => extract(doc, paths)),
  my_json_value: fn(2, (doc: string, path: string) => {
    const found = at(doc, path);
    if (found === undefined || found === null) return null;
    const text = unquoted(storeJson(found));
    // The result is a VARCHAR(512).
    return [...text].length > 512 ? null : text;
  }),
  my_json_contains: fn([2, 3], (doc: string, candidate: string, path?: string) =>
    map(candidate, (wanted) => {
      const within = path === undefined ? parseJson(doc) : at(doc, path);
      return within === undefined ? null : Number(contains(within, wanted));
    }),
  ),
  my_json_contains_path: fn([3, 100], (doc: string, mode: string, ...paths: string[]) =>
    map(doc, (value) => {
      const has = (path: string) => {
        const legs = pathLegs(path);
        return legs !== undefined && valuesAt(value, legs).length > 0;
      };
      return Number(mode.toLowerCase() === 'all' ? paths.every(has) : paths.some(has));
    }),
  ),
  my_json_overlaps: fn(2, (a: string, b: string) => map(a, (x) => map(b, (y) => Number(overlaps(x, y))))),
  my_member_of: fn(2, (value: string, array: string) =>
    map(value, (wanted) =>
      map(array, (items) => Number(list(items).some((item) => compareJson(item, wanted) === 0))),
    ),
  ),
  my_json_length: fn([1, 2], (doc: string, path?: string) => {
    const found = path === undefined ? parseJson(doc) : at(doc, path);
    if (found === undefined) return null;
    return Array.isArray(found) ? found.length : isObject(found) ? Object.keys(found).length : 1;
  }),
  my_json_keys: fn([1, 2], (doc: string, path?: string) => {
    const found = path === undefined ? parseJson(doc) : at(doc, path);
    return found !== undefined && isObject(found) ? storeJson(Object.keys(found).sort()) : null;
  }),
  my_json_depth: fn(1, (doc: string) => map(doc, depth)),
  my_json_type: fn(1, (doc: string) => map(doc, (value) => typeName(value, doc))),
  my_json_valid: fn(1, (text: Arg) => (typeof text === 'string' && parseJson(text) !== undefined ? 1 : 0)),
  my_json_search: fn(
    [3, 100],
    (doc: string | null, mode: string | null, pattern: string | null, ...rest: Arg[]) => {
      const [escapedBy, ...paths] = rest;
      if (doc === null || mode === null || pattern === null || paths.includes(null)) return null;
      return map(doc, (value) => {
        const found = searchJson(value, {
          ...{ mode, pattern, escapedBy: String(escapedBy ?? '\\'), paths: paths.map(String) },
        });
        return found === undefined ? null : storeJson(found);
      });
    },
    { takesNull: true },
  ),

  // Making
  my_json_array: fn([0, 100], (...items: (string | null)[]) => `[${items.map(nested).join(',')}]`, {
    takesNull: true,
  }),
  my_json_object: fn(
    [0, 100],
    (...items: (string | null)[]) => {
      const pairs: Record<string, Json> = {};
      for (let i = 0; i < items.length; i += 2) {
        if (items[i] === null) return null;
        pairs[String(items[i])] = parseJson(nested(items[i + 1]!)) ?? null;
      }
      return storeJson(pairs);
    },
    { takesNull: true },
  ),
  // A patch that is not an object replaces even NULL.
  my_json_merge_patch: fn(
    [2, 100],
    (...docs: (string | null)[]) => {
      let result: Json | undefined;
      for (const [index, doc] of docs.entries()) {
        const patch = doc === null ? undefined : parseJson(doc);
        if (index === 0 || patch === undefined || !isObject(patch)) result = patch;
        else if (result !== undefined) result = mergePatch(result, patch);
      }
      return result === undefined ? null : storeJson(result);
    },
    { takesNull: true },
  ),
  my_json_merge_preserve: fn([2, 100], (...docs: string[]) => merged(docs, mergePreserve)),
  my_json_set: changing('set'),
  my_json_insert: changing('insert'),
  my_json_replace: changing('replace'),
  my_json_array_append: changing('append'),
  my_json_remove: fn([2, 100], (doc: string, ...paths: string[]) =>
    map(doc, (value) => {
      let result = value;
      for (const path of paths) {
        const legs = pathLegs(path);
        if (legs === undefined || isPattern(legs) || legs.length === 0) return null;
        result = removed(result, legs);
      }
      return storeJson(result);
    }),
  ),
};

function map(text: string | number, use: (value: Json) => Result): Result {
  const value = parseJson(String(text));
  return value === undefined ? null : use(value);
}

/** JSON inside JSON; NULL becomes null. */
function nested(item: string | null): string {
  if (item === null) return 'null';
  const value = item.startsWith('\u0001') ? parseJson(item) : undefined;
  return value === undefined ? item : JSON.stringify(unquoted(item));
}

function at(doc: string, path: string): Json | undefined {
  const value = parseJson(doc);
  const legs = pathLegs(path);
  if (value === undefined || legs === undefined) return undefined;
  if (!isPattern(legs)) return valueAt(value, legs);
  const found = valuesAt(value, legs);
  return found.length === 0 ? undefined : found;
}

function extract(doc: string, paths: string[]): Result {
  const value = parseJson(doc);
  if (value === undefined) return null;
  const all = paths.map(pathLegs);
  if (all.includes(undefined)) return null;
  const legs = all as NonNullable<(typeof all)[number]>[];
  if (legs.length === 1 && !isPattern(legs[0]!)) {
    const found = valueAt(value, legs[0]!);
    return found === undefined ? null : storeJson(found);
  }
  const found = legs.flatMap((path) => valuesAt(value, path));
  return found.length === 0 ? null : storeJson(found);
}

/** https://dev.mysql.com/doc/refman/8.4/en/json-search-functions.html#function_json-contains */
function contains(target: Json, candidate: Json): boolean {
  if (Array.isArray(target)) {
    const wanted = Array.isArray(candidate) ? candidate : [candidate];
    return wanted.every((item) => target.some((element) => contains(element, item)));
  }
  if (isObject(target)) {
    return (
      isObject(candidate) &&
      Object.entries(candidate).every(
        ([key, value]) => Object.hasOwn(target, key) && contains(target[key]!, value),
      )
    );
  }
  return compareJson(target, candidate) === 0;
}

function overlaps(a: Json, b: Json): boolean {
  if (isObject(a) && isObject(b)) {
    return Object.keys(a).some((key) => Object.hasOwn(b, key) && compareJson(a[key]!, b[key]!) === 0);
  }
  return list(a).some((item) => list(b).some((other) => compareJson(item, other) === 0));
}

function list(value: Json): Json[] {
  return Array.isArray(value) ? value : [value];
}

function depth(value: Json): number {
  const inner = Array.isArray(value) ? value : isObject(value) ? Object.values(value) : [];
  let deepest = 0;
  for (const item of inner) deepest = Math.max(deepest, depth(item));
  return 1 + deepest;
}

function typeName(value: Json, text: string): string {
  if (value === null) return 'NULL';
  if (Array.isArray(value)) return 'ARRAY';
  if (value instanceof JsonTime) return value.kind.toUpperCase();
  switch (typeof value) {
    case 'number':
      return /[.e]/.test(text) ? 'DOUBLE' : 'INTEGER';
    case 'boolean':
      return 'BOOLEAN';
    case 'string':
      return 'STRING';
    default:
      return 'OBJECT';
  }
}

function merged(docs: string[], merge: (a: Json, b: Json) => Json): Result {
  const values = docs.map(parseJson);
  if (values.includes(undefined)) return null;
  return storeJson((values as Json[]).reduce(merge));
}

function changing(how: 'set' | 'insert' | 'replace' | 'append') {
  return fn(
    [3, 100],
    (doc: string | null, ...pairs: (string | null)[]) => {
      if (doc === null) return null;
      let result = parseJson(doc);
      for (let i = 0; i < pairs.length && result !== undefined; i += 2) {
        const path = pairs[i];
        const legs = path == null ? undefined : pathLegs(path);
        if (legs === undefined || isPattern(legs)) return null;
        result = changed(result, { legs, value: parseJson(nested(pairs[i + 1]!)) ?? null, how });
      }
      return result === undefined ? null : storeJson(result);
    },
    { takesNull: true },
  );
}
