import { describe, expect, test } from 'bun:test';
import { factsOf, factsOfText } from '../../../src/sql/facts/facts.ts';
import { readQuery } from '../../../src/sql/read/read-query.ts';

const facts = (sql: string, ...params: unknown[]) => factsOf(readQuery(sql, params));

describe('tables', () => {
  test.each([
    ['select id from users', ['users']],
    ['select user_id from messages m where m.status = "sent"', ['messages']],
    ['select id from users where id in (select user_id from `runs`)', ['runs', 'users']],
    ['with messages as (select id from users) select id from messages', ['users']],
    ["select id from users where id = 'messages' -- from runs", ['users']],
    ['select user_id from (select user_id from segment_members) t', ['segment_members']],
  ])('%s', (sql, tables) => {
    expect(facts(sql).tables).toEqual(tables);
  });
});

describe('the clock', () => {
  const boundaries = (where: string) =>
    facts(`select u.id from users u where ${where}`).clock.map(({ boundary }) => boundary);
  const createdAt = { table: 'users', column: 'created_at', clock: 'now' } as const;

  test.each([
    [
      'created_at > now() - interval 7 day',
      [{ ...createdAt, op: '>', offset: [{ amount: -7, unit: 'day' }] }],
    ],
    [
      'date_sub(now(), interval 1 month) <= created_at',
      [{ ...createdAt, op: '>=', offset: [{ amount: -1, unit: 'month' }] }],
    ],
    [
      'created_at + interval 7 day < current_timestamp',
      [{ ...createdAt, op: '<', offset: [{ amount: -7, unit: 'day' }] }],
    ],
    ['created_at < curdate()', [{ ...createdAt, clock: 'date', op: '<', offset: [] }]],
    [
      'created_at between now() - interval 2 day and now()',
      [
        { ...createdAt, op: '>=', offset: [{ amount: -2, unit: 'day' }] },
        { ...createdAt, op: '<=', offset: [] },
      ],
    ],
    // A month added to the column is not a month taken from the clock.
    ['created_at + interval 1 month < now()', [undefined]],
    ['datediff(now(), created_at) = 3', [undefined]],
    ["attributes->>'$.now' = 'now()'", []],
    ['unix_timestamp() > 5', [undefined]],
    ['unix_timestamp(created_at) > 5', []],
    ['rand() < 0.5', [undefined]],
  ])('%s', (where, expected) => {
    expect<unknown>(boundaries(where)).toEqual(expected);
  });

  test('is compared with the last of several rows, also through a derived table', () => {
    const last = { table: 'events', column: 'created_at', aggregate: 'max', op: '<', clock: 'now' };
    for (const sql of [
      'select user_id from events group by user_id having max(created_at) < now() - interval 90 day',
      'select user_id from (select user_id, max(created_at) as last from events group by user_id) t where t.last < now() - interval 90 day',
      'select id from users where (select max(created_at) from events where user_id = users.id) < now() - interval 90 day',
    ]) {
      expect<unknown>(facts(sql).clock.map(({ boundary }) => boundary)).toEqual([
        { ...last, offset: [{ amount: -90, unit: 'day' }] },
      ]);
    }
  });

  test('says the place', () => {
    expect(facts('select id from users where hour(now()) = 3').clock).toEqual([{ excerpt: 'now()) = 3' }]);
  });
});

describe('what is compared', () => {
  const compared = (sql: string, ...params: unknown[]) =>
    facts(sql, ...params).compared.map(({ path, op, value, aggregate }) => [path, op, value, aggregate]);
  const users = (where: string, ...params: unknown[]) =>
    compared(`select id from users where ${where}`, ...params);

  test.each([
    ["attributes->>'$.plan' = 'pro'", [['$.plan', '=', 'pro', undefined]]],
    ["18 <= attributes->'$.age'", [['$.age', '>=', 18, undefined]]],
    ["coalesce(attributes->>'$.credit', 0) >= 100", [['$.credit', '>=', 100, undefined]]],
    ["(attributes->>'$.credit') > -5", [['$.credit', '>', -5, undefined]]],
    ["attributes->'$.vip' is true", [['$.vip', '=', true, undefined]]],
    [
      "lower(attributes->>'$.plan') in ('pro', 'team')",
      [
        ['$.plan', '=', 'pro', undefined],
        ['$.plan', '=', 'team', undefined],
      ],
    ],
    [
      "cast(attributes->>'$.n' as signed) between 1 and 3",
      [
        ['$.n', '>=', 1, undefined],
        ['$.n', '<=', 3, undefined],
      ],
    ],
    ["case attributes->>'$.plan' when 'pro' then 1 else 0 end = 1", [['$.plan', '=', 'pro', undefined]]],
    ["char_length(attributes->>'$.name') = 9", []],
    ["if(attributes->'$.vip' = true, 'yes', 'no') = 'yes'", [['$.vip', '=', true, undefined]]],
  ])('%s', (where, expected) => {
    expect<unknown>(users(where)).toEqual(expected);
  });

  test('parameters, and sums through derived tables', () => {
    expect(users("attributes->>'$.plan' = ?", 'pro')).toEqual([['$.plan', '=', 'pro', undefined]]);
    const sql =
      "select id from users join (select user_id, sum(attributes->'$.value') as total from events where name = 'purchase' group by user_id) t on t.user_id = id where t.total > 1000";
    expect(facts(sql).compared).toContainEqual({
      ...{ table: 'events', column: 'attributes', path: '$.value', aggregate: 'sum' },
      ...{ events: ['purchase'], op: '>', value: 1000 },
    });
  });
});

test('paths are those of the tables that aliases and derived tables stand for', () => {
  const { paths } = facts(
    "select u.id from users u join events p on p.user_id = u.id join (select id, attributes as doc from users) d on d.id = u.id where p.attributes->>'$.a' = 1 and d.doc->>'$.b' = 2 and json_contains(u.attributes, '1', '$.c')",
  );
  expect(paths.map(({ table, path }) => [table, path])).toEqual([
    ['events', '$.a'],
    ['users', '$.b'],
    ['users', '$.c'],
  ]);
});

test('a query that is refused may depend on everything', () => {
  expect(factsOfText('select my_function(id) from users', [])).toMatchObject({
    tables: ['events', 'users'],
    ownRowsOnly: false,
    clock: [{ excerpt: 'select my_function(id) from users' }],
  });
});
