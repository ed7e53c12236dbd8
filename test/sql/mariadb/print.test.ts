import { describe, expect, test } from 'bun:test';
import { printMariadb } from '../../../src/sql/mariadb/print.ts';
import { readQuery } from '../../../src/sql/read/read-query.ts';

const query = (text: string, ...params: unknown[]) => printMariadb(readQuery(text, params)).text;
const where = (condition: string, ...params: unknown[]) =>
  query(`select id from users where ${condition}`, ...params).replace('select `id` from `users` where ', '');

const PLAN = "concat(json_extract(`attributes`, '$.plan'))";
const TEXT = "json_unquote(json_extract(`attributes`, '$.plan'))";

describe('JSON', () => {
  test.each([
    ["attributes->'$.plan' = 'pro'", `(${PLAN} = '"pro"')`],
    ["attributes->'$.plan' = true", `(${PLAN} = 'true')`],
    ["attributes->'$.plan' <> 1.50", `(${PLAN} <> '1.5')`],
    ["attributes->'$.plan' <=> 'it''s'", `(${PLAN} <=> '"it\\'s"')`],
    ["attributes->'$.plan' in ('a', 1, true)", `(${PLAN} in ('"a"', '1', 'true'))`],
    ["attributes->'$.plan' not in ('a')", `(${PLAN} not in ('"a"'))`],
    ["attributes->'$.plan'", `(${PLAN} <> '0')`],
    ["not attributes->'$.plan'", `(not (${PLAN} <> '0'))`],
    ["attributes->>'$.plan' = 'pro'", `(${TEXT} = 'pro')`],
    ["attributes->>'$.plan' > 5", `(${TEXT} > 5)`],
    [
      'json_extract(attributes, \'$."two words"\') is null',
      '(json_extract(`attributes`, \'$."two words"\') is null)',
    ],
  ])('%s', (condition, printed) => {
    expect(where(condition)).toBe(printed);
  });

  test('a derived column of JSON is still JSON', () => {
    expect(
      query(
        "select t.id from (select id, attributes->'$.plan' as plan from users) as t where t.plan = ?",
        'pro',
      ),
    ).toBe(
      "select `t`.`id` from (select `id`, json_extract(`attributes`, '$.plan') as `plan` from `users`) as `t` where (`t`.`plan` = '\"pro\"')",
    );
  });

  test('where a number is wanted, the number of the JSON is taken', () => {
    expect(
      query("select user_id from events group by user_id having sum(attributes->'$.value') > 1000"),
    ).toBe(
      "select `user_id` from `events` group by `user_id` having (sum(coalesce(json_value(`attributes`, '$.value'), if(json_exists(`attributes`, '$.value'), 0, null))) > 1000)",
    );
  });

  test('a place counted from the end is computed', () => {
    expect(where("attributes->>'$.tags[last]' = 'a'")).toContain("json_length(`attributes`, '$.tags') - 1");
  });
});

describe('queries', () => {
  test('columns are named as MySQL names them', () => {
    expect(
      query('select user_id from (select user_id, count(*) from events group by user_id) as t'),
    ).toContain('count(*) as `count(*)`');
  });

  test('CTEs, set operations, windows, limits', () => {
    expect(
      query(
        `with t (a) as (select user_id from events) (select a from t order by a limit 2) union all select id from users
         except select user_id from events order by 1 limit 3, 4`,
      ),
    ).toBe(
      'with `t` (`a`) as (select `user_id` from `events`) ((select `a` from `t` order by `a` limit 2) union all select `id` from `users`) except select `user_id` from `events` order by 1 limit 4 offset 3',
    );
    expect(query('select id from (values row(1, 2)) as t join users on slot = column_0')).toContain(
      '(select 1 as column_0, 2 as column_1) as `t`',
    );
  });

  test('a quotient is rounded as MySQL rounds it', () => {
    expect(where('1 / 7 * 7 > 1')).toBe('((round((1 / 7), 4) * 7) > 1)');
  });
});

describe('what MariaDB answers otherwise is refused with its place and a way out', () => {
  test.each([
    ["attributes->'$.a' < attributes->'$.b'", '< or > between two JSON values'],
    ["attributes->>'$.a' regexp attributes->>'$.b'", 'a pattern that is not a literal'],
    ["attributes->>'$.a' regexp '[a-c&&b]'", "the pattern '[a-c&&b]'"],
    ['id in (select id from users as u, lateral (select 1 as a) as l)', 'LATERAL'],
    ["id collate utf8mb4_sv_0900_ai_ci = 'a'", 'COLLATE utf8mb4_sv_0900_ai_ci'],
  ])('%s', (condition, what) => {
    expect(() => where(condition)).toThrow(`${what} is not supported by MariaDB: `);
    expect(() => where(condition)).toThrow(/\(line 1, column \d+: /);
    try {
      where(condition);
    } catch (error) {
      expect(error).toMatchObject({ code: 'store_unsupported', hint: expect.stringContaining('MySQL') });
    }
  });
});
