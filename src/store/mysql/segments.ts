import { factsOf } from '../../sql/facts/facts.ts';
import { printMariadb } from '../../sql/mariadb/print.ts';
import { printMysql } from '../../sql/mysql/print.ts';
import { readQuery } from '../../sql/read/read-query.ts';
import { userTables } from '../../sql/resolve/schema-tables.ts';
import { adaptedOnce } from '../driver/adapted-segments.ts';
import type { AdaptedSegment, SegmentDialect } from '../driver/driver.ts';
import type { Server } from './server.ts';

/**
 * A segment is shown only the rows of the users in question: tables of the same names, restricted, that the server merges into
 * the query. That holds for every query, where pushing a condition into it from outside depends on the plan (an
 * uncorrelated `not in (select user_id from events …)` would read all events).
 */
export function mysqlSegments(flavor: Server['flavor'], database: string): SegmentDialect {
  const shown = ({ facts }: AdaptedSegment) =>
    userTables(facts.tables).map(
      ({ table, userColumn }) =>
        `${table} as (select * from \`${database.replaceAll('`', '``')}\`.${table} where ${userColumn} in (?)), `,
    );
  return {
    paged: false,
    adapt: adaptedOnce((sql, params) => adapt(sql, params, flavor)),
    among(segment, ownRowsOnly, userIds) {
      const { text, params } = segment;
      if (!ownRowsOnly || !segment.facts.ownRowsOnly) {
        return {
          text: `with segment(id) as (${text}\n) select distinct id from segment where id in (?)`,
          params: [...params, userIds],
        };
      }
      const tables = shown(segment);
      return {
        text: `with ${tables.join('')}segment(id) as (${text}\n) select distinct id from segment`,
        params: [...tables.map(() => userIds), ...params],
      };
    },
    aboutUser(query, { userId, columns, limit }) {
      const { params } = query;
      const names = Array.from({ length: columns }, (_, index) => `c${index}`).join(', ');
      const tables = shown(query);
      return {
        text: `with ${tables.join('')}answer(${names}) as (${limited(query, limit)}) select * from answer limit ${limit}`,
        params: [...tables.map(() => [userId]), ...params],
      };
    },
    // The wrapping table lets a segment with a LIMIT stand where a subquery may not have one.
    everyone: ({ text, params }) => ({
      text: `select id from (with segment(id) as (${text}\n) select id from segment where id is not null) as everyone`,
      params,
    }),
  };
}

/** The SELECT as this server answers it. Behind it a new line is due: an author's text may end with a comment. */
function adapt(sql: string, params: unknown[], flavor: Server['flavor']): AdaptedSegment {
  const read = readQuery(sql, params);
  const { text, params: values } = flavor === 'mariadb' ? printMariadb(read) : printMysql(read);
  return {
    text,
    params: values.map((value) => (typeof value === 'bigint' ? String(value) : value)),
    facts: factsOf(read),
    isLimited: read.query.limit !== undefined,
  };
}

/** MariaDB forgets the order of a subquery that has no limit. */
function limited({ text, isLimited }: AdaptedSegment, limit: number): string {
  return isLimited ? `${text}\n` : `${text}\nlimit ${limit}`;
}
