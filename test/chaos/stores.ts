import { createConnection } from 'mysql2/promise';
import { startMariadb } from '../databases/mariadb.mjs';
import { startMysql } from '../databases/mysql.mjs';
import type { DatabaseServer } from '../databases/server.mjs';

export type StoreName = 'sqlite' | 'mariadb' | 'mysql';

/** Where the processes of a round keep their data. */
export interface Store extends AsyncDisposable {
  readonly name: StoreName;
  /** Makes a database of its own for a round: its URL, or undefined on the embedded store. */
  database(): Promise<string | undefined>;
  /** The server of the databases, when there is one. */
  readonly server: DatabaseServer | undefined;
}

/** Starts what the store needs: for the embedded one nothing. */
export async function startStore(name: StoreName): Promise<Store> {
  const server = await START[name]();
  const made: string[] = [];
  let count = 0;
  return {
    name,
    server,
    async database() {
      if (!server) return undefined;
      const database = `chaos_${++count}`;
      const admin = await createConnection({ uri: server.url });
      for (const old of made.splice(0, made.length - 1)) await admin.query(`drop database if exists ${old}`);
      await admin.query(`create database ${database} character set utf8mb4`);
      await admin.end();
      made.push(database);
      return `${server.url}${database}`;
    },
    async [Symbol.asyncDispose]() {
      await server?.stop();
    },
  };
}

// --- internal ---

const START: Record<StoreName, () => Promise<DatabaseServer | undefined>> = {
  sqlite: async () => undefined,
  mariadb: () => startMariadb(),
  mysql: () => startMysql(),
};
