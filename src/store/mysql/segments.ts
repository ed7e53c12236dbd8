import { factsOf } from '../../sql/facts/facts.ts';
import { printMariadb } from '../../sql/mariadb/print.ts';
import { printMysql } from '../../sql/mysql/print.ts';
import { readQuery } from '../../sql/read/read-query.ts';
import { userTables } from '../../sql/resolve/schema-tables.ts';
import { adaptedOnce } from '../driver/adapted-segments.ts';
import type { AdaptedSegment, SegmentDialect } from '../driver/driver.ts';
import type { Server } from './server.ts';

/**
 * A segment sees only the rows of the users in question: its tables are replaced by restricted
 * tables of the same names, which the server merges into the query. This works for every query.
 * Pushing a condition into the query from outside would depend on the plan (an uncorrelated `not in
 * (select user_id from events …)` would read all events).
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
    // The wrapping table allows a segment with a LIMIT in a subquery, where MySQL accepts no LIMIT.
    everyone: ({ text, params }) => ({
      text: `select id from (with segment(id) as (${text}\n) select id from segment where id is not null) as everyone`,
      params,
    }),
  };
}

/**
 * The SELECT in the form that this server can answer. A line feed must follow, because an author's
 * text may end with a comment.
 */
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

/** MariaDB drops the ORDER BY of a subquery that has no LIMIT. */
function limited({ text, isLimited }: AdaptedSegment, limit: number): string {
  return isLimited ? `${text}\n` : `${text}\nlimit ${limit}`;
}
