import type { Manifest } from '../engine/ports/manifest.ts';

type Value = string | number | boolean;

/** What a config's segments ask about: from it, people can be made up who are in them and who are not. */
export interface ComparedInputs {
  /** Values that user attributes are compared with, by path (`plan`, `address.country`). */
  attributes: Map<string, ComparedValues>;
  /** The same of event attributes, by the event's name; '' where the segment names none. */
  eventAttributes: Map<string, Map<string, ComparedValues>>;
  /** Names of events. */
  events: Set<string>;
}

export interface ComparedValues {
  /** ComparedInputs with = or in a list: anything else is the other case. */
  equal: Set<Value>;
  /** ComparedInputs with < or >, also of sums: thresholds. */
  thresholds: Set<number>;
}

type Asked = Pick<Manifest['segments'][number], 'sql' | 'params'> & { triggers?: { events?: string[] } };

/**
 * Reads the segments' SQL for what it compares JSON attributes with. A heuristic, good enough for a sample: what it does not
 * understand is not varied.
 */
export function comparedValues(
  segments: Asked[],
  transactions: Manifest['transactions'] = [],
): ComparedInputs {
  const compared: ComparedInputs = { attributes: new Map(), eventAttributes: new Map(), events: new Set() };
  for (const { event } of transactions) compared.events.add(event);
  for (const { sql, params, triggers } of segments) {
    const text = withParams(sql, params);
    const names = eventNames(text);
    for (const name of [...names, ...(triggers?.events ?? [])]) compared.events.add(name);
    for (const [, table = '', path = '', rest = ''] of text.matchAll(ATTRIBUTE)) {
      const found = comparisonOf(rest);
      if (/^e(vents?)?$/i.test(table)) {
        for (const name of names.length > 0 ? names : ['']) {
          const paths = compared.eventAttributes.get(name) ?? new Map<string, ComparedValues>();
          compared.eventAttributes.set(name, paths);
          add(paths, path, found);
        }
      } else {
        add(compared.attributes, path, found);
      }
    }
  }
  return compared;
}

// --- internal ---

/** Up to the next logical operator, in which what it is compared with must be. */
const ATTRIBUTE =
  /`?(\w+)`?\s*\.\s*`?attributes`?\s*(?:->>?|,)\s*'\$\."?([\w.]+)"?'((?:(?!\s(?:and|or|order|group|having|limit|union)\s)[^`]){0,200})/gi;
const LITERAL = String.raw`'((?:[^']|'')*)'|(-?\d+(?:\.\d+)?)\b|\b(true|false)\b`;

/** The SQL with its parameters written into it. */
function withParams(sql: string, params: unknown[]): string {
  let next = 0;
  return sql.replace(/'(?:[^']|'')*'|\?/g, (token) => {
    if (token !== '?') return token;
    const value = params[next++];
    if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`;
    return String(value);
  });
}

function eventNames(text: string): string[] {
  const names: string[] = [];
  for (const [, one, list] of text.matchAll(/`?name`?\s*(?:=\s*('(?:[^']|'')*')|in\s*\(([^)]*)\))/gi)) {
    for (const value of literals(one ?? list ?? ''))
      if (typeof value === 'string' && value !== '') names.push(value);
  }
  return names;
}

function comparisonOf(rest: string): ComparedValues {
  const equal = new Set<Value>();
  const thresholds = new Set<number>();
  const operator =
    /^[\s)]*(?:as\s+\w+(?:\([^)]*\))?[\s)]*)?(<=>|<>|!=|<=|>=|=|<|>|(?:not\s+)?in\b|between\b|is\s+(?:not\s+)?(?=true|false))/i.exec(
      rest,
    );
  const values = operator ? literals(rest.slice(operator[0].length)) : [];
  const isThreshold = operator !== null && /^(<|>|<=|>=|between)$/i.test(operator[1]!);
  for (const value of values) {
    if (isThreshold && typeof value === 'number') thresholds.add(value);
    else equal.add(value);
  }
  return { equal, thresholds };
}

function literals(text: string): Value[] {
  return [...text.matchAll(new RegExp(LITERAL, 'gi'))].map(([, string, number, boolean]) => {
    if (string !== undefined) return string.replaceAll("''", "'");
    if (number !== undefined) return Number(number);
    return boolean!.toLowerCase() === 'true';
  });
}

function add(paths: Map<string, ComparedValues>, path: string, { equal, thresholds }: ComparedValues): void {
  const known = paths.get(path) ?? { equal: new Set(), thresholds: new Set() };
  for (const value of equal) known.equal.add(value);
  for (const value of thresholds) known.thresholds.add(value);
  paths.set(path, known);
}
