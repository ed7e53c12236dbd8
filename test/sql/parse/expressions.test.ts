import { describe, expect, test } from 'bun:test';
import { parse } from '../../../src/sql/parse/parse.ts';
import { bracketed } from './brackets.ts';

describe('operators bind as in MySQL', () => {
  test.each([
    ['a or b and c', '(a or (b and c))'],
    ['a xor b or c', '((a xor b) or c)'],
    ['a and b xor c', '((a and b) xor c)'],
    ['a || b && !c', '(a or (b and (not c)))'],
    ['not a = b', '(not (a = b))'],
    ['not a and b', '((not a) and b)'],
    ['! a = b', '((not a) = b)'],
    ['not a is true', '(not (a is true))'],
    ['a = b is true', '((a = b) is true)'],
    ['a = b is not null', '((a = b) is not null)'],
    ['a is null is true', '((a is null) is true)'],
    ['a is unknown', '(a is null)'],
    ['a = b = c', '((a = b) = c)'],
    ['a <=> b <> c != d', '(((a <=> b) <> c) <> d)'],
    ['a = b or c', '((a = b) or c)'],
    ['a between 1 and 2 and b', '((a between 1 and 2) and b)'],
    ['a not between 1 and b in (1)', '(a not between 1 and (b in 1))'],
    ['not a between 1 and 2', '(not (a between 1 and 2))'],
    ['a + b in (1, 2)', '((a + b) in 1, 2)'],
    ['a like concat(b) = c', '((a like concat(b)) = c)'],
    ["a not like 'x' or b", "((a not like 'x') or b)"],
    ['a rlike b + c', '(a regexp (b + c))'],
    ['a | b & c << d + e * f ^ g', '(a | (b & (c << (d + (e * (f ^ g))))))'],
    ['a - b - c', '((a - b) - c)'],
    ['a * b div c mod d % e', '((((a * b) div c) % d) % e)'],
    ['- a ^ b', '((- a) ^ b)'],
    ['-a * -b', '((- a) * (- b))'],
    ['- a collate utf8mb4_bin', '(- (a collate utf8mb4_bin))'],
    ['binary a = b', '((binary a) = b)'],
    ['a + interval b + 1 day - c', '((a + (b + 1) day) - c)'],
    ['interval 1 day + a > b', '((a > b) + 1 day)'],
    ['a->"$.x" = b', '((a -> $.x) = b)'],
    ["-a->>'$.x' + 1", '((- (a ->> $.x)) + 1)'],
    ["json_unquote(json_extract(a, '$.x'))", '(a ->> $.x)'],
    ['case a when 1 then 2 else 3 end = 4', '(case(a, 1, 2, 3) = 4)'],
    ['case when a then b end', 'case(-, a, b, -)'],
    ['(a, b) = (1, 2)', '(row(a, b) = row(1, 2))'],
    ['((select 1) + 1)', '(subquery + 1)'],
    ['a in ((select 1))', '(a in query)'],
    ['a in ((select 1), 2)', '(a in subquery, 2)'],
    ['mod(a, 2) + a mod 2', '((a % 2) + (a % 2))'],
    ['date_sub(a, interval 1 month)', '(a - 1 month)'],
    ['adddate(a, 3)', '(a + 3 day)'],
    ['timestampadd(hour, b, a)', '(a + b hour)'],
    ["instr(a, 'x')", "locate('x', a)"],
    ["position('x' in a)", "locate('x', a)"],
    ['substring(a from 2 for 3)', 'substring(a, 2, 3)'],
    ['lcase(a)', 'lower(a)'],
  ])('%s', (sql, brackets) => {
    expect(bracketed(sql)).toBe(brackets);
  });
});

describe('texts, names and numbers', () => {
  test.each([
    ["'it''s'", "'it's'"],
    ['"it\'s"', "'it's'"],
    ["'it\\'s'", "'it's'"],
    ["'a' 'b' \"c\"", "'abc'"],
    ["'50\\% \\_ \\n \\q'", "'50\\% \\_ \n q'"],
    ['`odd ``name`', 'odd `name'],
    ['t.select', 't.select'],
    ['.5 + 1.e3', '(.5 + 1.e3)'],
    ['a -- the rest\n+ 1', '(a + 1)'],
    ['a # the rest\n+ /* no */ 1', '(a + 1)'],
    ["'a ? b' = ?", "('a ? b' = ?)"],
  ])('%s', (sql, shown) => {
    expect(bracketed(sql)).toBe(shown);
  });
});

describe('refused, with the place', () => {
  test.each([
    ['', 'there is no query (line 1, column 1: at the end)'],
    ['update users set id = 1', 'not a SELECT but begins with update (line 1, column 1: update users'],
    ['select 1; select 2', 'more than one statement (line 1, column 11: select 2)'],
    ['select a\nfrom users\nwhere a = 1)', 'one ")" too many (line 3, column 12: ))'],
    ['select `a', 'a name in backticks never ends (line 1, column 8'],
    ["select 'a", "a text (') never ends"],
    ['select 1 /* x', 'a comment (/*) never ends'],
    ['select /*!50000 1 */', 'a comment that MySQL executes'],
    ["select _latin1'a'", 'a character set before a text'],
    ['select 1a', '"1a" is neither a number nor a name'],
    ['select a->b', '-> takes a path in quotes'],
    ["select a->'x'", 'a JSON path begins with "$"'],
    ["select a->'$.'", "'$.' is not a JSON path"],
    ["select a->'$.x'->'$.y'", 'an arrow can only follow a column'],
    ['select a = not b', 'NOT after a comparison needs brackets'],
    ['select @x', 'variables'],
    ['select 1 into @x', 'INTO is not accepted'],
    ['select a from users for update', 'FOR is not accepted'],
    ['select group from users', 'there is group (line 1, column 8'],
    ['select count(a, b)', 'needs DISTINCT'],
    ['select lower()', 'LOWER() takes 1 arguments, not 0'],
    ['select row_number()', 'OVER after ROW_NUMBER() is expected'],
    ['select sleep(5)', 'SLEEP() is not accepted: a segment only reads'],
    ['select uuid()', 'UUID() is not accepted'],
    ['select match(a) against (1)', 'MATCH() is not accepted'],
    ['select my_function(a)', 'there is no function MY_FUNCTION()'],
    ['select cast(a as text)', 'CAST() to an unknown type, text'],
    ['select a + interval 1 days', 'a unit of time such as DAY is expected, but there is days'],
    ['select id from (select id from users)', 'a query in FROM needs a name'],
    ['select id from other.users', 'a table of another database'],
    ['select id from users u left join events e', 'ON or USING is expected'],
    ['select id from users fetch first 1 row only', 'MySQL has no FETCH'],
    [`select ${'('.repeat(300)}1${')'.repeat(300)}`, 'nested too deeply'],
    [`select ${'not '.repeat(5000)}1`, 'nested too deeply'],
    [`select ${'1 + '.repeat(20_000)}1`, 'more than 900 operators in a row'],
  ])('%s', (sql, says) => {
    let failure: unknown;
    try {
      parse(sql);
    } catch (error) {
      failure = error;
    }
    expect(failure).toMatchObject({ code: 'invalid_config', message: expect.stringContaining(says) });
  });

  test('a semicolon at the end is none', () => {
    expect(parse('select 1;').query.body.kind).toBe('select');
  });
});
