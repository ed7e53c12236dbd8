import { describe, expect, test } from 'bun:test';
import { adapt } from '../../../src/store/dialect/adapt.ts';

const expression = (sql: string, params: unknown[] = []) =>
  adapt(`select ${sql}`, params).text.replace(/^select /, '');

describe('text', () => {
  test.each([
    // Strings and names
    [`'it''s'`, `'it''s'`],
    [`"it's"`, `'it''s'`],
    [`'it\\'s'`, `'it''s'`],
    [`'tab\\tquote\\"'`, `'tab\tquote"'`],
    [`_utf8mb4'x'`, `'x'`],
    [`'a' 'b'`, `'ab'`],
    ['`a b`', '`a b`'],
    ['t.*', '`t`.*'],
    ['u.id', '`u`.`id`'],
    ['1 -- comment\n + 2 # more', '1 + 2'],
    ['1 /* hint */ + 2', '1 + 2'],
    ['.5 + 1e3', '.5 + 1e3'],

    // JSON
    [`a->'$.x'`, `json_extract(a, '$.x')`],
    [`t.a->>'$.x'`, "json_unquote(`t`.`a` -> '$.x')"],
    [`json_extract(a, '$.x')`, `json_extract(a, '$.x')`],
    [`json_unquote(json_extract(a, '$.x'))`, `json_unquote(a -> '$.x')`],
    [`a->'$.x' is null`, `json_type(a , '$.x') is null`],
    [`a->'$.x' is not null`, `json_type(a , '$.x') is not null`],
    [`a->'$.x' like 'p%'`, `(a -> '$.x') like 'p%'`],
    [`a->'$.x' not like 'p%'`, `(a -> '$.x') not like 'p%'`],
    [
      `a->'$.list[last]'`,
      `json_extract((iif(coalesce(json_type(a , '$.list') , 'array') = 'array' , a , json_set(a , '$.list' , json('[' || (a -> '$.list') || ']')))), '$.list[#-1]')`,
    ],
    [`a->'$.list[last-2]'`, `json_extract(a, '$.list[#-3]')`],
    [`json_length(a->'$.list')`, `json_length((a -> '$.list'))`],
    [`'x' member of (a->'$.list')`, `mysql_member_of('x' , (a -> '$.list'))`],
    [`'x' member of(a->'$.list')`, `mysql_member_of('x' , (a -> '$.list'))`],
    [`a->>'$.n' > 5`, `(json_unquote(a -> '$.n') + 0) > 5`],
    [`5 < a->>'$.n'`, `5 < (json_unquote(a -> '$.n') + 0)`],
    [`a->>'$.n' > -5`, `(json_unquote(a -> '$.n') + 0) > - 5`],
    [`a->>'$.n' in (1, 2)`, `(json_unquote(a -> '$.n') + 0) in (1 , 2)`],
    [`a->>'$.n' in ('1', '2')`, `json_unquote(a -> '$.n') in ('1' , '2')`],
    [`a->>'$.n' = 'x'`, `json_unquote(a -> '$.n') = 'x'`],

    // Times
    [`now() - interval 30 day`, `mysql_date_sub(now() , 30 , 'day')`],
    [
      `now() - interval 1 day - interval 2 hour`,
      `mysql_date_sub(mysql_date_sub(now() , 1 , 'day') , 2 , 'hour')`,
    ],
    [`now() - interval -1 day`, `mysql_date_sub(now() , - 1 , 'day')`],
    [`interval 1 day + now()`, `mysql_interval_add(1 , 'day' , now())`],
    [`date_sub(now(), interval 1 + 1 day)`, `mysql_date_sub(now() , 1 + 1 , 'day')`],
    [
      `date_add('2026-01-31', interval '1:30' hour_minute)`,
      `mysql_date_add('2026-01-31' , '1:30' , 'hour_minute')`,
    ],
    [`adddate(now(), 5)`, `mysql_date_add(now() , 5 , 'day')`],
    ['current_timestamp', 'now()'],
    ['current_timestamp(3)', 'now(3)'],
    ['utc_date', 'curdate()'],
    ['timestampdiff(day, a, b)', `timestampdiff('day' , a , b)`],
    ['extract(year from a)', `mysql_extract('year' , a)`],
    [`created_at > '2026-01-01'`, `created_at > '2026-01-01 00:00:00.000'`],
    [`created_at > curdate()`, `created_at > mysql_datetime(curdate())`],
    [`e.created_at in ('2026-01-01', 5)`, "`e`.`created_at` in ('2026-01-01 00:00:00.000' , 5)"],

    // Operators
    ['a <=> b', 'a is b'],
    ['a || b && !c', 'a or b and (not c)'],
    ['a / b / c', 'a * 1.0 / b * 1.0 / c'],
    ['a * b / c', 'a * b * 1.0 / c'],
    ['a + b / c', 'a + b * 1.0 / c'],
    ['a * b div c', 'mysql_div(a * b , c)'],
    ['a mod 2 = 1', 'mod(a , 2) = 1'],
    ['a % 2', 'mod(a , 2)'],
    ['mod(a, 2)', 'mod(a , 2)'],
    ["a rlike 'x'", "a regexp 'x'"],
    ["a like 'x\\%'", "a like 'x\\%' escape '\\'"],
    ["a like concat('%', b)", "a like concat('%' , b) escape '\\'"],
    ["a like 'x|%' escape '|'", "a like 'x|%' escape '|'"],
    ['binary a = b', 'a = b'],
    ['a collate utf8mb4_bin = b', 'a collate binary = b'],
    ['a is unknown', 'a is null'],

    // Functions
    ['cast(a as unsigned)', 'mysql_cast_integer(a)'],
    ['cast(a as decimal(10, 2))', 'mysql_cast_decimal(a , 2)'],
    ['cast(a as char(3))', 'mysql_left(mysql_cast_char(a) , 3)'],
    ['cast(a as double)', 'cast(a as real)'],
    ['convert(a, date)', 'date(a)'],
    ['convert(a using utf8mb4)', '(a)'],
    ["trim(leading '0' from a)", "mysql_trim('leading' , '0' , a)"],
    ['trim(a)', 'trim(a)'],
    ['substring(a from 2 for 3)', 'mysql_substring(a , 2 , 3)'],
    ["position('x' in a)", "locate('x' , a)"],
    ["group_concat(a order by b separator '-')", "group_concat(a , '-' order by b)"],
    ['left(a, 2)', 'mysql_left(a , 2)'],
    ['case when a / 2 > 1 then 1 else 0 end', 'case when a * 1.0 / 2 > 1 then 1 else 0 end'],
  ])('%s', (mysql, sqlite) => {
    expect(expression(mysql)).toBe(sqlite);
  });

  test('of compound queries', () => {
    expect(adapt('(select 1) union (select 2) order by 1', []).text).toBe(
      'select * from (select 1) union select * from (select 2) order by 1',
    );
    expect(adapt('((select 1) union distinct (select 2)) except (select 3)', []).text).toBe(
      'select * from (select * from (select 1) union select * from (select 2)) except select * from (select 3)',
    );
    expect(adapt('select 1 union all select 2', []).text).toBe('select 1 union all select 2');
  });

  test('left and right joins are no calls', () => {
    const { text } = adapt('select u.id from users u left join (select 1 as x) t on t.x = u.id', []);
    expect(text).toContain('left join (select 1 as x) t');
  });
});

describe('parameters', () => {
  test('become what SQLite binds', () => {
    const date = new Date('2026-01-02T03:04:05.678Z');
    const { text, params } = adapt('select ?, ?, ?, ?, ?, ?', [date, true, false, null, 7n, { a: 1 }]);
    expect(params).toEqual(['2026-01-02 03:04:05.678', null, 7, '{"a":1}']);
    expect(text).toBe('select ? , true , false , ? , ? , ?');
  });

  test('compared with times are written as times', () => {
    const { params } = adapt('select 1 where created_at > ? and ? > created_at and name = ?', [
      '2026-01-01',
      '2026-01-01T05:00:00Z',
      '2026-01-01',
    ]);
    expect(params).toEqual(['2026-01-01 00:00:00.000', '2026-01-01 05:00:00.000', '2026-01-01']);
  });

  test('that are numbers make numbers of JSON text', () => {
    expect(expression("a->>'$.n' = ?", [5])).toBe("(json_unquote(a -> '$.n') + 0) = ?");
    expect(expression("a->>'$.n' = ?", ['5'])).toBe("json_unquote(a -> '$.n') = ?");
    expect(expression("a->>'$.n' between ? and ?", [1, 2])).toBe(
      "(json_unquote(a -> '$.n') + 0) between ? and ?",
    );
  });

  test('keep their order', () => {
    const { text } = adapt('select 1 where now() - interval ? day < ? and ? div ? = ?', [1, 2, 3, 4, 5]);
    expect(text).toBe("select 1 where mysql_date_sub(now() , ? , 'day') < ? and mysql_div(? , ?) = ?");
  });

  test('are as many as there are placeholders', () => {
    expect(() => adapt("select '?', ? -- ?", [])).toThrow('1 placeholders (?) but 0 parameters');
  });
});

describe('refused', () => {
  test.each([
    ['update users set id = 1', 'invalid_config', 'not a SELECT'],
    ['', 'invalid_config', 'not a SELECT'],
    ['select 1; select 2', 'invalid_config', 'more than one statement'],
    ['select 1 into @x', 'invalid_config', 'INTO'],
    ['select @x', 'invalid_config', 'variables'],
    ['select 1)', 'invalid_config', 'a ")" too many'],
    ['select `a', 'invalid_config', 'never ends'],
    ['select 1 /* x', 'invalid_config', 'never ends'],
    ['select /*!50000 1 */', 'invalid_config', 'executes'],
    ['select a->b', 'invalid_config', 'path in quotes'],
    ["select a->'x'", 'invalid_config', 'begins with "$"'],
    ["select a->'$.*'", 'store_unsupported', 'wildcards'],
    ["select a->'$[0 to 2]'", 'store_unsupported', 'ranges'],
    ['select a xor b', 'store_unsupported', 'XOR'],
    ['select a ^ b', 'store_unsupported', '^'],
    ["select json_search(a, 'one', 'x')", 'store_unsupported', 'JSON_SEARCH()'],
    ["select id from users where a collate utf8mb4_0900_ai_ci = 'b'", 'store_unsupported', 'COLLATE'],
    ["select id from users where a->'$.b'", 'store_unsupported', 'as a condition'],
    ["select id from users where coalesce(a->'$.b', 1) = 1", 'store_unsupported', 'COALESCE()'],
    ["select match(a) against('x')", 'store_unsupported', 'MATCH()'],
    ['select uuid()', 'store_unsupported', 'UUID()'],
    ['select cast(a as time)', 'store_unsupported', 'TIME'],
    ['select 1 union select 2 intersect select 3', 'store_unsupported', 'INTERSECT'],
    ['select 1 from a group by b with rollup', 'store_unsupported', 'ROLLUP'],
  ])('%s', (sql, code, says) => {
    let failure: unknown;
    try {
      adapt(sql, []);
    } catch (error) {
      failure = error;
    }
    expect(failure).toMatchObject({ code, message: expect.stringContaining(says) });
  });

  test('a semicolon at the end is none', () => {
    expect(adapt('select 1;', []).text).toBe('select 1');
  });
});

test('whether the clock is read', () => {
  const readsClock = (sql: string) => adapt(sql, []).traits.readsClock;
  expect(readsClock('select id from users where created_at > now()')).toBe(true);
  expect(readsClock('select id from users where created_at > current_date')).toBe(true);
  expect(readsClock('select id from users where unix_timestamp() > 5')).toBe(true);
  expect(readsClock('select id from users where unix_timestamp(created_at) > 5')).toBe(false);
  expect(readsClock("select id from users where attributes->>'$.now' = 'now()'")).toBe(false);
});
