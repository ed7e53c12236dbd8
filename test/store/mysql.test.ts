import { afterAll, describe } from 'bun:test';
import { conformance } from './conformance.ts';
import { EmptyStores } from './database.ts';
import { serverMigrations } from './server-migrations.ts';
import { sharedStore } from './shared.ts';

const server = process.env.SEGFLOW_TEST_MYSQL_URL;

describe.skipIf(server === undefined)('MySQL', () => {
  const stores = new EmptyStores(server ?? '');
  afterAll(() => stores[Symbol.asyncDispose]());
  conformance('the store in MySQL', () => stores.open());
});

sharedStore('processes that share MySQL', server);

serverMigrations('migrations on MySQL', server);
