import { type Arg, type Functions, fn, text } from './registry.ts';

type Json = unknown;

export const jsonFunctions: Functions = {
  json_unquote: fn(1, (value) => {
    if (typeof value !== 'string' || !value.startsWith('"') || !value.endsWith('"'))
      return value as string | number;
    const parsed = parse(value);
    return typeof parsed === 'string' ? parsed : value;
  }),
  json_value: fn(2, (doc, path) => {
    const found = at(parse(doc!), text(path!));
    if (found === undefined || found === null || typeof found === 'object') return null;
    return typeof found === 'string' ? found : JSON.stringify(found);
  }),
  json_contains: fn([2, 3], (target, candidate, path) => {
    const within = path === undefined ? parse(target!) : at(parse(target!), text(path));
    const wanted = parse(candidate!);
    if (within === undefined || wanted === undefined) return null;
    return contains(within, wanted) ? 1 : 0;
  }),
  json_contains_path: fn([3, 100], (doc, mode, ...paths) => {
    const parsed = parse(doc!);
    const has = (path: Arg) => at(parsed, text(path)) !== undefined;
    return (text(mode!).toLowerCase() === 'all' ? paths.every(has) : paths.some(has)) ? 1 : 0;
  }),
  json_overlaps: fn(2, (a, b) => {
    const [x, y] = [parse(a!), parse(b!)];
    if (isRecord(x) && isRecord(y)) {
      return Object.keys(x).some((key) => key in y && equal(x[key], y[key])) ? 1 : 0;
    }
    const [left, right] = [list(x), list(y)];
    return left.some((item) => right.some((other) => equal(item, other))) ? 1 : 0;
  }),
  mysql_member_of: fn(2, (value, array) =>
    list(parse(array!)).some((item) => item === value || equal(item, value)) ? 1 : 0,
  ),
  json_length: fn([1, 2], (doc, path) => {
    const found = path === undefined ? parse(doc!) : at(parse(doc!), text(path));
    if (found === undefined) return null;
    return Array.isArray(found) ? found.length : isRecord(found) ? Object.keys(found).length : 1;
  }),
  json_keys: fn([1, 2], (doc, path) => {
    const found = path === undefined ? parse(doc!) : at(parse(doc!), text(path));
    return isRecord(found) ? JSON.stringify(Object.keys(found)) : null;
  }),
  json_depth: fn(1, (doc) => depth(parse(doc!))),
  json_type: fn(1, (doc) => typeName(parse(doc!))),
  json_quote: fn(1, (value) => JSON.stringify(text(value!))),
};

function parse(value: Arg): Json {
  if (typeof value === 'number') return value;
  try {
    return JSON.parse(text(value));
  } catch {
    return undefined;
  }
}

/** What is at a path such as `$.a."b c"[0]`; undefined when nothing is. */
function at(doc: Json, path: string): Json {
  let here: Json = doc;
  for (const [, quoted, key, index, last] of path.matchAll(
    /\."([^"]*)"|\.([^.[\]"]+)|\[\s*(?:(\d+)|last(?:\s*-\s*(\d+))?)\s*\]/g,
  )) {
    const name = quoted ?? key;
    if (name !== undefined) {
      here = isRecord(here) && Object.hasOwn(here, name.trim()) ? here[name.trim()] : undefined;
    } else if (Array.isArray(here)) {
      here = here.at(index === undefined ? -1 - Number(last ?? 0) : Number(index));
    } else if (Number(index) !== 0) return undefined;
    if (here === undefined) return undefined;
  }
  return here;
}

/** https://dev.mysql.com/doc/refman/8.4/en/json-search-functions.html#function_json-contains */
function contains(target: Json, candidate: Json): boolean {
  if (Array.isArray(target)) {
    const wanted = Array.isArray(candidate) ? candidate : [candidate];
    return wanted.every((item) => target.some((element) => contains(element, item)));
  }
  if (isRecord(target)) {
    return (
      isRecord(candidate) &&
      Object.entries(candidate).every(
        ([key, value]) => Object.hasOwn(target, key) && contains(target[key], value),
      )
    );
  }
  return equal(target, candidate);
}

function equal(a: Json, b: Json): boolean {
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => equal(item, b[index]));
  }
  if (isRecord(a) && isRecord(b)) {
    const keys = Object.keys(a);
    return (
      keys.length === Object.keys(b).length &&
      keys.every((key) => Object.hasOwn(b, key) && equal(a[key], b[key]))
    );
  }
  return a === b;
}

function list(value: Json): Json[] {
  return Array.isArray(value) ? value : value === undefined ? [] : [value];
}

function depth(value: Json): number | null {
  if (value === undefined) return null;
  const inner = Array.isArray(value) ? value : isRecord(value) ? Object.values(value) : [];
  return 1 + Math.max(0, ...inner.map((item) => depth(item) ?? 0));
}

function typeName(value: Json): string | null {
  if (value === undefined) return null;
  if (value === null) return 'NULL';
  if (Array.isArray(value)) return 'ARRAY';
  if (typeof value === 'number') return Number.isInteger(value) ? 'INTEGER' : 'DOUBLE';
  return { boolean: 'BOOLEAN', string: 'STRING', object: 'OBJECT' }[typeof value as string] ?? null;
}

function isRecord(value: Json): value is Record<string, Json> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
