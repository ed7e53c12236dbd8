import type { Pool, PoolConnection, PoolOptions } from 'mysql2';
import type { Clock } from '../../core/clock.ts';
import { SegflowError } from '../../core/errors.ts';
import { MysqlConnection } from './connection.ts';
import { wrapMysqlError } from './errors.ts';
import { type Server, sessionSetup } from './server.ts';
import type { Database } from './url.ts';

/**
 * A pool of sessions. Each is set up before its first use. A session whose connection was lost is
 * discarded, so a restarted database gets fresh sessions.
 */
export class Sessions {
  readonly #pool: Pool;
  readonly #server: Server;
  readonly #clock: Clock | undefined;
  readonly #ready = new WeakMap<PoolConnection, number>();

  constructor(pool: Pool, options: { server: Server; clock?: Clock | undefined }) {
    this.#pool = pool;
    this.#server = options.server;
    this.#clock = options.clock;
  }

  async use<T>(work: (connection: MysqlConnection) => Promise<T>): Promise<T> {
    const connection = await this.#acquire();
    try {
      return await work(connection);
    } finally {
      if (connection.lost) connection.raw.destroy();
      else connection.raw.release();
    }
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#pool.end(() => resolve()));
  }

  async #acquire(): Promise<MysqlConnection> {
    const raw = await this.#take();
    try {
      let idStep = this.#ready.get(raw);
      if (idStep === undefined) {
        const fresh = new MysqlConnection(raw, { idStep: 1 });
        for (const text of sessionSetup(this.#server)) await fresh.run(text);
        const [row] = await fresh.query('select @@session.auto_increment_increment as step', []);
        idStep = Number(row!.step);
        this.#ready.set(raw, idStep);
      }
      const connection = new MysqlConnection(raw, { idStep });
      if (this.#clock) await connection.run(`set timestamp = ${this.#clock.now() / 1000}`);
      return connection;
    } catch (error) {
      raw.destroy();
      throw error;
    }
  }

  #take(): Promise<PoolConnection> {
    return new Promise((resolve, reject) => {
      this.#pool.getConnection((error, raw) => {
        if (error) reject(closedOr(wrapMysqlError(error)));
        else resolve(raw);
      });
    });
  }
}

/**
 * How mysql2 reads and writes: times as text, JSON as text, and `changes` counts the rows that
 * changed.
 */
export function poolOptions(database: Database): PoolOptions {
  return {
    ...database.connect,
    connectionLimit: database.connections,
    charset: 'utf8mb4_bin',
    timezone: 'Z',
    dateStrings: true,
    supportBigNumbers: true,
    jsonStrings: true,
    decimalNumbers: false,
    flags: ['-FOUND_ROWS'],
    connectTimeout: 10_000,
    enableKeepAlive: true,
    keepAliveInitialDelay: 10_000,
    connectAttributes: { program_name: 'segflow' },
    // The texts are complete (see format). Otherwise mysql2 would scan each one again for
    // placeholders.
    queryFormat: (text: string) => text,
  } as PoolOptions;
}

function closedOr(error: unknown): unknown {
  if (error instanceof Error && /pool is closed/i.test(error.message)) {
    return new SegflowError('unavailable', 'the store is closed', { hint: 'Segflow is shutting down.' });
  }
  return error;
}
