import { SegflowError } from '../../core/errors.ts';
import { adaptToMysql } from '../dialect/adapt-mysql.ts';
import { USER_TABLES } from '../dialect/scopes.ts';
import type { AdaptedSegment, SegmentDialect } from '../driver.ts';
import type { Server } from './server.ts';

/** Adapted statements kept: every segment of a deployment, and some of those before. */
const CACHE = 500;

/**
 * A segment is shown only the rows of the users in question: tables of the same names, restricted, that the server merges into
 * the query. That holds for every query, where pushing a condition into it from outside depends on the plan (an
 * uncorrelated `not in (select user_id from events …)` would read all events).
 */
export function mysqlSegments(flavor: Server['flavor'], database: string): SegmentDialect {
  const known = new Map<string, AdaptedSegment>();
  const shown = (text: string, list: string) =>
    [...USER_TABLES]
      .filter(([table]) => text.includes(table))
      .map(
        ([table, column]) =>
          `${table} as (select * from \`${database.replaceAll('`', '``')}\`.${table} where ${column} in (${list})), `,
      );
  return {
    paged: false,
    adapt({ id, sql, params }) {
      const key = JSON.stringify([sql, params]);
      const found = known.get(key);
      if (found) return found;
      try {
        const adapted = adaptToMysql(sql, params, flavor);
        if (known.size >= CACHE) known.clear();
        known.set(key, adapted);
        return adapted;
      } catch (error) {
        if (!SegflowError.is(error)) throw error;
        const options = { cause: error, ...(error.hint === undefined ? {} : { hint: error.hint }) };
        throw new SegflowError(error.code, `segment "${id}": ${error.message}`, options);
      }
    },
    among(segment, ownRowsOnly, userIds) {
      const { text, params } = segment;
      if (!ownRowsOnly || !segment.traits.ownRowsOnly) {
        return {
          text: `with segment(id) as (${text}) select distinct id from segment where id in (?)`,
          params: [...params, userIds],
        };
      }
      const tables = shown(text, '?');
      return {
        text: `with ${tables.join('')}segment(id) as (${text}) select distinct id from segment`,
        params: [...tables.map(() => userIds), ...params],
      };
    },
    aboutUser({ text, params }, { userId, columns, limit }) {
      const names = Array.from({ length: columns }, (_, index) => `c${index}`).join(', ');
      const tables = shown(text, '?');
      return {
        text: `with ${tables.join('')}answer(${names}) as (${limited(text, limit)}) select * from answer limit ${limit}`,
        params: [...tables.map(() => [userId]), ...params],
      };
    },
    // The wrapping table lets a segment with a LIMIT stand where a subquery may not have one.
    everyone: ({ text, params }) => ({
      text: `select id from (with segment(id) as (${text}) select id from segment where id is not null) as everyone`,
      params,
    }),
  };
}

/** MariaDB forgets the order of a subquery that has no limit. */
function limited(text: string, limit: number): string {
  const ends = /\blimit\s+[?\d]+(?:\s*(?:,|\boffset\b)\s*[?\d]+)?\s*$/i;
  return ends.test(text) ? text : `${text} limit ${limit}`;
}
