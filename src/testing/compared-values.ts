import type { Manifest } from '../engine/ports/manifest.ts';
import { factsOf } from '../sql/facts/facts.ts';
import type { Compared, QueryFacts } from '../sql/facts/query-facts.ts';
import { parseJsonPath } from '../sql/parse/json-path.ts';
import { readQuery } from '../sql/read/read-query.ts';

type Value = string | number | boolean;

/**
 * The values that a config's segments compare with. They allow generating people who are in the
 * segments and people who are not.
 */
export interface ComparedInputs {
  /** Values that user attributes are compared with, by path (`plan`, `address.country`). */
  attributes: Map<string, ComparedValues>;
  /**
   * Like `attributes`, for event attributes, by the event's name; '' if the segment names no event.
   */
  eventAttributes: Map<string, Map<string, ComparedValues>>;
  /** Names of events. */
  events: Set<string>;
}

export interface ComparedValues {
  /** Compared with = or in a list: any other value is the other case. */
  equal: Set<Value>;
  /** Compared with < or >, also as sums: thresholds. */
  thresholds: Set<number>;
}

type Asked = Pick<Manifest['segments'][number], 'sql' | 'params'> & { triggers?: { events?: string[] } };

/**
 * Collects the values that the segments' queries compare JSON attributes with. Values computed from
 * attributes are not varied.
 */
export function comparedValues(
  segments: Asked[],
  transactions: Manifest['transactions'] = [],
): ComparedInputs {
  const compared: ComparedInputs = { attributes: new Map(), eventAttributes: new Map(), events: new Set() };
  for (const { event } of transactions) compared.events.add(event);
  for (const { sql, params, triggers } of segments) {
    const facts = factsOf(readQuery(sql, params));
    for (const name of [...namesIn(facts), ...(triggers?.events ?? [])]) compared.events.add(name);
    for (const use of facts.compared) {
      const path = dotted(use.path);
      if (path === undefined) continue;
      if (use.table === 'users') add(compared.attributes, path, use);
      if (use.table !== 'events') continue;
      for (const name of use.events ?? ['']) {
        const paths = compared.eventAttributes.get(name) ?? new Map<string, ComparedValues>();
        compared.eventAttributes.set(name, paths);
        add(paths, path, use);
      }
    }
  }
  return compared;
}

// --- internal ---

function namesIn({ eventNames = [], compared }: QueryFacts): string[] {
  const names = compared.flatMap(({ table, column, value }) =>
    table === 'events' && column === 'name' && typeof value === 'string' ? [value] : [],
  );
  return [...eventNames, ...names];
}

/**
 * `address.country` for `$.address.country`; undefined for a path into arrays, or with names that
 * contain dots.
 */
function dotted(path: string | undefined): string | undefined {
  const legs = path === undefined ? [] : (parseJsonPath(path)?.legs ?? []);
  const names = legs.map((leg) => (leg.kind === 'key' && !leg.name.includes('.') ? leg.name : undefined));
  return names.length > 0 && names.every((name) => name !== undefined) ? names.join('.') : undefined;
}

const EQUAL: readonly string[] = ['=', '<=>', '<>'];

function add(paths: Map<string, ComparedValues>, path: string, { op, value }: Compared): void {
  const known = paths.get(path) ?? { equal: new Set(), thresholds: new Set() };
  if (!EQUAL.includes(op) && typeof value === 'number') known.thresholds.add(value);
  else known.equal.add(value);
  paths.set(path, known);
}
