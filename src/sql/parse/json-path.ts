import type { JsonLeg, JsonPath } from '../json-path.ts';

const LEG =
  /\s*(?:\.\s*(?:"((?:[^"\\]|\\.)*)"|([^\s.[\]"*]+)|(\*))|\[\s*(?:(\d+)|last(?:\s*-\s*(\d+))?|(\*))\s*\]|\[\s*((?:last(?:\s*-\s*\d+)?)|\d+)\s+to\s+((?:last(?:\s*-\s*\d+)?)|\d+)\s*\]|(\*\*))/y;

/** The legs of a JSON path; undefined for an invalid path. */
export function parseJsonPath(text: string): JsonPath | undefined {
  const begin = /^\s*\$/.exec(text);
  if (!begin) return undefined;
  const legs: JsonLeg[] = [];
  let at = begin[0].length;
  while (text.slice(at).trim() !== '') {
    LEG.lastIndex = at;
    const found = LEG.exec(text);
    if (!found) return undefined;
    at += found[0].length;
    legs.push(legOf(found));
  }
  // `**` must be followed by a leg.
  return legs.at(-1)?.kind === 'anyDepth' ? undefined : { text, legs };
}

function legOf(found: RegExpExecArray): JsonLeg {
  const [, quoted, key, anyKey, index, back, anyIndex, from, to, anyDepth] = found;
  if (quoted !== undefined) return { kind: 'key', name: unescaped(quoted) };
  if (key !== undefined) return { kind: 'key', name: key };
  if (anyKey !== undefined) return { kind: 'anyKey' };
  if (anyIndex !== undefined) return { kind: 'anyIndex' };
  if (anyDepth !== undefined) return { kind: 'anyDepth' };
  if (index !== undefined) return { kind: 'index', index: Number(index) };
  if (from !== undefined && to !== undefined) return { kind: 'range', from, to };
  return { kind: 'last', back: Number(back ?? 0) };
}

function unescaped(text: string): string {
  try {
    return JSON.parse(`"${text}"`) as string;
  } catch {
    return text;
  }
}
