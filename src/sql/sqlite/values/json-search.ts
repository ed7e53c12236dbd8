import { isPattern, pathLegs, valueAt, valuesAt } from './json-path.ts';
import { compareKeys, isObject, type Json } from './json-value.ts';
import { likePattern } from './like.ts';

export interface JsonSearch {
  mode: string;
  pattern: string;
  escapedBy: string;
  paths: string[];
}

/**
 * JSON_SEARCH: the path of the first string that matches the pattern, or the paths of all;
 * undefined without a match.
 */
export function searchJson(doc: Json, { mode, pattern, escapedBy, paths }: JsonSearch): Json | undefined {
  const matches = likePattern(pattern, escapedBy);
  const starts =
    paths.length === 0 ? [{ value: doc, path: '$' }] : paths.flatMap((path) => startAt(doc, path));
  const found = [...new Set(starts.flatMap(({ value, path }) => [...pathsOf(value, path, matches)]))];
  if (found.length === 0) return undefined;
  return mode.toLowerCase() === 'one' || found.length === 1 ? found[0]! : found;
}

function startAt(doc: Json, path: string): { value: Json; path: string }[] {
  const legs = pathLegs(path);
  if (legs === undefined) return [];
  if (!isPattern(legs)) {
    const value = valueAt(doc, legs);
    return value === undefined ? [] : [{ value, path: path.trim() }];
  }
  // The paths behind a wildcard are found by their values; equal values have the path of the first.
  return valuesAt(doc, legs).map((value) => ({ value, path: path.trim() }));
}

function* pathsOf(value: Json, path: string, matches: (text: string) => boolean): Generator<string> {
  if (typeof value === 'string') {
    if (matches(value)) yield path;
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* pathsOf(item, `${path}[${index}]`, matches);
  } else if (isObject(value)) {
    for (const key of Object.keys(value).sort(compareKeys)) {
      yield* pathsOf(
        value[key]!,
        `${path}.${/^[A-Za-z_$][\w$]*$/.test(key) ? key : JSON.stringify(key)}`,
        matches,
      );
    }
  }
}
