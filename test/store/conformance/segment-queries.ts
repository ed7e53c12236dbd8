import { describe, expect, test } from 'bun:test';
import type { Opener } from '../conformance.ts';
import { populate } from './population.ts';

/** A SELECT, its parameters, and who it selects; `whole` when membership depends on other users. */
interface Query {
  sql: string;
  params?: unknown[];
  selects: string;
  whole?: boolean;
}

const EVERYONE = 'ann bob cid dan eve';

/** What people write, with the members that MySQL's documentation gives. */
const QUERIES: Query[] = [
  // JSON values
  { sql: "select id from users where attributes->'$.winback' = true", selects: 'ann' },
  { sql: "select id from users where attributes->'$.winback' = false", selects: 'bob' },
  { sql: "select id from users where attributes->'$.plan' = 'pro'", selects: 'ann' },
  { sql: "select id from users where attributes->>'$.plan' = 'free'", selects: 'bob eve' },
  { sql: "select id from users where attributes->>'$.plan' = ?", params: ['Pro'], selects: 'cid' },
  { sql: "select id from users where attributes->'$.age' > 18", selects: 'ann eve cid' },
  { sql: "select id from users where attributes->>'$.age' >= 18", selects: 'ann cid eve' },
  { sql: "select id from users where attributes->>'$.age' >= ?", params: [30], selects: 'ann eve' },
  { sql: "select id from users where ? > attributes->>'$.age'", params: [26], selects: 'bob cid' },
  { sql: "select id from users where attributes->>'$.age' between 17 and 25", selects: 'bob cid' },
  { sql: "select id from users where attributes->>'$.age' in (17, 25)", selects: 'bob cid' },
  { sql: "select id from users where attributes->>'$.age' not in (17, 25)", selects: 'ann eve' },
  { sql: "select id from users where attributes->>'$.age' = '25'", selects: 'cid' },
  { sql: "select id from users where attributes->>'$.winback' = 'true'", selects: 'ann eve' },
  { sql: "select id from users where attributes->'$.score' = 9.5", selects: 'ann' },
  { sql: "select id from users where attributes->'$.score' * 2 >= 4", selects: 'ann eve' },
  { sql: "select id from users where attributes->'$.plan' is null", selects: 'dan' },
  { sql: "select id from users where attributes->'$.note' is not null", selects: 'ann' },
  { sql: "select id from users where attributes->>'$.note' = 'null'", selects: 'ann' },
  { sql: "select id from users where attributes->>'$.address.city' = 'Oslo'", selects: 'ann' },
  { sql: "select id from users where attributes->>'$.address.city' <> 'Oslo'", selects: 'cid' },
  { sql: "select id from users where attributes->>'$.name' = 'O''Brien'", selects: 'cid' },
  { sql: 'select id from users where attributes->>"$.name" = "O\'Brien"', selects: 'cid' },
  { sql: "select id from users where attributes->>'$.name' = 'O\\'Brien'", selects: 'cid' },
  { sql: "select id from users where attributes->>'$.tags[0]' = 'vip'", selects: 'ann eve' },
  { sql: "select id from users where attributes->>'$.tags[last]' = 'beta'", selects: 'ann' },
  { sql: "select id from users where json_extract(attributes, '$.plan') = 'pro'", selects: 'ann' },
  {
    sql: "select id from users where json_unquote(json_extract(attributes, '$.plan')) in ('pro', 'Pro')",
    selects: 'ann cid',
  },
  { sql: "select id from users where json_contains(attributes->'$.tags', '\"vip\"')", selects: 'ann eve' },
  {
    sql: "select id from users where json_contains(attributes, '\"Oslo\"', '$.address.city')",
    selects: 'ann',
  },
  { sql: "select id from users where json_length(attributes->'$.tags') = 0", selects: 'bob' },
  { sql: "select id from users where json_length(attributes, '$.tags') > 1", selects: 'ann' },
  { sql: "select id from users where json_type(attributes->'$.age') = 'STRING'", selects: 'cid' },
  {
    sql: "select id from users where json_contains_path(attributes, 'one', '$.score', '$.name')",
    selects: 'ann cid eve',
  },
  { sql: "select id from users where coalesce(attributes->>'$.plan', 'none') = 'none'", selects: 'dan' },
  {
    sql: "select id from users where ifnull(attributes->>'$.winback', 'false') <> 'true'",
    selects: 'bob cid dan',
  },
  { sql: "select id from users where if(attributes->>'$.plan' = 'free', 1, 0)", selects: 'bob eve' },
  {
    sql: "select id from users where case attributes->>'$.plan' when 'pro' then 2 when 'free' then 1 else 0 end > 0",
    selects: 'ann bob eve',
  },
  { sql: "select id from users where cast(attributes->>'$.age' as unsigned) < 20", selects: 'bob' },
  { sql: "select id from users where cast(attributes->>'$.score' as decimal(10, 2)) = 9.50", selects: 'ann' },

  // Text
  { sql: "select id from users where attributes->>'$.email' like '%@example.com'", selects: 'ann eve' },
  { sql: "select id from users where attributes->>'$.email' not like '%@example.com'", selects: 'bob cid' },
  { sql: "select id from users where attributes->>'$.email' like 'eve\\_%\\%@%'", selects: 'eve' },
  {
    sql: "select id from users where attributes->>'$.email' like ?",
    params: ['___@%'],
    selects: 'ann bob cid',
  },
  {
    sql: "select id from users where attributes->>'$.email' like concat('%@', ?)",
    params: ['other.org'],
    selects: 'cid',
  },
  {
    sql: "select id from users where lower(attributes->>'$.email') like '%@example.com'",
    selects: 'ann bob eve',
  },
  { sql: "select id from users where attributes->>'$.email' regexp '^[a-c]'", selects: 'ann bob cid' },
  { sql: "select id from users where attributes->>'$.email' not rlike 'example'", selects: 'bob cid' },
  {
    sql: "select id from users where substring_index(attributes->>'$.email', '@', -1) = 'other.org'",
    selects: 'cid',
  },
  { sql: "select id from users where left(id, 1) in ('a', 'b') and char_length(id) = 3", selects: 'ann bob' },
  { sql: "select id from users where concat(id, '-', attributes->>'$.plan') = 'ann-pro'", selects: 'ann' },
  { sql: "select id from users where concat_ws('-', id, attributes->>'$.plan') = 'dan'", selects: 'dan' },
  { sql: "select id from users where id in ('ann', 'nobody') or id = 'eve'", selects: 'ann eve' },
  { sql: 'select id from users where not (id = "ann" || id = "bob") && id <> "cid"', selects: 'dan eve' },
  { sql: "select id from users where attributes->>'$.plan' <=> null", selects: 'dan' },
  { sql: "select id from users where locate('e', attributes->>'$.plan') > 0", selects: 'bob eve' },

  // Numbers
  {
    sql: 'select id from users where 7 / 2 = 3.5 and 7 div 2 = 3 and 7 % 4 = 3 and -7 div 2 = -3',
    selects: EVERYONE,
  },
  { sql: "select id from users where attributes->'$.score' / 2 > 1", selects: 'ann' },
  { sql: "select id from users where round(attributes->>'$.score') = 10 or floor(2.5) = 3", selects: 'ann' },
  { sql: "select id from users where greatest(3, 1, 2) = 3 and least('b', 'a') = 'a'", selects: EVERYONE },

  // Times
  { sql: 'select id from users where created_at >= now() - interval 31 day', selects: 'ann eve' },
  {
    sql: 'select id from users where created_at > date_sub(now(), interval ? day)',
    params: [31],
    selects: 'ann',
  },
  { sql: 'select id from users where created_at + interval 1 month < now()', selects: 'bob cid dan' },
  { sql: "select id from users where created_at >= '2025-12-01'", selects: 'ann eve' },
  { sql: "select id from users where created_at > '2025-12-01'", selects: 'ann' },
  { sql: 'select id from users where created_at = ?', params: ['2025-06-15 12:00:00'], selects: 'cid' },
  {
    sql: "select id from users where created_at between '2025-06-15 12:00:00' and '2025-11-01'",
    selects: 'bob cid',
  },
  {
    sql: 'select id from users where created_at < ?',
    params: [new Date('2025-06-15T12:00:00Z')],
    selects: 'dan',
  },
  { sql: "select id from users where date(created_at) = '2025-06-15'", selects: 'cid' },
  { sql: 'select id from users where date(created_at) = curdate() - interval 1 day', selects: 'ann' },
  { sql: 'select id from users where datediff(now(), created_at) between 1 and 31', selects: 'ann eve' },
  { sql: 'select id from users where timestampdiff(month, created_at, now()) >= 6', selects: 'cid dan' },
  {
    sql: 'select id from users where year(created_at) = 2025 and month(created_at) in (6, 11)',
    selects: 'bob cid',
  },
  { sql: "select id from users where date_format(created_at, '%Y-%m') = '2025-12'", selects: 'ann eve' },
  { sql: 'select id from users where extract(month from created_at) = 1', selects: 'dan' },
  {
    sql: 'select id from users where unix_timestamp(created_at) < unix_timestamp() - 86400 * 200',
    selects: 'dan',
  },
  { sql: "select id from users where attributes->>'$.signedUp' >= now() - interval 7 day", selects: 'ann' },
  {
    sql: 'select id from users where dayofweek(created_at) = 1 or weekday(created_at) = 2',
    selects: 'ann cid dan',
  },
  {
    sql: 'select id from users where created_at < utc_timestamp() and created_at < current_timestamp',
    selects: EVERYONE,
  },

  // Events
  { sql: "select distinct user_id from events where name = 'login'", selects: 'ann bob eve' },
  {
    sql: "select u.id from users u join events e on e.user_id = u.id where e.name = 'purchase' group by u.id having sum(e.attributes->'$.value') > 1000",
    selects: 'ann eve',
  },
  {
    sql: "select user_id from events where name = 'purchase' group by user_id having count(*) >= 2 and max(attributes->>'$.value' + 0) > 600",
    selects: 'ann',
  },
  {
    sql: 'select u.id from users u left join events e on e.user_id = u.id where e.id is null',
    selects: 'dan',
  },
  {
    sql: "select u.id from users u left join events e on (e.user_id = u.id and e.name = 'purchase') where e.id is null",
    selects: 'cid dan',
  },
  {
    sql: "select id from users where not exists (select 1 from events where events.user_id = users.id and events.name = 'login')",
    selects: 'cid dan',
  },
  {
    sql: "select id from users where exists (select 1 from events e where e.user_id = users.id and e.attributes->>'$.device' = 'phone')",
    selects: 'ann eve',
  },
  {
    sql: "select id from users where id in (select user_id from events where name = 'refund')",
    selects: 'cid',
  },
  {
    sql: "select id from users where id not in (select user_id from events where name = 'login')",
    selects: 'cid dan',
  },
  {
    sql: 'select id from users where (select count(*) from events e where e.user_id = users.id) / 2 > 1',
    selects: 'ann eve',
  },
  {
    sql: 'select id from users u where (select name from events e where e.user_id = u.id order by created_at desc limit 1) = ?',
    params: ['login'],
    selects: 'eve',
  },
  {
    sql: 'select user_id from events group by user_id having max(created_at) < now() - interval 30 day',
    selects: 'bob',
  },
  {
    sql: "select user_id from events where created_at >= '2025-12-31 23:59:59' and created_at < '2026-01-01'",
    selects: 'ann',
  },
  {
    sql: "select a.user_id from events a join events b on a.user_id = b.user_id where a.name = 'login' and b.name = 'purchase' and b.created_at > a.created_at",
    selects: 'ann bob',
  },
  {
    sql: "select t.user_id from (select user_id, count(*) as n from events where name = 'login' group by user_id) t where t.n > 1",
    selects: 'eve',
  },
  {
    sql: "with spent as (select user_id, sum(attributes->>'$.value') as total from events where name = ? group by user_id) select users.id from users join spent on spent.user_id = users.id where spent.total > ?",
    params: ['purchase', 100],
    selects: 'ann eve',
  },
  {
    sql: 'select user_id from events group by user_id having count(distinct name) > 1',
    selects: 'ann bob cid eve',
  },
  { sql: 'select user_id from segment_members where segment_id = ?', params: ['beta'], selects: 'bob' },
  {
    sql: "select id from users where id not in (select user_id from segment_members) and attributes->>'$.plan' is not null",
    selects: 'ann cid eve',
  },

  // Sets
  {
    sql: "(select id from users where id = 'ann') union (select user_id from events where name = 'refund')",
    selects: 'ann cid',
  },
  {
    sql: "((select id from users where id = 'ann') union all (select id from users where id = 'bob')) union distinct (select user_id from events where name = 'signup') order by id",
    selects: 'ann bob cid',
  },
  { sql: 'select id from users union select user_id from events', selects: EVERYONE },
  { sql: "select id from users except select user_id from events where name = 'login'", selects: 'cid dan' },
  { sql: "select id from users intersect select user_id from events where name = 'refund'", selects: 'cid' },

  // Where others matter
  { sql: 'select id from users order by created_at desc limit 2', selects: 'ann eve', whole: true },
  { sql: 'select id from users order by id limit 1, 2', selects: 'bob cid', whole: true },
  {
    sql: 'select id from users where created_at = (select max(created_at) from users)',
    selects: 'ann',
    whole: true,
  },
  {
    sql: 'select user_id from (select user_id, row_number() over (order by count(*) desc, user_id) as place from events group by user_id) ranked where place <= 2',
    selects: 'ann eve',
    whole: true,
  },
  {
    sql: "select u.id from users u cross join users other where other.attributes->>'$.plan' = u.attributes->>'$.plan' and other.id <> u.id",
    selects: 'bob eve',
    whole: true,
  },
  { sql: 'select max(id) from users', selects: 'eve', whole: true },
  {
    sql: "select id from users where 1000 < (select sum(attributes->>'$.value') from events where name = 'purchase')",
    selects: EVERYONE,
    whole: true,
  },
];

export function segmentQueries(open: Opener): void {
  describe('segment queries', () => {
    test.each(QUERIES.map((query) => [query.sql, query] as const))('%s', async (_sql, query) => {
      await using opened = await open();
      const { store } = opened;
      const everyone = await populate(store);
      const segment = { id: 'tested', sql: query.sql, params: query.params ?? [] };
      const expected = new Set(query.selects.split(' '));

      const facts = await store.inspectSegment(segment);
      expect(facts.ownRowsOnly).toBe(query.whole !== true);
      expect(await store.evaluateSegment(segment, facts, everyone)).toEqual(expected);
      // One by one the answer is the same: nothing that was hidden mattered.
      for (const id of everyone) {
        const alone = await store.evaluateSegment(segment, facts, [id]);
        expect(alone).toEqual(new Set(expected.has(id) ? [id] : []));
      }
      expect(await store.evaluateSegment(segment, { ...facts, ownRowsOnly: false }, everyone)).toEqual(
        expected,
      );
      expect(await store.markSegmentChanges(segment)).toBe(expected.size);
    });
  });
}
