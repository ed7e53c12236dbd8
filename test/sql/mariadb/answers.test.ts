import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import { printMariadb } from '../../../src/sql/mariadb/print.ts';
import { printMysql } from '../../../src/sql/mysql/print.ts';
import { readQuery } from '../../../src/sql/read/read-query.ts';
import { sessionSetup } from '../../../src/store/mysql/server.ts';
import { VALUES } from './values.ts';

/*
 * What an expression gives on MariaDB, against MySQL. Of segments only the members would show; here the values themselves are compared,
 * by their text.
 */

const URLS = { mysql: process.env.SEGFLOW_TEST_MYSQL_URL, mariadb: process.env.SEGFLOW_TEST_MARIADB_URL };
const EXPRESSIONS = readFileSync(new URL('expressions.txt', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'));
const CHUNK = 50;

describe.skipIf(!URLS.mysql || !URLS.mariadb)('expressions on MariaDB and MySQL', () => {
  const connections = {} as Record<'mysql' | 'mariadb', Connection>;
  const database = `test_${process.pid}_${crypto.randomUUID().slice(0, 8)}`;
  beforeAll(async () => {
    for (const flavor of ['mysql', 'mariadb'] as const) {
      connections[flavor] = await createConnection({ uri: URLS[flavor]! });
      await fill(connections[flavor], flavor, database);
    }
  });
  afterAll(async () => {
    for (const connection of Object.values(connections)) {
      await connection.query(`drop database ${database}`);
      await connection.end();
    }
  });

  for (let from = 0; from < EXPRESSIONS.length; from += CHUNK) {
    const chunk = EXPRESSIONS.slice(from, from + CHUNK);
    test(`${chunk[0]} … ${chunk.at(-1)}`, async () => {
      const different: unknown[] = [];
      for (const expression of chunk) {
        const read = readQuery(`select id, (${written(expression)}) as v from users order by id`, []);
        const [mysql, mariadb] = await Promise.all([
          values(connections.mysql, printMysql(read).text),
          values(connections.mariadb, printMariadb(read).text),
        ]);
        VALUES.forEach((value, index) => {
          if (mysql[index] === mariadb[index]) return;
          different.push({ expression, value, mysql: mysql[index], mariadb: mariadb[index] });
        });
      }
      expect(different).toEqual([]);
    }, 60_000);
  }
});

const NAMES: Record<string, string> = {
  T: "attributes->>'$.x'",
  J: "attributes->'$.x'",
  I: "cast(attributes->>'$.n' as signed)",
  D: 'created_at',
  S: 'id',
};

/** The expression with the columns for the letters, which are none in texts. */
function written(expression: string): string {
  return expression
    .split(/('(?:[^'\\]|\\.|'')*')/)
    .map((part, index) => (index % 2 === 1 ? part : part.replace(/\b[TJIDS]\b/g, (letter) => NAMES[letter]!)))
    .join('');
}

async function fill(connection: Connection, flavor: 'mysql' | 'mariadb', database: string): Promise<void> {
  await connection.query(`create database ${database} character set utf8mb4`);
  await connection.query(`use ${database}`);
  for (const statement of sessionSetup({ flavor, version: '' })) await connection.query(statement);
  await connection.query(`set timestamp = ${Date.parse('2026-06-15T12:00:00Z') / 1000}`);
  await connection.query(
    `create table users (id varchar(255) primary key, attributes json not null, created_at datetime(3) not null)
     default charset utf8mb4 collate utf8mb4_bin`,
  );
  for (const [n, x] of VALUES.entries()) {
    const id = `k${String(n).padStart(3, '0')}`;
    await connection.query('insert into users values (?, ?, ?)', [
      ...[id, JSON.stringify({ n, x }), '2026-06-15 12:00:00.123'],
    ]);
  }
}

/** The second column, as text. */
async function values(connection: Connection, sql: string): Promise<(string | null)[]> {
  const [rows] = await connection.query<RowDataPacket[][]>({ sql, rowsAsArray: true, typeCast: false });
  return rows.map(([, value]) => (value as unknown as Buffer | null)?.toString('utf8') ?? null);
}
