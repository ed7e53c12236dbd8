import { Database } from 'bun:sqlite';
import { existsSync, statSync } from 'node:fs';
import type { Pool, RowDataPacket } from 'mysql2/promise';

/** What is in the tables of a store, as lines for people: how many rows, the last few of them, and long values cut. */
export function rowsOfFile(file: string): string {
  if (!existsSync(file)) return '(no store)';
  if (statSync(file).size > MAX_FILE) return '(a store too large to be shown)';
  try {
    using database = new Database(file, { readonly: true });
    return shown(
      (database.query("select name from sqlite_master where type = 'table'").all() as { name: string }[]).map(
        ({ name }) => ({
          name,
          count: (database.query(`select count(*) as n from "${name}"`).get() as { n: number }).n,
          rows: (
            database.query(`select * from "${name}" order by 1 desc limit ${ROWS}`).all() as object[]
          ).reverse(),
        }),
      ),
    );
  } catch (error) {
    return `(the store cannot be read: ${error})`;
  }
}

/** The same of a database on a server. */
export async function rowsOfDatabase(pool: Pool): Promise<string> {
  try {
    const [tables] = await pool.query<RowDataPacket[]>(
      'select table_name as name from information_schema.tables where table_schema = database()',
    );
    const read = [];
    for (const { name } of tables) {
      const [[counted]] = await pool.query<RowDataPacket[]>(`select count(*) as n from \`${name}\``);
      const [rows] = await pool.query<RowDataPacket[]>(
        `select * from \`${name}\` order by 1 desc limit ${ROWS}`,
      );
      read.push({ name, count: Number(counted!.n), rows: rows.reverse() });
    }
    return shown(read);
  } catch (error) {
    return `(the database cannot be read: ${error})`;
  }
}

// --- internal ---

const MAX_FILE = 20_000_000;
const ROWS = 12;
const VALUE = 100;
/** Bookkeeping that explains nothing, or would show a key. */
const LEFT_OUT = new Set(['schema_migrations', 'slots', 'sweeps', 'sqlite_sequence']);

function shown(tables: { name: string; count: number; rows: object[] }[]): string {
  return tables
    .filter(({ name, count }) => count > 0 && !LEFT_OUT.has(name))
    .flatMap(({ name, count, rows }) => [`${name}: ${count} rows`, ...rows.map((row) => `  ${line(row)}`)])
    .join('\n');
}

function line(row: object): string {
  return Object.entries(row)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}=${cut(value)}`)
    .join(' ');
}

function cut(value: unknown): string {
  const text = (
    value instanceof Date
      ? value.toISOString()
      : typeof value === 'object'
        ? JSON.stringify(value)
        : String(value)
  ).replaceAll('\n', '⏎');
  return text.length <= VALUE ? text : `${text.slice(0, VALUE)}…`;
}
