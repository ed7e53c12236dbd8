import { describe, expect, test } from 'bun:test';
import { traitsOf } from '../../../src/store/dialect/traits.ts';
import { parse } from '../../../src/store/dialect/tree.ts';

const own = (sql: string) => traitsOf(parse(sql), []).ownRowsOnly;

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
    'select user_id from events group by name',
    'select user_id from events having count(*) > 3',
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
    'with users as (select id from main_users) select id from users',
    'with recursive t as (select id from users union select id from t) select id from t',
    'select id from mystery',
    'select id from other.users',
    'select id from segments',
    'select id from users where rand() < 0.1',
    'select * from (select count(*) as n from events) t join users on users.slot = t.n',
  ])('%s', (sql) => {
    expect(own(sql)).toBe(false);
  });
});
