import { Database } from 'bun:sqlite';
import { describe, expect, test } from 'bun:test';
import { adapt } from '../../../src/store/dialect/adapt.ts';
import { registerFunctions } from '../../../src/store/sqlite/functions.ts';
import { FakeClock } from '../../helpers/clock.ts';

const clock = new FakeClock('2026-07-08T09:10:11.123Z');
const db = new Database(':memory:');
registerFunctions(db, clock);

function value(sql: string): unknown {
  return (db.query(`select (${adapt(`select ${sql}`, []).text}) as v`).get() as { v: unknown }).v;
}

// Results as in the examples of MySQL's reference manual, where it gives one; times carry milliseconds here.
describe('functions answer as MySQL’s', () => {
  test.each<[string, unknown]>([
    ['now()', '2026-07-08 09:10:11.000'],
    ['now(3)', '2026-07-08 09:10:11.123'],
    ['curdate()', '2026-07-08'],
    ['current_date', '2026-07-08'],
    ['unix_timestamp()', 1783501811],
    ["unix_timestamp('2015-11-13 10:20:19')", 1447410019],
    ["unix_timestamp('2015-11-13 10:20:19.012')", 1447410019.012],
    ['from_unixtime(1447430881)', '2015-11-13 16:08:01.000'],
    ["from_unixtime(1447430881, '%Y %D %M %h:%i:%s')", '2015 13th November 04:08:01'],
    ["date_add('2018-05-01', interval 1 day)", '2018-05-02'],
    ["date_sub('2018-05-01', interval 1 year)", '2017-05-01'],
    ["date_add('2020-12-31 23:59:59', interval 1 second)", '2021-01-01 00:00:00.000'],
    ["date_add('2018-12-31 23:59:59', interval 1 day)", '2019-01-01 23:59:59.000'],
    ["date_add('2100-12-31 23:59:59', interval '1:1' minute_second)", '2101-01-01 00:01:00.000'],
    ["date_sub('2025-01-01 00:00:00', interval '1 1:1:1' day_second)", '2024-12-30 22:58:59.000'],
    ["date_add('1900-01-01 00:00:00', interval '-1 10' day_hour)", '1899-12-30 14:00:00.000'],
    ["date_add('2018-01-30', interval 1 month)", '2018-02-28'],
    ["date_add('2024-02-29', interval 1 year)", '2025-02-28'],
    ["date_add('2024-01-31', interval 1 quarter)", '2024-04-30'],
    ["date_add('2024-01-31', interval 1 week)", '2024-02-07'],
    ["date_add('2024-01-31', interval 1 hour)", '2024-01-31 01:00:00.000'],
    ["date_add('2024-02-30', interval 1 day)", null],
    ["'2018-12-31 23:59:59' + interval 1 second", '2019-01-01 00:00:00.000'],
    ["interval 1 day + '2018-12-31'", '2019-01-01'],
    ["timestampadd(minute, 1, '2003-01-02')", '2003-01-02 00:01:00.000'],
    ["timestampadd(week, 1, '2003-01-02')", '2003-01-09'],
    ["timestampdiff(month, '2003-02-01', '2003-05-01')", 3],
    ["timestampdiff(year, '2002-05-01', '2001-01-01')", -1],
    ["timestampdiff(minute, '2003-02-01', '2003-05-01 12:05:55')", 128885],
    ["timestampdiff(month, '2024-01-31', '2024-02-29')", 0],
    ["timestampdiff(day, '2024-01-01 12:00:00', '2024-01-03 11:59:59')", 1],
    ["datediff('2007-12-31 23:59:59', '2007-12-30')", 1],
    ["datediff('2010-11-30 23:59:59', '2010-12-31')", -31],
    ["date_format('2009-10-04 22:23:00', '%W %M %Y')", 'Sunday October 2009'],
    ["date_format('2007-10-04 22:23:00', '%H:%i:%s')", '22:23:00'],
    ["date_format('1900-10-04 22:23:00', '%D %y %a %d %m %b %j')", '4th 00 Thu 04 10 Oct 277'],
    ["date_format('1997-10-04 22:23:00', '%H %k %I %r %T %S %w')", '22 22 10 10:23:00 PM 22:23:00 00 6'],
    ["date_format('1999-01-01', '%X %V')", '1998 52'],
    ["date_format('2006-06-01', '%d%%')", '01%'],
    ["str_to_date('01,5,2013', '%d,%m,%Y')", '2013-05-01'],
    ["str_to_date('May 1, 2013', '%M %d,%Y')", '2013-05-01'],
    ["str_to_date('2013-05-01 02:30 pm', '%Y-%m-%d %h:%i %p')", '2013-05-01 14:30:00.000'],
    ["str_to_date('nonsense', '%Y-%m-%d')", null],
    ["dayofweek('2007-02-03')", 7],
    ["weekday('2008-02-03 22:23:00')", 6],
    ["dayofyear('2007-02-03')", 34],
    ["week('2008-02-20')", 7],
    ["week('2008-02-20', 0)", 7],
    ["week('2008-02-20', 1)", 8],
    ["week('2008-12-31', 1)", 53],
    ["week('2000-01-01', 0)", 0],
    ["week('2000-01-01', 2)", 52],
    ["yearweek('1987-01-01')", 198652],
    ["yearweek('2000-01-01')", 199952],
    ["weekofyear('2008-02-20')", 8],
    ["last_day('2003-02-05')", '2003-02-28'],
    ["last_day('2004-02-05 01:01:01')", '2004-02-29'],
    ['makedate(2011, 31)', '2011-01-31'],
    ['makedate(2011, 32)', '2011-02-01'],
    ["to_days('2007-10-07')", 733321],
    ['from_days(730669)', '2000-07-03'],
    ["quarter('2008-04-01')", 2],
    ["extract(year_month from '2019-07-02 01:02:03')", 201907],
    ["extract(day_minute from '2019-07-02 01:02:03')", 20102],
    ["dayname('2007-02-03')", 'Saturday'],
    ["monthname('2008-02-03')", 'February'],
    ["convert_tz('2004-01-01 12:00:00', '+00:00', '+10:00')", '2004-01-01 22:00:00.000'],
    ["time_to_sec('22:23:00')", 80580],
    ["year('no date')", null],
    ['year(null)', null],

    ["concat('My', 'S', 'QL')", 'MySQL'],
    ["concat('My', null, 'QL')", null],
    ['concat(14.3)', '14.3'],
    ["concat_ws(',', 'First name', null, 'Last Name')", 'First name,Last Name'],
    ["left('foobarbar', 5)", 'fooba'],
    ["right('foobarbar', 4)", 'rbar'],
    ["substring('Quadratically', 5)", 'ratically'],
    ["substring('foobarbar' from 4)", 'barbar'],
    ["substring('Quadratically', 5, 6)", 'ratica'],
    ["substring('Sakila', -3)", 'ila'],
    ["substring('Sakila' from -4 for 2)", 'ki'],
    ["substring('Sakila', 0)", ''],
    ["substring_index('www.mysql.com', '.', 2)", 'www.mysql'],
    ["substring_index('www.mysql.com', '.', -2)", 'mysql.com'],
    ["locate('bar', 'foobarbar')", 4],
    ["locate('bar', 'foobarbar', 5)", 7],
    ["instr('foobarbar', 'bar')", 4],
    ["lpad('hi', 4, '??')", '??hi'],
    ["lpad('hi', 1, '??')", 'h'],
    ["rpad('hi', 5, '?')", 'hi???'],
    ["repeat('MySQL', 3)", 'MySQLMySQLMySQL'],
    ["reverse('abc')", 'cba'],
    ["trim('  bar   ')", 'bar'],
    ["trim(leading 'x' from 'xxxbarxxx')", 'barxxx'],
    ["trim(both 'x' from 'xxxbarxxx')", 'bar'],
    ["trim(trailing 'xyz' from 'barxxyz')", 'barx'],
    ["upper('äb')", 'ÄB'],
    ["length('ä')", 2],
    ["char_length('ä')", 1],
    ["field('Bb', 'Aa', 'Bb', 'Cc')", 2],
    ['field(null, 1)', 0],
    ["elt(2, 'Aa', 'Bb')", 'Bb'],
    ["find_in_set('b', 'a,b,c,d')", 2],
    ["strcmp('text', 'text2')", -1],
    ["md5('testing')", 'ae2b1fca515949e5d54fb22b8ed95575'],
    ["sha1('abc')", 'a9993e364706816aba3e25717850c26c9cd0d89d'],
    ["crc32('MySQL')", 3259397556],
    ['format(12332.123456, 4)', '12,332.1235'],
    ["'Michael!' regexp '.*'", 1],
    ["'a' regexp '^[a-d]'", 1],
    ["'A' regexp 'a'", 0],
    ["regexp_like('CamelCase', 'CAMELCASE', 'i')", 1],
    ["regexp_replace('a b c', 'b', 'X')", 'a X c'],
    ["regexp_substr('abc def ghi', '[a-z]+')", 'abc'],
    ["'x1' regexp '^[[:alpha:]][[:digit:]]$'", 1],

    ['5 div 2', 2],
    ['-5 div 2', -2],
    ['5 / 2', 2.5],
    ['1 / 0', null],
    ['5 div 0', null],
    ['5.5 % 2', 1.5],
    ['truncate(1.999, 1)', 1.9],
    ['truncate(-1.999, 1)', -1.9],
    ['truncate(122, -2)', 100],
    ['greatest(2, 0)', 2],
    ["greatest('B', 'A', 'C')", 'C'],
    ['least(34, 3, 5)', 3],
    ['greatest(1, null)', null],
    ['cast(1.5 as signed)', 2],
    ["cast('12.7abc' as signed)", 12],
    ['cast(1.005 as decimal(10, 2))', 1.01],
    ['log(2, 65536)', 16],
    ["conv('a', 16, 2)", '1010'],
    ['isnull(1 / 0)', 1],
    ['if(1 > 2, 2, 3)', 3],
    ['ifnull(null, 10)', 10],
    ['nullif(1, 1)', null],

    [`json_unquote('"abc"')`, 'abc'],
    ["json_unquote('[1, 2, 3]')", '[1, 2, 3]'],
    [`json_contains('{"a": 1, "b": 2, "c": {"d": 4}}', '1', '$.a')`, 1],
    [`json_contains('{"a": 1, "b": 2, "c": {"d": 4}}', '1', '$.b')`, 0],
    [`json_contains('{"a": 1, "b": 2, "c": {"d": 4}}', '{"d": 4}', '$.c')`, 1],
    [`json_contains('[1, [2, 3]]', '2')`, 1],
    [`json_contains('{"a": 1}', '1', '$.x')`, null],
    [`json_contains_path('{"a": 1, "c": {"d": 4}}', 'one', '$.a', '$.e')`, 1],
    [`json_contains_path('{"a": 1, "c": {"d": 4}}', 'all', '$.a', '$.e')`, 0],
    [`json_contains_path('{"a": 1, "c": {"d": 4}}', 'one', '$.c.d')`, 1],
    [`json_length('[1, 2, {"a": 3}]')`, 3],
    [`json_length('{"a": 1, "b": {"c": 30}}')`, 2],
    [`json_length('{"a": 1, "b": {"c": 30}}', '$.b')`, 1],
    [`json_depth('[10, {"a": 20}]')`, 3],
    [`json_type('"x"')`, 'STRING'],
    [`json_type('1.5')`, 'DOUBLE'],
    [`json_keys('{"a": 1, "b": {"c": 30}}')`, '["a","b"]'],
    [`json_overlaps('[1, 3, 5, 7]', '[2, 5, 7]')`, 1],
    [`json_overlaps('{"a": 1, "b": 10}', '{"c": 1, "b": 10}')`, 1],
    [`json_overlaps('5', '[4, 6]')`, 0],
    [`json_value('{"fname": "Joe", "n": 5}', '$.fname')`, 'Joe'],
    [`'ab' member of('[23, "abc", 17, "ab", 10]')`, 1],
    [`7 member of('[23, "abc", 17, "ab", 10]')`, 0],
  ])('%s', (sql, expected) => {
    expect(value(sql)).toEqual(expected);
  });

  test('a statement sees one time', () => {
    let reads = 0;
    const ticking = new Database(':memory:');
    registerFunctions(ticking, {
      now: () => Date.UTC(2026, 0, 1) + 1000 * reads++,
      sleepUntil: async () => {},
    });
    const rows = ticking
      .query('with n(i) as (values (1), (2), (3)) select now() as t from n where i > 0 or now() is null')
      .values();
    expect(new Set(rows.map(([time]) => time)).size).toBe(1);
    const again = ticking.query('select now() as t').values();
    expect(again[0]![0]).not.toBe(rows[0]![0]);
    ticking.close(true);
  });

  test('aggregates', () => {
    const numbers = 'with n(x) as (values (2), (4), (4), (4), (5), (5), (7), (9))';
    const one = (sql: string) => db.query(`${numbers} select ${sql} from n`).values()[0]![0];
    expect(one('stddev_pop(x)')).toBe(2);
    expect(one('var_pop(x)')).toBe(4);
    expect(one('var_samp(x)')).toBeCloseTo(32 / 7);
    expect(db.query('select stddev_samp(1)').values()[0]![0]).toBeNull();
  });

  test('what is not supported says so when it runs', () => {
    expect(() => value("convert_tz('2004-01-01', 'GMT', 'MET')")).toThrow(/named time zone/);
    expect(() => value("date_add('2004-01-01', interval 1 fortnight)")).toThrow(/FORTNIGHT/);
  });
});
