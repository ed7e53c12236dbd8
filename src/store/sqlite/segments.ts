import type { AdaptedSegment, SegmentDialect, Value } from '../driver.ts';

export function sqliteSegments(): SegmentDialect {
  return {
    adapt(segment): AdaptedSegment {
      const text = segment.sql.replace(
        /((?:`\w+`|\w+)(?:\.(?:`\w+`|\w+))?)\s*->>?\s*('[^']*')/g,
        'json_extract($1, $2)',
      );
      return {
        text,
        params: segment.params as Value[],
        traits: { readsClock: false, readsEvents: /`events`/.test(text), ownRowsOnly: !/limit/i.test(text) },
      };
    },
    among(segment, ownRowsOnly, userIds) {
      if (!ownRowsOnly || !segment.traits.ownRowsOnly) {
        return {
          text: `select id from (with segment(id) as (${segment.text}) select distinct id from segment) where id in (select value from json_each(?))`,
          params: [...segment.params, [...userIds]],
        };
      }
      return {
        text: `with users as (select * from main.users where id in (select value from json_each(?1))), events as (select * from main.events where user_id in (select value from json_each(?1))), segment(id) as (${segment.text}) select distinct id from segment`,
        params: [[...userIds], ...segment.params],
      };
    },
    everyone: (segment) => ({
      text: `with segment(id) as (${segment.text}) select id from segment where id is not null`,
      params: segment.params,
    }),
  };
}
