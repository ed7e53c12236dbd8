import { describe, expect, test } from 'bun:test';
import { factsOf } from '../../../src/sql/facts/facts.ts';
import { readQuery } from '../../../src/sql/read/read-query.ts';

const own = (sql: string) => factsOf(readQuery(sql, [])).ownRowsOnly;

describe('membership depends on the user’s own rows', () => {
  test.each([
    'select id from users',
    'select users.id from users',
    'select u.id as user from users as u where u.slot > 3',
    'select distinct user_id from events where name = "login"',
    'select user_id from events group by user_id having count(*) > 3',
    'select user_id from events group by name, user_id',
    'select u.id from users u join events e on u.id = e.user_id',
    'select u.id from users u, events e where (u.id = e.user_id and e.name = "x")',
    'select e.user_id from users u right join events e on e.user_id = u.id',
    'select user_id from events e join runs r using (user_id)',
    'select u.id from users u left join events a on a.user_id = u.id left join events b on b.user_id = a.user_id',
    'select id from users where exists (select 1 from events where user_id = users.id)',
    'select id from users where id in (select user_id from events)',
    'select id from users where id not in (select user_id from events where name in ("a", "b"))',
    'select id from users where (select count(*) from events e where e.user_id = users.id) > 3',
    'select id from users where (select name from events e where e.user_id = users.id order by id desc limit 1) = "x"',
    'select id from users where coalesce((select max(id) from events e where e.user_id = users.id), 0) > 3',
    'select id from users where case when exists (select 1 from events where user_id = users.id) then 1 else 0 end',
    'select t.user_id from (select user_id, count(*) n from events group by user_id) t where n > 1',
    'with t as (select user_id, count(*) n from events group by user_id) select id from users join t on t.user_id = id',
    'with t (who, n) as (select user_id, count(*) from events group by user_id) select who from t where n > 1',
    '(select id from users) union (select user_id from events)',
    'select id from users except select user_id from events',
    'select id from users where id in (select user_id from segment_members where segment_id in (select id from segments))',
    'select id from users where created_at between "2025-01-01" and "2026-01-01"',
    'select a.user_id from events a join events b on (a.user_id = b.user_id and b.id > a.id)',
    'select id from (select id from users) u',
    'select id from (select * from users) u',
    'select user_id from (select user_id, lag(id) over (partition by user_id order by id) as previous from events) t where previous > 3',
    'select user_id from (select user_id, rank() over w as place from events window w as (partition by user_id order by id)) t where place = 1',
    'select id from users where exists (select 1 from (select 1 as one from events where user_id = users.id) t)',
    'select u.id from users u, lateral (select count(*) as n from events e where e.user_id = u.id) c where c.n > 2',
    'select user_id as who from events group by who having count(*) > 3',
    'select id from users where (select count(*) from (select id from events e where e.user_id = users.id limit 3) t) = 3',
    'select e.user_id from users u join events e on e.user_id = u.id group by e.user_id having count(*) > 3',
  ])('%s', (sql) => {
    expect(own(sql)).toBe(true);
  });
});

describe('membership may depend on others', () => {
  test.each([
    'select id from users limit 5',
    'select id from users order by created_at limit 5 offset 2',
    '(select id from users limit 5) union (select user_id from events)',
    '(select id from users) union (select user_id from events) limit 3',
    'select max(id) from users',
    'select max(user_id) from events group by name',
    'select max(user_id) from events having count(*) > 3',
    'select id from users where created_at > (select avg(created_at) from users)',
    'select id from users where exists (select 1 from events)',
    'select id from users where exists (select 1 from events where user_id = "ann")',
    'select id from users where exists (select 1 from events where user_id = users.id or name = "x")',
    'select id from users where exists (select 1 from events where not user_id = users.id)',
    'select u.id from users u join users v on u.slot = v.slot',
    'select u.id from users u cross join events e',
    'select u.id from users u join events e on e.user_id = u.id or e.name = "x"',
    'select u.id from users u join events e on e.user_id > u.id',
    'select u.id from users u join events e on e.user_id = concat(u.id, "")',
    'select attributes->>"$.referrer" from users',
    'select concat(id) from users',
    'select name from events',
    'select id from events',
    'select user_id from (select user_id, row_number() over (order by id) n from events) t where n < 5',
    'select u.id from users u join (select name from events) t on t.name = u.id',
    'select id from users where attributes->>"$.friend" in (select user_id from events)',
    'select id from users where id in (select attributes->>"$.friend" from users)',
    'select id from users where (id, 1) in (select user_id, 1 from events)',
    'with users as (select user_id as id from events) select id from users',
    'with recursive t as (select id from users union select id from t) select id from t',
    'select id from segments',
    'select id from users where rand() < 0.1',
    // Those without an event are one group, and one NULL among the rows makes NOT IN unknown for everybody.
    'select max(u.id) from users u left join events e on e.user_id = u.id group by e.user_id',
    'select id from users where id not in (select e.user_id from users u left join events e on e.user_id = u.id)',
    'select user_id from (select user_id, rank() over (partition by name order by id) as place from events) t where place = 1',
    'select id from users where exists (select 1 from (select 1 as one from events) t)',
    'select user_id from events group by user_id with rollup having count(*) > 3',
    'select u.id from users u, lateral (select count(*) as n from events e) c where c.n > 2',
    'select * from (select count(*) as n from events) t join users on users.slot = t.n',
  ])('%s', (sql) => {
    expect(own(sql)).toBe(false);
  });
});
