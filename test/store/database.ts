import { createPool, type Pool } from 'mysql2/promise';
import { openStore } from '../../src/store/open.ts';
import { testClock } from '../helpers/clock.ts';
import { evidence, isWitnessed } from '../helpers/evidence.ts';
import { rowsOfDatabase } from '../helpers/store-rows.ts';
import type { OpenedStore } from './conformance.ts';

/** A database of a test's own on a server. */
export interface TestDatabase extends AsyncDisposable {
  url: string;
  /** For tests that look behind the store. */
  pool: Pool;
}

export async function createDatabase(serverUrl: string): Promise<TestDatabase> {
  const name = `test_${process.pid}_${crypto.randomUUID().slice(0, 8)}`;
  const admin = createPool({ uri: serverUrl, connectionLimit: 1 });
  await admin.query(`create database ${name} character set utf8mb4`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  const pool = createPool({ uri: url.href, connectionLimit: 2, timezone: 'Z' });
  return {
    url: url.href,
    pool,
    async [Symbol.asyncDispose]() {
      if (isWitnessed()) {
        const rows = await rowsOfDatabase(pool);
        evidence(`the database ${name}`, () => rows);
      }
      await pool.end();
      await admin.query(`drop database ${name}`);
      await admin.end();
    },
  };
}

/**
 * Opens empty stores, one after the other, in one database: making its tables anew each time would take most of a suite's time.
 */
export class EmptyStores implements AsyncDisposable {
  readonly #serverUrl: string;
  #database: TestDatabase | undefined;

  constructor(serverUrl: string) {
    this.#serverUrl = serverUrl;
  }

  async open(clock = testClock()): Promise<OpenedStore> {
    if (this.#database) await empty(this.#database.pool);
    this.#database ??= await createDatabase(this.#serverUrl);
    const store = await openStore({ url: this.#database.url, clock, followClock: true });
    return { store, clock, [Symbol.asyncDispose]: () => store.close() };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#database?.[Symbol.asyncDispose]();
  }
}

const LASTING = ['schema_migrations', 'instance', 'sweeps', 'slots'];

async function empty(pool: Pool): Promise<void> {
  const [tables] = await pool.query<import('mysql2').RowDataPacket[]>(
    'select table_name as name from information_schema.tables where table_schema = database()',
  );
  for (const { name } of tables) {
    if (!LASTING.includes(name)) await pool.query(`delete from ${name}`);
  }
  await pool.query("update instance set revision = ''");
  await pool.query("update sweeps set sweep = 0, after = '', done = 1");
  await pool.query('update slots set owner = null, epoch = 0');
}
