import type { Json, JsonObject } from '../../core/json.ts';
import type { Condition } from '../../protocol/explain.ts';
import type { PathUse, QueryFacts } from '../../sql/facts/query-facts.ts';
import { parseJsonPath } from '../../sql/parse/json-path.ts';
import type { Deployment } from '../deployments/deployments.ts';
import type { Host } from '../ports/host.ts';
import type { ManifestSegment } from '../ports/manifest.ts';
import type { SegmentSql } from '../ports/segments.ts';
import type { Store } from '../ports/store.ts';
import type { EventRow, UserRow } from '../ports/users.ts';

/** The parts of a user that segment queries read. */
export interface UserFacts {
  user: UserRow;
  since: ReadonlyMap<string, number>;
  eventCounts: { name: string; count: number; lastAt: number }[];
  /** The user's latest events. */
  events: EventRow[];
}

/** Whether the user is in each of these segments now, and the values that the queries see. */
export async function conditionsOf(
  { store, host, deployment }: { store: Store; host: Host; deployment: Deployment },
  wanted: { segment: string; role: Condition['role'] }[],
  facts: UserFacts,
): Promise<Condition[]> {
  const segments = new Map(deployment.manifest.segments.map((segment) => [segment.id, segment]));
  const volatile = wanted.flatMap(({ segment }) => (segments.get(segment)?.volatile ? [segment] : []));
  const queries = new Map<string, SegmentSql>();
  if (volatile.length > 0) {
    for (const query of await host.segmentQueries(deployment.bundle, volatile, await store.now())) {
      queries.set(query.id, query);
    }
  }
  const conditions: Condition[] = [];
  for (const { segment: id, role } of wanted) {
    const segment = segments.get(id);
    if (!segment) continue;
    const query = queries.get(id) ?? segment;
    const selected = await store.evaluateSegment(query, segment.facts, [facts.user.id]);
    const since = facts.since.get(id);
    conditions.push({
      segment: id,
      role,
      member: selected.has(facts.user.id),
      since: since === undefined ? null : new Date(since).toISOString(),
      sql: query.sql,
      params: query.params as Json[],
      sees: valuesSeen(segment, facts),
    });
  }
  return conditions;
}

/** The values of the user that a query reads: attributes, and events of the names it asks for. */
export function valuesSeen(
  { facts }: Pick<ManifestSegment, 'facts'>,
  { user, eventCounts, events }: Pick<UserFacts, 'user' | 'eventCounts' | 'events'>,
): Condition['sees'] {
  const sees = new Map<string, Json>();
  for (const { table, path } of facts.paths) {
    if (table === 'users') sees.set(`attributes${path.slice(1)}`, valueAt(user.attributes, path));
  }
  for (const name of eventsAsked(facts, eventCounts)) {
    const counted = eventCounts.find((it) => it.name === name);
    sees.set(`events.${name}`, counted?.count ?? 0);
    if (counted) sees.set(`events.${name} last`, new Date(counted.lastAt).toISOString());
    const own = events.filter((event) => event.name === name);
    for (const use of facts.paths) {
      if (use.table !== 'events' || (use.events && !use.events.includes(name))) continue;
      const { how, value } = overEvents(own, use);
      sees.set(`events.${name}${use.path.slice(1)} ${how}`, value);
    }
  }
  return [...sees].map(([name, value]) => ({ name, value }));
}

// --- internal ------------------------------------------------------------------------------------

/** The number of event names shown for a query that names none. */
const SHOWN = 10;

function eventsAsked(facts: QueryFacts, counts: UserFacts['eventCounts']): string[] {
  if (!facts.tables.includes('events')) return [];
  const compared = facts.compared.flatMap(({ table, column, value }) =>
    table === 'events' && column === 'name' && typeof value === 'string' ? [value] : [],
  );
  const names = new Set([...(facts.eventNames ?? []), ...compared]);
  return names.size > 0 ? [...names] : counts.slice(0, SHOWN).map(({ name }) => name);
}

/**
 * The query's aggregate of the path over the user's events, latest first; without an aggregate, the
 * latest event's value.
 */
function overEvents(events: EventRow[], { path, aggregate }: PathUse): { how: string; value: Json } {
  const found = events.map(({ attributes }) => valueAt(attributes, path)).filter((value) => value !== null);
  const numbers = found.map((value) => Number(value) || 0);
  switch (aggregate) {
    case 'sum':
      return { how: aggregate, value: numbers.reduce((sum, value) => sum + value, 0) };
    case 'avg':
      return {
        how: aggregate,
        value: found.length === 0 ? null : numbers.reduce((sum, value) => sum + value, 0) / found.length,
      };
    case 'count':
      return { how: aggregate, value: found.length };
    case 'max':
    case 'min':
      return { how: aggregate, value: extremeOf(found, aggregate) };
    default:
      return { how: 'last', value: found[0] ?? null };
  }
}

/** Compares numbers by value and everything else as text. */
function extremeOf(values: Json[], which: 'max' | 'min'): Json {
  const areNumbers = values.every((value) => typeof value === 'number');
  const sorted = values.toSorted((a, b) => {
    if (areNumbers) return Number(a) - Number(b);
    const [left, right] = [String(a), String(b)];
    return left < right ? -1 : left > right ? 1 : 0;
  });
  return sorted.at(which === 'max' ? -1 : 0) ?? null;
}

function valueAt(attributes: JsonObject, path: string): Json {
  let value: Json | undefined = attributes;
  for (const leg of parseJsonPath(path)?.legs ?? []) {
    if (typeof value !== 'object' || value === null) return null;
    if (leg.kind === 'key') value = Array.isArray(value) ? undefined : value[leg.name];
    else if (!Array.isArray(value)) return null;
    else if (leg.kind === 'index') value = value[leg.index];
    else value = leg.kind === 'last' ? value.at(-1 - leg.back) : undefined;
  }
  return value ?? null;
}
