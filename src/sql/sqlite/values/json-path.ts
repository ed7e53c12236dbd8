import type { JsonLeg } from '../../json-path.ts';
import { compareKeys, isObject, type Json } from './json-value.ts';

const LEG =
  /\s*(?:(\*\*)|\.\s*(?:(\*)|"((?:[^"\\]|\\.)*)"|([\p{ID_Start}$_][\p{ID_Continue}$]*))|\[\s*(?:(\*)|(\d+|last(?:\s*-\s*\d+)?)(?:\s+to\s+(\d+|last(?:\s*-\s*\d+)?))?)\s*\])/uy;

const parsed = new Map<string, JsonLeg[] | undefined>();

/**
 * The legs of a path that is computed at run time; undefined for an invalid path, which is an error
 * in MySQL.
 */
export function pathLegs(path: string): JsonLeg[] | undefined {
  if (!parsed.has(path)) {
    if (parsed.size > 500) parsed.clear();
    parsed.set(path, read(path));
  }
  return parsed.get(path);
}

function read(path: string): JsonLeg[] | undefined {
  const start = /^\s*\$/.exec(path);
  if (!start) return undefined;
  const legs: JsonLeg[] = [];
  LEG.lastIndex = start[0].length;
  let at = LEG.lastIndex;
  for (let found = LEG.exec(path); found; found = LEG.exec(path)) {
    at = LEG.lastIndex;
    const [, depth, anyKey, quoted, name, anyIndex, index, to] = found;
    if (depth !== undefined) legs.push({ kind: 'anyDepth' });
    else if (anyKey !== undefined) legs.push({ kind: 'anyKey' });
    else if (anyIndex !== undefined) legs.push({ kind: 'anyIndex' });
    else if (quoted !== undefined) legs.push({ kind: 'key', name: unescaped(quoted) });
    else if (name !== undefined) legs.push({ kind: 'key', name });
    else if (to !== undefined) legs.push({ kind: 'range', from: index!, to });
    else if (index!.startsWith('last'))
      legs.push({ kind: 'last', back: Number(/\d+/.exec(index!)?.[0] ?? 0) });
    else legs.push({ kind: 'index', index: Number(index) });
  }
  const complete = path.slice(at).trim() === '' && legs.at(-1)?.kind !== 'anyDepth';
  return complete ? legs : undefined;
}

function unescaped(text: string): string {
  try {
    return JSON.parse(`"${text}"`) as string;
  } catch {
    return text;
  }
}

/** Whether the path can match several values. */
export function isPattern(legs: readonly JsonLeg[]): boolean {
  return legs.some(({ kind }) => kind !== 'key' && kind !== 'index' && kind !== 'last');
}

/**
 * The values at a path, in MySQL's order, without repetition. A value that is not an array counts
 * as an array of itself.
 */
export function valuesAt(doc: Json, legs: readonly JsonLeg[]): Json[] {
  let found = [doc];
  for (const leg of legs) found = found.flatMap((value) => step(value, leg));
  return legs.some(({ kind }) => kind === 'anyDepth') ? [...new Set(found)] : found;
}

/** The value at a path without wildcards; undefined when there is none. */
export function valueAt(doc: Json, legs: readonly JsonLeg[]): Json | undefined {
  let here: Json | undefined = doc;
  for (const leg of legs) {
    if (here === undefined) return undefined;
    if (leg.kind === 'key') {
      here = isObject(here) && Object.hasOwn(here, leg.name) ? here[leg.name] : undefined;
    } else if (leg.kind === 'index' || leg.kind === 'last') {
      const index = leg.kind === 'index' ? leg.index : -1 - leg.back;
      here = Array.isArray(here) ? here.at(index) : index === 0 || index === -1 ? here : undefined;
    } else return undefined;
  }
  return here;
}

function step(value: Json, leg: JsonLeg): Json[] {
  switch (leg.kind) {
    case 'key':
    case 'index':
    case 'last': {
      const found = valueAt(value, [leg]);
      return found === undefined ? [] : [found];
    }
    case 'anyKey':
      return isObject(value) ? sortedKeys(value).map((key) => value[key]!) : [];
    case 'anyIndex':
      return Array.isArray(value) ? value : [];
    case 'anyDepth':
      return [...withDescendants(value)];
    case 'range': {
      const list = Array.isArray(value) ? value : [value];
      const [from, to] = [position(leg.from, list.length), position(leg.to, list.length)];
      return list.slice(Math.max(0, from), Math.max(0, to + 1));
    }
  }
}

function position(text: string, length: number): number {
  return text.startsWith('last') ? length - 1 - Number(/\d+/.exec(text)?.[0] ?? 0) : Number(text);
}

function* withDescendants(value: Json): Generator<Json> {
  yield value;
  if (Array.isArray(value)) for (const item of value) yield* withDescendants(item);
  else if (isObject(value)) for (const key of sortedKeys(value)) yield* withDescendants(value[key]!);
}

function sortedKeys(value: object): string[] {
  return Object.keys(value).sort(compareKeys);
}
