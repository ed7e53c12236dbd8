import type { JsonLeg } from '../../json-path.ts';
import { isObject, type Json } from './json-value.ts';

/*
 * Changes to JSON values. The inputs are shared, so each change copies the values along its path.
 */

export interface Change {
  legs: readonly JsonLeg[];
  value: Json;
  /** `set` does both `insert` and `replace`; `append` adds to the array at the path. */
  how: 'set' | 'insert' | 'replace' | 'append';
}

export function changed(doc: Json, { legs, value, how }: Change): Json {
  const [leg, ...rest] = legs;
  if (leg === undefined) {
    if (how === 'append') return [...(Array.isArray(doc) ? doc : [doc]), value];
    return how === 'insert' ? doc : value;
  }
  const inner = { legs: rest, value, how };
  if (leg.kind === 'key') {
    if (!isObject(doc)) return doc;
    if (Object.hasOwn(doc, leg.name)) return { ...doc, [leg.name]: changed(doc[leg.name]!, inner) };
    const adds = rest.length === 0 && (how === 'set' || how === 'insert');
    return adds ? { ...doc, [leg.name]: value } : doc;
  }
  if (leg.kind !== 'index' && leg.kind !== 'last') return doc;
  const items = Array.isArray(doc) ? doc : [doc];
  const index = leg.kind === 'index' ? leg.index : items.length - 1 - leg.back;
  if (index >= 0 && index < items.length) {
    const copy = items.with(index, changed(items[index]!, inner));
    return Array.isArray(doc) ? copy : copy[0]!;
  }
  const adds = rest.length === 0 && (how === 'set' || how === 'insert');
  if (!adds) return doc;
  return index < 0 ? [value, ...items] : [...items, value];
}

export function removed(doc: Json, legs: readonly JsonLeg[]): Json {
  const [leg, ...rest] = legs;
  if (leg?.kind === 'key' && isObject(doc) && Object.hasOwn(doc, leg.name)) {
    if (rest.length > 0) return { ...doc, [leg.name]: removed(doc[leg.name]!, rest) };
    const { [leg.name]: _removed, ...others } = doc;
    return others;
  }
  if ((leg?.kind === 'index' || leg?.kind === 'last') && Array.isArray(doc)) {
    const index = leg.kind === 'index' ? leg.index : doc.length - 1 - leg.back;
    if (index < 0 || index >= doc.length) return doc;
    return rest.length > 0 ? doc.with(index, removed(doc[index]!, rest)) : doc.toSpliced(index, 1);
  }
  return doc;
}

/** RFC 7396. */
export function mergePatch(target: Json, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const merged: Record<string, Json> = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = mergePatch(merged[key] ?? null, value);
  }
  return merged;
}

export function mergePreserve(a: Json, b: Json): Json {
  if (isObject(a) && isObject(b)) {
    const merged: Record<string, Json> = { ...a };
    for (const [key, value] of Object.entries(b)) {
      merged[key] = Object.hasOwn(merged, key) ? mergePreserve(merged[key]!, value) : value;
    }
    return merged;
  }
  return [...(Array.isArray(a) ? a : [a]), ...(Array.isArray(b) ? b : [b])];
}
