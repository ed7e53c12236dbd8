import { describe, expect, test } from 'bun:test';
import { readQuery } from '../../../src/sql/read/read-query.ts';
import { walkQuery } from '../../../src/sql/walk.ts';

const columns = (sql: string) => readQuery(sql, []).query.columns;
const typeOf = (expression: string) => columns(`select ${expression} as x from users`)[0]!.type;

function failureOf(sql: string, params: unknown[] = []): { message: string; hint?: string } {
  try {
    readQuery(sql, params);
  } catch (error) {
    expect(error).toMatchObject({ code: 'invalid_config' });
    return error as { message: string; hint?: string };
  }
  throw new Error(`not refused: ${sql}`);
}

describe('names', () => {
  test.each([
    ['select * from users', ['id', 'attributes', 'created_at', 'updated_at', 'slot']],
    ['select u.*, 1 from users u', ['id', 'attributes', 'created_at', 'updated_at', 'slot', '1']],
    ['select id as who, count( * ) from users group by id', ['who', 'count( * )']],
    ['with t (a, b) as (select id, slot from users) select * from t', ['a', 'b']],
    ['select * from (select id from users) as t (who)', ['who']],
    ['select * from (select id from users) a join (select id, slot from users) b using (id)', ['id', 'slot']],
    ['select * from (select id from users) a natural join (select id, slot from users) b', ['id', 'slot']],
    ['select id from users union select user_id from events order by id', ['id']],
    ['with recursive t as (select 1 as n union all select n + 1 from t where n < 5) select n from t', ['n']],
  ])('%s', (sql, names) => {
    expect(columns(sql).map(({ name }) => name)).toEqual(names);
  });

  test.each([
    // The columns of FROM come before the aliases of the select list, but not in ORDER BY.
    ['select slot as id, max(slot) from users group by id, slot', 0],
    ['select id from users where exists (select 1 from events where user_id = id and slot > 1)', 1],
    [
      'select id from users where exists (select 1 from (select 1 as x from events where user_id = slot) t)',
      2,
    ],
  ])('%s', (sql, depth) => {
    const depths = [...walkQuery(readQuery(sql, []).query)].flatMap((expr) =>
      expr.kind === 'column' && expr.source.kind === 'table' ? [expr.source.depth] : [],
    );
    expect(Math.max(...depths)).toBe(depth);
  });

  test('an alias is seen in HAVING, ORDER BY and GROUP BY', () => {
    for (const sql of [
      'select slot + 1 as n from users order by n',
      'select slot + 1 as n from users order by n + 1',
      'select slot + 1 as n from users group by n having n > 2',
      'select slot + 1 as n from users order by 1',
      'select slot as n from users group by 1',
    ]) {
      expect(columns(sql)).toHaveLength(1);
    }
  });

  test.each([
    ['select id from mystery', 'there is no table mystery', 'Tables are campaigns'],
    ['select id from Users', 'there is no table Users', 'It is written users.'],
    ['select plan from users', 'there is no column plan', "attributes->>'$.plan'"],
    ['select x.id from users u', 'there is no table x here', 'FROM names u.'],
    ['select id from users, events', 'could be of several tables', 'Put its table before it.'],
    ['select u.id from users u, users u', 'two tables called "u"', 'alias'],
    ['select id from users having created_at > 1', 'HAVING sees only columns', 'WHERE'],
    ['select n from (select slot as n, slot as n from users) t', 'two columns called "n"', 'alias'],
    ['select id from users where sum(slot) > 1', 'SUM() stands in WHERE', 'HAVING'],
    ['select id from users where row_number() over () = 1', 'outside of the select list', 'derived table'],
    ['select sum(max(slot)) from users', 'inside another aggregate', ''],
    ['select a.id from users a, users b join events e on e.user_id = a.id', 'there is no table a here', ''],
    ['select id from users union select id, name from events', 'UNION has 1 columns on its left, 2', ''],
    [
      'select id from users union select user_id from events order by slot',
      'ordered by its columns alone',
      '',
    ],
    ['select id from users order by 2', 'has no column 2', ''],
    ['select id from users where slot = (select id, name from events)', 'the subquery has 2 columns', ''],
    ['select id from users where (id, slot) in (select id from users)', 'has 1 columns, not 2', ''],
    ['select id from users where (id, slot) = 1', '2 values are compared with 1', ''],
    ['select id from users where id in ((1, 2))', '1 values are compared with 2', ''],
    ['with t as (select 1) , t as (select 2) select * from t', 'names "t" twice', ''],
  ])('%s is refused', (sql, says, hint) => {
    const failure = failureOf(sql);
    expect(failure.message).toContain(says);
    expect(failure.hint ?? '').toContain(hint);
  });

  test.each([
    'select user_id from events group by name',
    'select max(id), slot from users',
    'select u.id from users u left join events e on e.user_id = u.id group by e.user_id',
    'select upper(name) from events group by lower(name)',
    'select distinct user_id from events order by id',
    'select count(*), (select count(*) from events where user_id = users.id) from users',
  ])('%s: a group has many values', (sql) => {
    expect(failureOf(sql).message).toMatch(/is not grouped by|does not select/);
  });

  test.each([
    'select id, created_at from users group by id',
    'select u.id, u.created_at from users u join events e on e.user_id = u.id group by e.user_id',
    'select u.id, e.name from users u left join events e on e.user_id = u.id and e.name = "x" group by u.id',
    'select u.id, t.n from users u left join (select user_id, count(*) n from events group by user_id) t on t.user_id = u.id group by u.id',
    'select concat(name, 1) from events group by concat(name, 1)',
    'select any_value(id) from users group by slot',
    'select user_id, name from events where name = "x" group by user_id',
  ])('%s: a group has one value', (sql) => {
    expect(columns(sql).length).toBeGreaterThan(0);
  });
});

// As MySQL 9.7 answers in the metadata of a result.
describe('types', () => {
  const bin = { kind: 'text', collation: 'utf8mb4_bin' } as const;
  const connection = { kind: 'text', collation: 'connection' } as const;
  test.each<[string, object]>([
    ['1', { kind: 'integer' }],
    ['1.50', { kind: 'decimal', scale: 2 }],
    ['1e0', { kind: 'double' }],
    ['123456789012345678901234567890', { kind: 'decimal', scale: 0 }],
    ['1 + 1.5', { kind: 'decimal', scale: 1 }],
    ['7 / 2', { kind: 'decimal', scale: 4 }],
    ['7 div 2.5', { kind: 'integer' }],
    ["'1' + 1", { kind: 'double' }],
    ["attributes->'$.n' + 1", { kind: 'double' }],
    ['cast(1 as unsigned) - 2', { kind: 'integer', unsigned: true }],
    ['year(created_at)', { kind: 'integer', unsigned: true }],
    ['avg(slot)', { kind: 'decimal', scale: 4 }],
    ['sum(1.5)', { kind: 'decimal', scale: 1 }],
    ["sum(attributes->'$.n')", { kind: 'double' }],
    ["max(attributes->>'$.n')", bin],
    ["coalesce(attributes->>'$.n', 0)", bin],
    ['coalesce(1, 2.5)', { kind: 'decimal', scale: 1 }],
    ["coalesce(attributes->'$.n', null)", { kind: 'json' }],
    ["coalesce(attributes->'$.n', 1)", { kind: 'text' }],
    ['case when slot then 1 else true end', { kind: 'integer' }],
    ['case when slot then created_at else date(created_at) end', { kind: 'datetime', fsp: 3 }],
    ['slot = 1', { kind: 'integer' }],
    ["concat(id, 'x')", { ...bin, coercibility: 2 }],
    ["concat('x', 5)", { ...connection, coercibility: 4 }],
    ['cast(slot as char)', { ...connection, coercibility: 2 }],
    ["attributes->>'$.n'", { ...bin, coercibility: 4 }],
    ["json_value(attributes, '$.n')", { kind: 'text', collation: 'utf8mb4_0900_bin' }],
    ['created_at + interval 1 day', { kind: 'datetime', fsp: 3 }],
    ['curdate() + interval 1 day', { kind: 'date' }],
    ['curdate() + interval 1 hour', { kind: 'datetime', fsp: 0 }],
    ["'2026-01-01' + interval 1 day", { kind: 'text' }],
    ["str_to_date(id, '%Y-%m-%d')", { kind: 'date' }],
    ["str_to_date(id, '%Y-%m-%d %H')", { kind: 'datetime' }],
    ['(select max(created_at) from events)', { kind: 'datetime', fsp: 3 }],
    ['row_number() over (order by slot)', { kind: 'integer', unsigned: true }],
  ])('%s', (expression, type) => {
    expect<object>(typeOf(expression)).toMatchObject(type);
  });

  test.each<[string, object]>([
    ['select t.n + 1 from (select max(slot) as n from users) t', { kind: 'integer' }],
    ['with t as (select 1.5 as n) select n from t', { kind: 'decimal', scale: 1 }],
    ['select 1 union select 1.25', { kind: 'decimal', scale: 2 }],
    ["select 1 union select 'a'", { kind: 'text' }],
  ])('%s', (sql, type) => {
    expect<object>(columns(sql)[0]!.type).toMatchObject(type);
  });

  test.each([
    ["select json_value(attributes, '$.a') = attributes->>'$.a' from users", 'collations'],
    ["select id collate utf8mb4_bin = 'a' collate utf8mb4_0900_ai_ci from users", 'collations'],
    ["select id from users where created_at > 'soon'", 'a time is compared with "soon"'],
    ["select id from users where created_at > '2026-02-30'", 'a time is compared with'],
    ["select date '2026-02-30'", "'2026-02-30' is not a date"],
    ["select id from users where id collate latin1_bin = 'x'", 'COLLATE latin1_bin'],
    ['select convert(id using latin1) from users', 'latin1'],
  ])('%s is refused', (sql, says) => {
    expect(failureOf(sql).message).toContain(says);
  });
});

describe('parameters', () => {
  test('are what they are as literals', () => {
    const date = new Date('2026-01-02T03:04:05.678Z');
    const { query } = readQuery('select ?, ?, ?, ?, ?, ?, ?', [date, true, null, 7n, 1.5, 'a', { a: 1 }]);
    expect(query.columns.map(({ type }) => type.kind)).toEqual([
      'text',
      'integer',
      'null',
      'integer',
      'decimal',
      'text',
      'text',
    ]);
  });

  test('are as many as there are placeholders', () => {
    expect(failureOf("select '?', ? -- ?").message).toContain('1 placeholders (?) but 0 parameters');
    expect(failureOf('select ?', [Number.NaN]).message).toContain('parameter 1 of the query is NaN');
  });
});
