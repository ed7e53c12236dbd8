import { type ReadQuery, readQuery } from '../read/read-query.ts';
import { clockUses, excerptOf } from './clock.ts';
import { eventNames } from './event-names.ts';
import { membershipIsOwn } from './own-rows.ts';
import { Places } from './places.ts';
import type { QueryFacts } from './query-facts.ts';
import { schemaTablesRead } from './tables.ts';

export const FACTS_VERSION = 1;

/** What the rest of Segflow needs to know of a query. In doubt it depends on more than it does, which is slower, never wrong. */
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

/** The same of a query's text. One that this version refuses may depend on everything: that holds until it is pushed again. */
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
