import {
  and,
  between,
  count,
  desc,
  eq,
  exists,
  gt,
  gte,
  inArray,
  isNull,
  like,
  lt,
  ne,
  not,
  notExists,
  notInArray,
  or,
  sql,
  sum,
} from 'drizzle-orm';
import { alias, type QueryBuilder } from 'drizzle-orm/mysql-core';
import { events, segmentMembers, users } from '../../src/schema/index.ts';

type Evaluator = (db: QueryBuilder) => unknown;

const ids = (db: QueryBuilder) => db.select({ id: users.id }).from(users);
const json = users.attributes;
const bought = (db: QueryBuilder) =>
  ids(db).innerJoin(events, eq(events.userId, users.id)).where(eq(events.name, 'purchase')).groupBy(users.id);
const past = alias(events, 'past');

/** Segments as people write them, with Drizzle; each by what it is about. */
export const QUERIES: Record<string, Evaluator> = {
  // Booleans
  'boolean: is true': (db) => ids(db).where(sql`${json}->'$.vip' = true`),
  'boolean: is false': (db) => ids(db).where(sql`${json}->'$.vip' = false`),
  'boolean: is not true': (db) => ids(db).where(sql`${json}->'$.vip' <> true`),
  'boolean: not, over missing ones': (db) => ids(db).where(not(sql`${json}->'$.vip' = true`)),
  'boolean: a parameter': (db) => ids(db).where(sql`${json}->'$.vip' = ${true}`),
  'boolean: as text': (db) => ids(db).where(sql`${json}->>'$.vip' = 'true'`),
  'boolean: text in a list': (db) => ids(db).where(sql`${json}->>'$.vip' in ('true', '1')`),
  'boolean: with a default': (db) => ids(db).where(sql`coalesce(${json}->>'$.vip', 'false') = 'false'`),
  'boolean: compared with 1': (db) => ids(db).where(sql`${json}->'$.vip' = 1`),
  'boolean: extracted': (db) => ids(db).where(sql`json_extract(${json}, '$.vip') = true`),

  // Numbers
  'number: greater': (db) => ids(db).where(sql`${json}->'$.age' > 18`),
  'number: less or equal': (db) => ids(db).where(sql`${json}->'$.age' <= 34`),
  'number: equal': (db) => ids(db).where(sql`${json}->'$.age' = 34`),
  'number: not equal': (db) => ids(db).where(sql`${json}->'$.age' <> 34`),
  'number: a parameter on the left': (db) => ids(db).where(sql`${20} < ${json}->'$.age'`),
  'number: a fraction': (db) => ids(db).where(sql`${json}->'$.score' = 9.5`),
  'number: text as a number': (db) => ids(db).where(sql`${json}->>'$.age' >= 18`),
  'number: cast': (db) => ids(db).where(sql`cast(${json}->>'$.age' as signed) between 10 and 40`),
  'number: cast to decimal': (db) => ids(db).where(sql`cast(${json}->>'$.score' as decimal(10,2)) = 9.50`),
  'number: text between numbers': (db) => ids(db).where(sql`${json}->>'$.visits' between 3 and 12`),
  'number: arithmetic': (db) => ids(db).where(sql`${json}->'$.visits' * 2 + 1 > 10`),
  'number: division': (db) => ids(db).where(sql`${json}->>'$.visits' / 2 >= 3.5`),
  'number: rounding': (db) => ids(db).where(sql`round(${json}->>'$.score') in (10, -2)`),
  'number: modulo': (db) => ids(db).where(sql`${json}->>'$.visits' % 2 = 1`),
  'number: compared with text': (db) => ids(db).where(sql`${json}->'$.age' = '25'`),
  'number: text in a list of numbers': (db) => ids(db).where(sql`${json}->>'$.age' in (17, 25)`),

  // Text
  'text: equal': (db) => ids(db).where(sql`${json}->'$.plan' = 'pro'`),
  'text: equal, unquoted': (db) => ids(db).where(sql`${json}->>'$.plan' = ${'pro'}`),
  'text: not equal': (db) => ids(db).where(sql`${json}->>'$.plan' <> 'pro'`),
  'text: not equal, as JSON': (db) => ids(db).where(sql`${json}->'$.plan' <> 'pro'`),
  'text: in a list': (db) => ids(db).where(sql`${json}->>'$.plan' in (${'pro'}, ${'team'})`),
  'text: not in a list': (db) => ids(db).where(sql`${json}->>'$.plan' not in ('pro', 'team')`),
  'text: empty': (db) => ids(db).where(sql`${json}->>'$.plan' = ''`),
  'text: LIKE': (db) => ids(db).where(sql`${json}->>'$.email' like '%@example.com'`),
  'text: LIKE with wildcards escaped': (db) => ids(db).where(sql`${json}->>'$.email' like ${'%\\_100\\%@%'}`),
  'text: NOT LIKE': (db) => ids(db).where(sql`${json}->>'$.email' not like '%@example.com'`),
  'text: lower case': (db) => ids(db).where(sql`lower(${json}->>'$.plan') = 'pro'`),
  'text: a name with quotes': (db) => ids(db).where(sql`${json}->>'$.name' = ${'O\'Hal "\\"'}`),
  'text: unicode': (db) => ids(db).where(sql`${json}->>'$.name' = 'Ünïcödé 🙂'`),
  'text: length in characters': (db) => ids(db).where(sql`char_length(${json}->>'$.name') = 9`),
  'text: accents differ': (db) => ids(db).where(sql`${json}->>'$.name' = 'Ann'`),
  'text: without case, by collation': (db) =>
    ids(db).where(sql`${json}->>'$.name' collate utf8mb4_general_ci = 'ann'`),
  'text: concatenated': (db) =>
    ids(db).where(sql`concat(${json}->>'$.plan', '/', ${json}->>'$.name') = 'free/bob'`),
  'text: the domain of an address': (db) =>
    ids(db).where(sql`substring_index(${json}->>'$.email', '@', -1) = 'other.org'`),
  'text: REGEXP': (db) => ids(db).where(sql`${json}->>'$.email' regexp '^[a-c].*[.]com$'`),
  'text: CASE': (db) =>
    ids(db).where(
      sql`case when ${json}->>'$.plan' in ('pro', 'team') then 2 when ${json}->>'$.plan' = 'free' then 1 else 0 end >= 1`,
    ),
  'text: IF and IFNULL': (db) =>
    ids(db).where(sql`if(ifnull(${json}->>'$.plan', '') = '', 'none', 'some') = 'none'`),
  'text: order of texts': (db) => ids(db).where(sql`${json}->>'$.name' >= 'a'`),

  // Missing and null
  'missing: is null': (db) => ids(db).where(sql`${json}->'$.plan' is null`),
  'missing: is not null': (db) => ids(db).where(sql`${json}->'$.plan' is not null`),
  'missing: unquoted, is null': (db) => ids(db).where(sql`${json}->>'$.vip' is null`),
  'missing: JSON null as text': (db) => ids(db).where(sql`${json}->>'$.vip' = 'null'`),
  'missing: by type': (db) => ids(db).where(sql`json_type(${json}->'$.vip') = 'NULL'`),
  'missing: by path': (db) => ids(db).where(sql`not json_contains_path(${json}, 'one', '$.email', '$.plan')`),
  'missing: safe equality': (db) => ids(db).where(sql`not (${json}->>'$.plan' <=> 'pro')`),

  // Arrays and objects
  'array: contains': (db) => ids(db).where(sql`json_contains(${json}->'$.tags', '"a"')`),
  'array: contains, with a path': (db) => ids(db).where(sql`json_contains(${json}, '"vip"', '$.tags')`),
  'array: member of': (db) => ids(db).where(sql`'a' member of (${json}->'$.tags')`),
  'array: length': (db) => ids(db).where(sql`json_length(${json}->'$.tags') >= 1`),
  'array: empty': (db) => ids(db).where(sql`json_length(${json}, '$.tags') = 0`),
  'array: an element': (db) => ids(db).where(sql`${json}->>'$.tags[0]' = 'a'`),
  'array: the last element': (db) => ids(db).where(sql`${json}->>'$.tags[last]' = 'b'`),
  'array: overlaps': (db) => ids(db).where(sql`json_overlaps(${json}->'$.tags', '["b", "vip"]')`),
  'object: nested': (db) => ids(db).where(sql`${json}->>'$.address.city' = 'São Paulo'`),
  'object: deep in an array': (db) => ids(db).where(sql`${json}->'$.deep.a.b[1].c' = true`),
  'object: a key with a space': (db) => ids(db).where(sql`${json}->>'$."odd key"' = 'yes'`),
  'object: type': (db) => ids(db).where(sql`json_type(${json}->'$.plan') = 'OBJECT'`),

  // JSON that is not unquoted, where MySQL looks at the JSON
  'json: in a list of texts': (db) => ids(db).where(sql`${json}->'$.plan' in ('pro', 'free')`),
  'json: not in a list of texts': (db) => ids(db).where(sql`${json}->'$.plan' not in ('pro', 'free')`),
  'json: in a list of numbers': (db) => ids(db).where(sql`${json}->'$.age' in (34, 17, 25)`),
  'json: in a list of booleans': (db) => ids(db).where(sql`${json}->'$.vip' in (true, false)`),
  'json: in a list of one parameter': (db) => ids(db).where(sql`${json}->'$.plan' in (${'team'})`),
  'json: between numbers': (db) => ids(db).where(sql`${json}->'$.age' between 18 and 40`),
  'json: between texts': (db) => ids(db).where(sql`${json}->'$.plan' between 'a' and 'pz'`),
  'json: CASE with values': (db) =>
    ids(db).where(sql`case ${json}->'$.plan' when 'pro' then 1 when 'team' then 1 else 0 end = 1`),
  'json: as a condition': (db) => ids(db).where(sql`${json}->'$.vip'`),
  'json: as a condition, negated': (db) => ids(db).where(sql`not ${json}->'$.vip'`),
  'json: IS TRUE': (db) => ids(db).where(sql`${json}->'$.vip' is true`),
  'json: COALESCE with a boolean': (db) => ids(db).where(sql`coalesce(${json}->'$.vip', false) = false`),
  'json: IFNULL with a number': (db) => ids(db).where(sql`ifnull(${json}->'$.age', 0) > 20`),
  'json: IF': (db) => ids(db).where(sql`if(${json}->'$.vip' = true, 'yes', 'no') = 'yes'`),
  'json: in lower case': (db) => ids(db).where(sql`lower(${json}->'$.plan') = 'pro'`),
  'json: concatenated': (db) => ids(db).where(sql`concat(${json}->'$.plan', '!') = '"pro"!'`),
  'json: LIKE': (db) => ids(db).where(sql`${json}->'$.email' like '%@example.com"'`),
  'json: LIKE without quotes': (db) => ids(db).where(sql`${json}->'$.email' like '%@example.com'`),
  'json: cast to a number': (db) => ids(db).where(sql`cast(${json}->'$.age' as signed) > 20`),
  'json: cast to text': (db) => ids(db).where(sql`cast(${json}->'$.plan' as char) = '"pro"'`),
  'json: two values': (db) => ids(db).where(sql`${json}->'$.age' > ${json}->'$.visits'`),
  'json: two equal values': (db) =>
    ids(db).where(sql`${json}->'$.name' = ${json}->'$.plan.name' or ${json}->'$.vip' = ${json}->'$.age'`),
  'json: with a column': (db) => ids(db).where(sql`${json}->'$.name' = ${users.id}`),
  'json: with now': (db) => ids(db).where(sql`${json}->'$.signedUpOn' < now()`),
  'json: with a time in text': (db) => ids(db).where(sql`${json}->'$.signedUpOn' < '2026-06-01'`),
  'json: null-safe': (db) => ids(db).where(sql`${json}->'$.vip' <=> true`),
  'json: less than a boolean': (db) => ids(db).where(sql`${json}->'$.vip' < true`),
  'json: array equal': (db) => ids(db).where(sql`${json}->'$.tags' = cast('["a", "b"]' as json)`),
  'json: array as text': (db) => ids(db).where(sql`${json}->'$.tags' = '["a", "b"]'`),
  'json: cast boolean': (db) => ids(db).where(sql`${json}->'$.vip' = cast('true' as json)`),
  'json: a sum compared': (db) => ids(db).where(sql`${json}->'$.age' = 30 + 4`),
  'json: greatest': (db) => ids(db).where(sql`greatest(${json}->>'$.age', 18) = 18`),
  'json: JSON_VALUE': (db) => ids(db).where(sql`json_value(${json}, '$.plan') = 'pro'`),
  'json: JSON_UNQUOTE of JSON_EXTRACT': (db) =>
    ids(db).where(sql`json_unquote(json_extract(${json}, '$.plan')) = 'pro'`),
  'json: JSON_SEARCH': (db) => ids(db).where(sql`json_search(${json}, 'one', 'pro') is not null`),
  'json: JSON_KEYS': (db) => ids(db).where(sql`json_contains(json_keys(${json}), '"referrer"')`),
  'json: MAX': (db) => bought(db).having(sql`max(${events.attributes}->'$.value') >= 600`),
  'json: AVG': (db) => bought(db).having(sql`avg(${events.attributes}->'$.value') > 500`),
  'json: COUNT': (db) => bought(db).having(sql`count(${events.attributes}->'$.coupon') >= 1`),
  'json: ROUND': (db) => ids(db).where(sql`round(${json}->'$.score') = 10`),
  'json: negative': (db) => ids(db).where(sql`-(${json}->'$.age') = -34`),
  'json: length of text': (db) => ids(db).where(sql`char_length(${json}->'$.plan') = 5`),
  'json: wildcards': (db) => ids(db).where(sql`json_contains(${json}->'$.*', '34')`),
  'json: a key that is a number': (db) => ids(db).where(sql`${json}->>'$.address.zip' = 150`),
  'json: leading zero': (db) => ids(db).where(sql`${json}->'$.address.zip' = '0150'`),
  'text: REGEXP_LIKE': (db) => ids(db).where(sql`regexp_like(${json}->>'$.email', '^[a-c].*[.]com$')`),
  'text: REGEXP of JSON': (db) => ids(db).where(sql`${json}->'$.plan' regexp 'pro'`),
  'text: GROUP_CONCAT': (db) =>
    bought(db).having(
      sql`group_concat(${events.attributes}->>'$.items' order by ${events.id} separator '-') = '2-1'`,
    ),
  'text: LEFT, RIGHT, TRIM': (db) =>
    ids(db).where(
      sql`concat(left(${json}->>'$.name', 1), right(trim(${json}->>'$.plan'), 1)) in ('Ao', 'be')`,
    ),
  'text: REPLACE, LOCATE, SUBSTRING': (db) =>
    ids(db).where(sql`locate('x', replace(substring(${json}->>'$.email', 5), 'a', 'x')) > 0`),
  'time: STR_TO_DATE': (db) =>
    ids(db).where(sql`str_to_date(${json}->>'$.signedUpOn', '%Y-%m-%d') = '2026-05-15'`),
  'time: WEEK and WEEKDAY': (db) =>
    ids(db).where(sql`week(${users.createdAt}) = week(now()) or weekday(${users.createdAt}) = 6`),
  'time: CONVERT_TZ': (db) =>
    ids(db).where(sql`hour(convert_tz(${users.createdAt}, '+00:00', '+02:00')) = 1`),
  'time: FROM_UNIXTIME': (db) => ids(db).where(sql`${users.createdAt} > from_unixtime(1781000000)`),
  'time: date in a list': (db) =>
    ids(db).where(sql`date(${users.createdAt}) in ('2026-06-14', '2026-06-01')`),
  'events: ROLLUP': () =>
    sql`select user_id from (select user_id, count(*) as n from events group by user_id with rollup) as t where n >= 3 and user_id is not null`,
  'set: EXCEPT': () => sql`select id from users except select user_id from events`,
  'set: INTERSECT': () =>
    sql`select id from users intersect select user_id from events where name = 'refund'`,
  'set: UNION ALL in brackets': () =>
    sql`(select id from users where id = 'ann') union all (select id from users where id = 'bob' order by created_at limit 1)`,
  'window: LAG': () =>
    sql`select distinct user_id from (select user_id, created_at, lag(created_at) over (partition by user_id order by created_at) as previous from events) as pairs where timestampdiff(day, previous, created_at) > 10`,
  'others: RIGHT JOIN': () =>
    sql`select u.id from events e right join users u on u.id = e.user_id and e.name = 'login' where e.id is null`,
  'others: LATERAL': () =>
    sql`select u.id from users u, lateral (select count(*) as n from events e where e.user_id = u.id) as c where c.n > 2`,
  'others: JSON_TABLE': () =>
    sql`select u.id from users u, json_table(u.attributes, '$.tags[*]' columns (tag varchar(20) path '$')) as t where t.tag = 'a'`,

  // Ids, case, collation
  'id: equal': (db) => ids(db).where(eq(users.id, 'ann')),
  'id: with a quote': (db) => ids(db).where(eq(users.id, "o'neil")),
  'id: in a list': (db) => ids(db).where(inArray(users.id, ['Ann', 'änn%_', 'nobody'])),
  'id: LIKE': (db) => ids(db).where(like(users.id, 'a%')),
  'id: not in a list': (db) =>
    ids(db).where(notInArray(users.id, ['ann', 'bob', 'cid', 'dan', 'eve', 'fay'])),
  'id: upper case': (db) => ids(db).where(sql`upper(${users.id}) = 'ANN'`),

  // Times
  'time: INTERVAL': (db) => ids(db).where(sql`${users.createdAt} > now() - interval 7 day`),
  'time: DATE_SUB': (db) => ids(db).where(sql`${users.createdAt} < date_sub(now(), interval 6 month)`),
  'time: without INTERVAL, by a Date': (db) =>
    ids(db).where(gte(users.createdAt, new Date('2026-06-01T00:00:00Z'))),
  'time: between': (db) =>
    ids(db).where(
      between(users.createdAt, new Date('2026-01-01T00:00:00Z'), new Date('2026-05-15T12:00:00Z')),
    ),
  'time: DATEDIFF': (db) => ids(db).where(sql`datediff(now(), ${users.createdAt}) between 1 and 31`),
  'time: TIMESTAMPDIFF': (db) => ids(db).where(sql`timestampdiff(hour, ${users.createdAt}, now()) < 48`),
  'time: whole months': (db) => ids(db).where(sql`timestampdiff(month, ${users.createdAt}, now()) >= 4`),
  'time: the same day a year ago': (db) =>
    ids(db).where(sql`date(${users.createdAt}) = curdate() - interval 1 year`),
  'time: parts': (db) =>
    ids(db).where(
      sql`year(${users.createdAt}) = 2026 and month(${users.createdAt}) = 6 and dayofweek(${users.createdAt}) = 2`,
    ),
  'time: formatted': (db) => ids(db).where(sql`date_format(${users.createdAt}, '%Y-%m') = '2026-06'`),
  'time: UNIX_TIMESTAMP': (db) =>
    ids(db).where(sql`unix_timestamp(${users.createdAt}) > unix_timestamp() - 86400`),
  'time: a date in JSON': (db) => ids(db).where(sql`${json}->>'$.signedUpOn' > now() - interval 30 day`),
  'time: a date in JSON, as a date': (db) =>
    ids(db).where(sql`date(${json}->>'$.signedUpOn') = '2026-06-01'`),
  'time: end of the month': (db) =>
    ids(db).where(sql`last_day(${users.createdAt}) = date(${users.createdAt})`),
  'time: leap day and a year': (db) =>
    ids(db).where(sql`date_add(${users.createdAt}, interval 1 year) = '2025-02-28 10:00:00'`),
  'time: the hour': (db) => ids(db).where(sql`extract(hour from ${users.createdAt}) >= 22`),
  'time: text compared': (db) => ids(db).where(sql`${users.createdAt} >= '2026-06-14 08:00:00'`),

  // Events
  'events: who did': (db) =>
    db.selectDistinct({ id: events.userId }).from(events).where(eq(events.name, 'login')),
  'events: names differ by case': (db) =>
    db.selectDistinct({ id: events.userId }).from(events).where(eq(events.name, 'Purchase')),
  'events: recently': (db) =>
    db
      .selectDistinct({ id: events.userId })
      .from(events)
      .where(and(eq(events.name, 'login'), sql`${events.createdAt} >= now() - interval 1 day`)),
  'events: HAVING a sum': (db) => bought(db).having(sql`sum(${events.attributes}->'$.value') > 1000`),
  'events: HAVING a sum of text': (db) =>
    bought(db).having(sql`sum(${events.attributes}->>'$.value') >= 1200`),
  'events: HAVING a count': (db) => bought(db).having(gte(count(events.id), 2)),
  'events: HAVING an average': (db) =>
    bought(db).having(sql`avg(${events.attributes}->>'$.value') between 400 and 600`),
  'events: HAVING a maximum': (db) =>
    bought(db).having(sql`max(cast(${events.attributes}->>'$.value' as decimal(10,2))) > 600`),
  'events: HAVING with a subquery about the group': () =>
    sql`select e.user_id from events e join users u on u.id = e.user_id group by e.user_id
      having exists (select 1 from events x where x.user_id = e.user_id and x.name = 'refund')`,
  'events: HAVING with an aggregate in a subquery': () =>
    sql`select user_id from events group by user_id having max(name) in (select name from events where name = 'refund')`,
  'events: HAVING with a value of the group': () =>
    sql`select u.id from users u join events e on e.user_id = u.id group by u.id
      having max(e.created_at) > (select min(x.created_at) from events x where x.user_id = u.id and x.name = 'login')`,
  'events: the last one is old': (db) =>
    db
      .select({ id: events.userId })
      .from(events)
      .groupBy(events.userId)
      .having(sql`max(${events.createdAt}) < now() - interval 90 day`),
  'events: kinds counted': (db) =>
    db
      .select({ id: events.userId })
      .from(events)
      .groupBy(events.userId)
      .having(sql`count(distinct ${events.name}) >= 2`),
  'events: NOT EXISTS': (db) =>
    ids(db).where(
      notExists(
        db
          .select({ one: sql`1` })
          .from(events)
          .where(and(eq(events.userId, users.id), eq(events.name, 'login'))),
      ),
    ),
  'events: EXISTS with JSON': (db) =>
    ids(db).where(
      exists(
        db
          .select({ one: sql`1` })
          .from(events)
          .where(and(eq(events.userId, users.id), sql`${events.attributes}->>'$.device' = 'phone'`)),
      ),
    ),
  'events: LEFT JOIN … IS NULL': (db) =>
    ids(db)
      .leftJoin(events, and(eq(events.userId, users.id), eq(events.name, 'purchase')))
      .where(isNull(events.id)),
  'events: IN a subquery': (db) =>
    ids(db).where(
      inArray(users.id, db.select({ id: events.userId }).from(events).where(eq(events.name, 'refund'))),
    ),
  'events: NOT IN a subquery': (db) =>
    ids(db).where(
      notInArray(users.id, db.select({ id: events.userId }).from(events).where(eq(events.name, 'purchase'))),
    ),
  'events: one after the other': (db) =>
    db
      .selectDistinct({ id: events.userId })
      .from(events)
      .innerJoin(past, and(eq(past.userId, events.userId), eq(past.name, 'login')))
      .where(and(eq(events.name, 'purchase'), gt(events.createdAt, past.createdAt))),
  'events: a scalar subquery': (db) =>
    ids(db).where(sql`(select count(*) from ${events} where ${events.userId} = ${users.id}) > 2`),
  'events: the latest by a subquery': (db) =>
    ids(db).where(
      sql`(select ${events.name} from ${events} where ${events.userId} = ${users.id} order by ${events.createdAt} desc, ${events.id} desc limit 1) = 'purchase'`,
    ),
  'events: a derived table': (db) => {
    const totals = db
      .select({
        userId: events.userId,
        total: sql<number>`sum(${events.attributes}->>'$.value')`.as('total'),
      })
      .from(events)
      .where(eq(events.name, 'purchase'))
      .groupBy(events.userId)
      .as('totals');
    return db
      .select({ id: users.id })
      .from(users)
      .innerJoin(totals, eq(totals.userId, users.id))
      .where(gt(totals.total, 1000));
  },
  'events: WITH': (db) => {
    const logins = db.$with('logins').as(
      db
        .select({ userId: events.userId, times: count().as('times') })
        .from(events)
        .where(eq(events.name, 'login'))
        .groupBy(events.userId),
    );
    return db
      .with(logins)
      .select({ id: users.id })
      .from(users)
      .leftJoin(logins, eq(logins.userId, users.id))
      .where(sql`coalesce(${logins.times}, 0) < 1`);
  },
  'events: a JSON boolean': (db) =>
    db.selectDistinct({ id: events.userId }).from(events).where(sql`${events.attributes}->'$.coupon' = true`),
  'events: a JSON array': (db) =>
    db
      .selectDistinct({ id: events.userId })
      .from(events)
      .where(sql`json_contains(${events.attributes}->'$.sku', '"y"')`),
  'events: a conditional sum': (db) =>
    db
      .select({ id: events.userId })
      .from(events)
      .groupBy(events.userId)
      .having(
        sql`sum(case when ${events.name} = 'login' then 1 else 0 end) >= 1 and sum(${events.name} = 'purchase') = 0`,
      ),

  // Other tables
  'members: of a segment': (db) =>
    db.select({ id: segmentMembers.userId }).from(segmentMembers).where(eq(segmentMembers.segmentId, 'beta')),
  'members: since': (db) =>
    ids(db)
      .innerJoin(
        segmentMembers,
        and(eq(segmentMembers.userId, users.id), eq(segmentMembers.segmentId, 'beta')),
      )
      .where(lt(segmentMembers.since, new Date('2026-05-01T00:00:00Z'))),

  // Sets, windows, limits
  'set: UNION': (db) =>
    ids(db)
      .where(sql`${json}->>'$.plan' = 'team'`)
      .union(
        ids(db).where(
          sql`${users.id} in (select ${events.userId} from ${events} where ${events.name} = 'refund')`,
        ),
      ),
  'set: OR over both': (db) =>
    ids(db).where(or(sql`${json}->>'$.plan' = 'team'`, ne(users.id, users.id), eq(users.id, 'eve'))),
  'set: DISTINCT over a join': (db) =>
    db
      .selectDistinct({ id: users.id })
      .from(users)
      .innerJoin(events, eq(events.userId, users.id))
      .where(sql`${json}->>'$.plan' is not null`),
  'window: the three who spent most': (db) => {
    const spent = db
      .select({
        userId: events.userId,
        total: sum(sql`cast(${events.attributes}->>'$.value' as decimal(12,2))`).as('total'),
      })
      .from(events)
      .where(eq(events.name, 'purchase'))
      .groupBy(events.userId)
      .as('spent');
    const ranked = db
      .select({
        userId: spent.userId,
        place: sql<number>`row_number() over (order by ${spent.total} desc, ${spent.userId})`.as('place'),
      })
      .from(spent)
      .as('ranked');
    return db.select({ id: ranked.userId }).from(ranked).where(sql`${ranked.place} <= 3`);
  },
  'window: a rank within a plan': (db) => {
    const ranked = db
      .select({
        id: users.id,
        place: sql<number>`rank() over (partition by ${json}->>'$.plan' order by ${users.createdAt})`.as(
          'place',
        ),
      })
      .from(users)
      .as('ranked');
    return db.select({ id: ranked.id }).from(ranked).where(sql`${ranked.place} = 1`);
  },
  'limit: the newest': (db) => ids(db).orderBy(desc(users.createdAt)).limit(3),
  'limit: with an offset': (db) => ids(db).orderBy(users.id).limit(2).offset(1),
  'others: above the average': (db) =>
    ids(db).where(
      sql`cast(${json}->>'$.visits' as signed) > (select avg(cast(other.attributes->>'$.visits' as signed)) from users other)`,
    ),
  'others: shares an attribute': (db) => {
    const other = alias(users, 'other');
    return db
      .selectDistinct({ id: users.id })
      .from(users)
      .innerJoin(other, and(ne(other.id, users.id), sql`${other.attributes}->>'$.age' = ${json}->>'$.age'`));
  },
};
