import type { Json, JsonObject } from '../../core/json.ts';
import type { Condition } from '../../protocol/explain.ts';
import type { Deployment } from '../deployments/deployments.ts';
import type { Host } from '../ports/host.ts';
import type { ManifestSegment } from '../ports/manifest.ts';
import type { SegmentSql } from '../ports/segments.ts';
import type { Store } from '../ports/store.ts';
import type { EventRow, UserRow } from '../ports/users.ts';

/** What of a user the queries of segments look at. */
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
    const selected = await store.evaluateSegment(query, segment.traits, [facts.user.id]);
    const since = facts.since.get(id);
    conditions.push({
      segment: id,
      role,
      member: selected.has(facts.user.id),
      since: since === undefined ? null : new Date(since).toISOString(),
      sql: query.sql,
      params: query.params as Json[],
      sees: valuesSeen(query, segment, facts),
    });
  }
  return conditions;
}

/** The values of the user that a query names: attributes, and events of the names it asks for. */
export function valuesSeen(
  query: Pick<SegmentSql, 'sql' | 'params'>,
  segment: Pick<ManifestSegment, 'traits'>,
  facts: Pick<UserFacts, 'user' | 'eventCounts' | 'events'>,
): Condition['sees'] {
  const sees = new Map<string, Json>();
  const paths = pathsIn(query);
  for (const { table, path } of paths) {
    if (table === 'users') sees.set(`attributes${path.slice(1)}`, valueAt(facts.user.attributes, path));
  }
  if (segment.traits.readsEvents) {
    const names = eventNamesIn(query);
    const counts = new Map(facts.eventCounts.map(({ name, count }) => [name, count]));
    const asked = names.length > 0 ? names : [...counts.keys()].slice(0, 10);
    for (const name of asked) {
      sees.set(`events.${name}`, counts.get(name) ?? 0);
      const last = facts.eventCounts.find((counted) => counted.name === name)?.lastAt;
      if (last !== undefined) sees.set(`events.${name} last`, new Date(last).toISOString());
      for (const { table, path } of paths) {
        if (table === 'events')
          sees.set(`events.${name}${path.slice(1)} sum`, sumOf(facts.events, name, path));
      }
    }
  }
  return [...sees].map(([name, value]) => ({ name, value }));
}

// --- internal ------------------------------------------------------------------------------------

/** `attributes`->'$.path', ->>, or a JSON function of them, with the path written out or as a parameter. */
const PATH = /(?:`?(\w+)`?\.)?`?attributes`?\s*(?:->>?|,)\s*(?:'(\$[^']*)'|\?)/gi;

function pathsIn({
  sql,
  params,
}: Pick<SegmentSql, 'sql' | 'params'>): { table: 'users' | 'events'; path: string }[] {
  const found: { table: 'users' | 'events'; path: string }[] = [];
  const readsUsers = /\b(?:from|join)\s+`?users\b/i.test(sql);
  for (const match of sql.matchAll(PATH)) {
    const path = match[2] ?? params[placeholdersBefore(sql, match.index + match[0].length) - 1];
    if (typeof path !== 'string' || !path.startsWith('$')) continue;
    const table = match[1]?.toLowerCase() ?? (readsUsers ? 'users' : 'events');
    found.push({ table: table === 'events' ? 'events' : 'users', path });
  }
  return found;
}

/** Names of events the query compares `name` with. */
function eventNamesIn({ sql, params }: Pick<SegmentSql, 'sql' | 'params'>): string[] {
  const names = new Set<string>();
  for (const match of sql.matchAll(
    /`?\bname`?\s*(?:=|<>|!=|in\s*\(|like)\s*((?:(?:\?|'[^']*')\s*,?\s*)+)/gi,
  )) {
    let at = placeholdersBefore(sql, match.index);
    for (const [item] of match[1]!.matchAll(/\?|'[^']*'/g)) {
      const name = item === '?' ? params[at++] : item.slice(1, -1);
      if (typeof name === 'string') names.add(name);
    }
  }
  return [...names];
}

/** How many `?` there are before a place, outside of quotes. */
function placeholdersBefore(sql: string, place: number): number {
  return (
    sql
      .slice(0, place)
      .replace(/'(?:[^']|'')*'|`[^`]*`|"[^"]*"/g, '')
      .split('?').length - 1
  );
}

function valueAt(attributes: JsonObject, path: string): Json {
  let value: Json | undefined = attributes;
  for (const [, key, quoted, index] of path.matchAll(/\.(\w+)|\."([^"]+)"|\[(\d+)\]/g)) {
    if (typeof value !== 'object' || value === null) return null;
    const part: string = key ?? quoted ?? index ?? '';
    value = Array.isArray(value) ? value[Number(part)] : value[part];
  }
  return value ?? null;
}

function sumOf(events: EventRow[], name: string, path: string): number {
  let sum = 0;
  for (const event of events) {
    if (event.name === name) sum += Number(valueAt(event.attributes, path)) || 0;
  }
  return sum;
}
