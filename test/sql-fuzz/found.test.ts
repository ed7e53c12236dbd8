import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { peopleOf } from './disagreement.ts';
import { FOUND, type Found } from './found.ts';
import { type FuzzedStore, openStores, type StoreName } from './stores.ts';

const CASES: Found[] = await Bun.file(FOUND).json();

const AVAILABLE: Record<StoreName, boolean> = {
  sqlite: true,
  mariadb: process.env.SEGFLOW_TEST_MARIADB_URL !== undefined,
  mysql: process.env.SEGFLOW_TEST_MYSQL_URL !== undefined,
};

test('each case is there once', () => {
  const texts = CASES.map(({ sql, params }) => JSON.stringify([sql, params]));
  expect(texts.filter((text, index) => texts.indexOf(text) !== index)).toEqual([]);
});

for (const [name, available] of Object.entries(AVAILABLE) as [StoreName, boolean][]) {
  describe.skipIf(!available)(`what the fuzzer found, on ${name}`, () => {
    let store: FuzzedStore;
    beforeAll(async () => {
      [store] = (await openStores([name])) as [FuzzedStore];
    });
    afterAll(() => store[Symbol.asyncDispose]());

    test.each(CASES)('$sql', async (found) => {
      const { sql, params, members, refused = [] } = found;
      await store.populate(peopleOf(found));
      const answer = await store.ask({ sql, params }, 3);
      if (refused.includes(name)) expect(answer.kind).toBe('refused');
      else expect(answer).toEqual({ kind: 'members', members: members! });
    });
  });
}
