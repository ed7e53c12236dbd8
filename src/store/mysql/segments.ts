import { adaptToMysql } from '../dialect/adapt-mysql.ts';
import { USER_TABLES } from '../dialect/scopes.ts';
import { adaptedOnce } from '../driver/adapted-segments.ts';
import type { SegmentDialect } from '../driver/driver.ts';
import type { Server } from './server.ts';

/**
 * A segment is shown only the rows of the users in question: tables of the same names, restricted, that the server merges into
 * the query. That holds for every query, where pushing a condition into it from outside depends on the plan (an
 * uncorrelated `not in (select user_id from events …)` would read all events).
 */
export function mysqlSegments(flavor: Server['flavor'], database: string): SegmentDialect {
  const shown = (text: string, list: string) =>
    [...USER_TABLES]
      .filter(([table]) => text.includes(table))
      .map(
        ([table, column]) =>
          `${table} as (select * from \`${database.replaceAll('`', '``')}\`.${table} where ${column} in (${list})), `,
      );
  return {
    paged: false,
    adapt: adaptedOnce((sql, params) => adaptToMysql(sql, params, flavor)),
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
