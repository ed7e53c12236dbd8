import { expect, test } from 'bun:test';
import { readQuery } from '../../../src/sql/read/read-query.ts';

/** Reads the condition in a segment. */
const read = (condition: string) => readQuery(`select id from users where ${condition}`, []);

test.each([
  ['json_length(1) > 0', 'JSON_LENGTH is given something that is not JSON'],
  ["json_contains(attributes, attributes->>'$.tag')", 'JSON_CONTAINS is given something that is not JSON'],
  ["'a' member of(attributes->>'$.tags')", 'MEMBER OF is given something that is not JSON'],
  ["cast(attributes->>'$.x' as json) = 1", 'CAST AS JSON is given something that is not JSON'],
  ["json_quote(attributes->'$.x') = 1", 'JSON_QUOTE is given something that is not JSON'],
  ['month(5) = 1', 'MONTH() is given a number for a time'],
  ["date(attributes->'$.day') = curdate()", 'DATE() is given JSON for a time'],
  ['cast(20260101 as date) = curdate()', 'CAST AS DATE is given a number for a time'],
  ["attributes->'$.day' + interval 1 day > now()", 'INTERVAL is given JSON for a time'],
  ["greatest(created_at, attributes->>'$.a') > now()", 'GREATEST() is given times and other values'],
  ["time(created_at) > attributes->>'$.opens'", 'a time of day is compared with something else'],
  ["1 in ('1', '2')", 'a number is searched for among texts'],
  ["(attributes->>'$.a', 1) in ((1, 1), (2, 1))", 'values of different types in a list of rows'],
])('%s is refused', (condition, why) => {
  expect(() => read(condition)).toThrow(why);
});

test.each([
  "json_length(coalesce(attributes->'$.tags', '[]')) > 0",
  "json_contains(attributes->'$.tags', '\"vip\"')",
  "time(created_at) between '09:00:00' and '17:00:00'",
  "attributes->>'$.age' in (17, 25)",
  "attributes->>'$.since' between '2026-01-01' and now()",
  "created_at in ('2026-06-01', curdate())",
  'greatest(created_at, updated_at) > now() - interval 1 day',
  "date(attributes->>'$.day') = curdate()",
])('%s is accepted', (condition) => {
  expect(() => read(condition)).not.toThrow();
});
