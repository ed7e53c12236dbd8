import { describe, expect, test } from 'bun:test';
import { factsOf } from '../../../src/sql/facts/facts.ts';
import { readQuery } from '../../../src/sql/read/read-query.ts';

const read = (sql: string, ...params: unknown[]) => factsOf(readQuery(sql, params)).eventNames?.toSorted();

describe('the names of the events that a segment reads', () => {
  test.each<[string, string[]]>([
    ['select id from users', []],
    ["with events as (select id, id as name from users) select id from events where name = 'a'", []],
    ["select user_id from events where name = 'a'", ['a']],
    ["select user_id from events where 'a' = events.name", ['a']],
    ["select user_id from events where (name in ('a', 'b') and created_at > '2026-01-01')", ['a', 'b']],
    ["select user_id from events where name = 'a ' group by user_id having count(*) > 3", ['a']],
    ["select u.id from users u join events e on e.user_id = u.id and e.name = 'a'", ['a']],
    [
      "select u.id from users u left join events e on e.user_id = u.id and e.name = 'a' where e.id is null",
      ['a'],
    ],
    ["select u.id from users u left join events e on e.user_id = u.id where e.name = 'a'", ['a']],
    [
      "select id from users where not exists (select 1 from events where user_id = users.id and name = 'a')",
      ['a'],
    ],
    [
      "select id from users where id in (select user_id from events where name = 'a') or id in (select user_id from events where name = 'b')",
      ['a', 'b'],
    ],
    ["with e as (select * from events where name = 'a') select user_id from e", ['a']],
    ["select user_id from (select user_id, created_at from events where name = 'a') as t", ['a']],
    [
      "select user_id from events where name = 'a' union select user_id from events where name = 'b'",
      ['a', 'b'],
    ],
    [
      "select a.user_id from events a join events b on b.user_id = a.user_id and b.name = 'b' where a.name = 'a'",
      ['a', 'b'],
    ],
  ])('%s', (sql, names) => {
    expect(read(sql)).toEqual(names);
  });

  test('come from parameters, too', () => {
    expect(read('select user_id from events where created_at > ? and name = ?', '2026-01-01', 'a')).toEqual([
      'a',
    ]);
    expect(
      read('select user_id from events where attributes -> "$.x" = ? and name in (?, ?)', true, 'a', 'b'),
    ).toEqual(['a', 'b']);
    expect(read('select user_id from events where name = ?', 7)).toBeUndefined();
  });

  test.each([
    'select user_id from events',
    "select user_id from events where name <> 'a'",
    "select user_id from events where name not in ('a')",
    "select user_id from events where not name = 'a'",
    "select user_id from events where name = 'a' or created_at > '2026-01-01'",
    "select user_id from events where name like 'a%'",
    "select user_id from events where lower(name) = 'a'",
    "select user_id from events where name collate utf8mb4_general_ci = 'a'",
    "select u.id from users u left join (users v join events e on e.user_id = v.id) on v.id = u.id and e.name = 'a' where exists (select 1 from events)",
    "select user_id from events where attributes ->> '$.name' = 'a'",
    "select e.user_id from events e join events f on f.user_id = e.user_id where e.name = 'a'",
    'select user_id from events where name in (select id from segments)',
    "select user_id from events group by user_id having sum(name = 'a') > 3",
    "select e.user_id from events e left join users u on u.id = e.user_id and e.name = 'a'",
    "select e.user_id from users u right join events e on e.user_id = u.id and e.name = 'a'",
    "select u.id from users u where exists (select 1 from runs where u.id = user_id) and (select max(name) from events) = 'a'",
    "select e.user_id from events e where exists (select 1 from users where id = e.user_id and e.name = 'a')",
  ])('may be any: %s', (sql) => {
    expect(read(sql)).toBeUndefined();
  });
});
