import { expect, test } from 'bun:test';
import { printMysql } from '../../../src/sql/mysql/print.ts';
import { readQuery } from '../../../src/sql/read/read-query.ts';

const print = (text: string, ...params: unknown[]) => printMysql(readQuery(text, params));

test('MySQL runs the text as it was written', () => {
  const text = "select  id from `users` -- all of them\nwhere attributes->'$.plan' = 'a?b' /* ? */";
  expect(print(text)).toEqual({ text, params: [] });
});

test('booleans and big integers become words of the text, since 1 is not true in JSON', () => {
  expect(print("select id from users where attributes->'$.vip' = ? and id <> ?", true, 'x')).toEqual({
    text: "select id from users where attributes->'$.vip' = true and id <> ?",
    params: ['x'],
  });
  expect(print("select id from users where attributes->>'$.n' = ? limit ?", 10n ** 18n, 3)).toEqual({
    text: "select id from users where attributes->>'$.n' = 1000000000000000000 limit ?",
    params: [3],
  });
});

test('parameters of subqueries, CTEs and windows keep their order', () => {
  const text = `with t as (select user_id, lag(id, ?) over (order by created_at) as before_it from events where name = ?)
    select user_id from t where before_it is null and user_id in (select id from users where id = ?)`;
  expect(print(text, 1, 'a', null)).toEqual({ text, params: [1, 'a', null] });
});

test('a Date is a text as MySQL reads it', () => {
  const { params } = print('select id from users where created_at > ?', new Date('2026-01-31T12:00:00.5Z'));
  expect(params).toEqual(['2026-01-31 12:00:00.500']);
});
