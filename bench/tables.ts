import { Database } from 'bun:sqlite';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { waitFor } from '../test/helpers/wait-for.ts';

type Value = string | number | null;

/** A store's tables, written only by the driver: to fill them, and as a baseline for the engine. */
export interface Tables extends AsyncDisposable {
  run(text: string, params?: Value[]): Promise<void>;
  /** Inserts rows in one statement, in its own transaction. */
  insert(table: string, columns: string[], rows: Value[][]): Promise<void>;
  /**
   * Resolves once the database has flushed its writes to disk, because filling is not part of the
   * measurement.
   */
  flushed(): Promise<void>;
  /** A SELECT of the numbers 0 to `count` − 1 as `n`. */
  numbers(count: number): string;
}

/** Opens the tables in the data folder, or in the database at `url`. */
export async function openTables(where: { dataDir: string } | { url: string }): Promise<Tables> {
  return 'url' in where ? inMysql(where.url) : inSqlite(join(where.dataDir, 'segflow.db'));
}

// --- internal ---

function inSqlite(path: string): Tables {
  const db = new Database(path);
  // As the embedded store promises: a commit is on the disk.
  for (const pragma of ['journal_mode = wal', 'synchronous = full']) db.run(`pragma ${pragma}`);
  return {
    run: async (text, params = []) => void db.run(text, params),
    insert: async (table, columns, rows) =>
      void db.prepare(insertText(table, columns, rows.length)).run(...rows.flat()),
    flushed: async () => void db.run('pragma wal_checkpoint(truncate)'),
    numbers: (count) => `${recursion(count)} select n from numbers`,
    [Symbol.asyncDispose]: async () => db.close(),
  };
}

async function inMysql(url: string): Promise<Tables> {
  const connection = await createConnection({ uri: url });
  const [[{ version }]] = (await connection.query('select version() as version')) as unknown as [
    [{ version: string }],
  ];
  const depth = /mariadb/i.test(version) ? 'max_recursive_iterations' : 'cte_max_recursion_depth';
  await connection.query(`set session ${depth} = 10000000, autocommit = 1`);
  return {
    run: async (text, params = []) => void (await connection.query(text, params)),
    insert: async (table, columns, rows) =>
      void (await connection.query(insertText(table, columns, rows.length), rows.flat())),
    async flushed() {
      const set = (percent: number) => connection.query(`set global innodb_max_dirty_pages_pct = ${percent}`);
      await set(0);
      await waitFor(
        'the pages to be written',
        async () => {
          const [[row]] = (await connection.query(
            "show global status like 'Innodb_buffer_pool_pages_dirty'",
          )) as unknown as [[{ Value: string }]];
          return Number(row.Value) < 1_000;
        },
        { timeoutMs: 300_000 },
      );
      await set(90);
    },
    numbers: (count) => `${recursion(count)} select n from numbers`,
    [Symbol.asyncDispose]: () => connection.end(),
  };
}

function insertText(table: string, columns: string[], count: number): string {
  const row = `(${columns.map(() => '?').join(', ')})`;
  return `insert into ${table} (${columns.join(', ')}) values ${Array<string>(count).fill(row).join(', ')}`;
}

function recursion(count: number): string {
  return `with recursive numbers(n) as (select 0 union all select n + 1 from numbers where n < ${count - 1})`;
}
