import { type ReadQuery, readQuery } from '../read/read-query.ts';
import { clockUses, excerptOf } from './clock.ts';
import { eventNames } from './event-names.ts';
import { membershipIsOwn } from './own-rows.ts';
import { Places } from './places.ts';
import type { QueryFacts } from './query-facts.ts';
import { schemaTablesRead } from './tables.ts';

export const FACTS_VERSION = 1;

/**
 * What the rest of Segflow needs to know about a query. When in doubt, the facts claim more
 * dependencies than the query has, which is slower but never wrong.
 */
export function factsOf({ query, text }: ReadQuery): QueryFacts {
  const names = eventNames(query);
  const places = new Places(query);
  return {
    version: FACTS_VERSION,
    tables: schemaTablesRead(query),
    ...(names && { eventNames: names }),
    ownRowsOnly: membershipIsOwn(query),
    clock: clockUses(query, text),
    paths: places.paths(),
    compared: places.compared(),
  };
}

/**
 * The same for a query's text. A query that this version refuses may depend on everything; its
 * facts stay like this until the next push.
 */
export function factsOfText(text: string, params: readonly unknown[]): QueryFacts {
  try {
    return factsOf(readQuery(text, params));
  } catch {
    return {
      version: FACTS_VERSION,
      tables: ['events', 'users'],
      ownRowsOnly: false,
      clock: [{ excerpt: excerptOf(text, 0) }],
      paths: [],
      compared: [],
    };
  }
}
