import { Database } from 'bun:sqlite';
import { expect, test } from 'bun:test';
import { readQuery } from '../../../src/sql/read/read-query.ts';
import { registerFunctions } from '../../../src/sql/sqlite/functions/register.ts';
import { printSqlite } from '../../../src/sql/sqlite/print.ts';
import answers from './answers.json' with { type: 'json' };

const db = new Database(':memory:');
registerFunctions(db, () => Date.parse('2026-07-08T09:10:11.123Z'));

function answer(expression: string): unknown {
  const sql = `select ${expression}`;
  const { text } = printSqlite(readQuery(sql, []).query, sql);
  return db.query(text).values()[0]![0];
}

/** Each answer was given by MySQL 9.7 first. */
test.each(answers as [string, unknown][])('%s', (expression, expected) => {
  expect(answer(expression)).toEqual(expected);
});

test.each([
  ['now()', '2026-07-08 09:10:11'],
  ['now(3)', '2026-07-08 09:10:11.123'],
  ['curdate()', '2026-07-08'],
  ['curtime()', '09:10:11'],
  ['unix_timestamp()', 1783501811],
  ['now() - interval 1 month', '2026-06-08 09:10:11'],
])('the time of %s is that of the clock', (expression, expected) => {
  expect(answer(expression)).toBe(expected);
});
