import { afterAll, describe } from 'bun:test';
import { conformance } from './conformance.ts';
import { EmptyStores } from './database.ts';
import { serverMigrations } from './server-migrations.ts';
import { sharedStore } from './shared.ts';

const server = process.env.SEGFLOW_TEST_MARIADB_URL;

describe.skipIf(server === undefined)('MariaDB', () => {
  const stores = new EmptyStores(server ?? '');
  afterAll(() => stores[Symbol.asyncDispose]());
  conformance('the store in MariaDB', () => stores.open());
});

sharedStore('processes that share MariaDB', server);

serverMigrations('migrations on MariaDB', server);
