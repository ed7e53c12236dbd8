import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { fileURLToPath } from 'node:url';
import { buildSegmentQuery } from '../../src/config/queries/segment-query.ts';
import type { Store } from '../../src/engine/ports/store.ts';
import { openStore } from '../../src/store/open.ts';
import type { SimulatedClock } from '../../src/testing/simulated-clock.ts';
import { testClock } from '../helpers/clock.ts';
import { EmptyStores } from '../store/database.ts';
import { MEMBERS, REFUSED } from './members.ts';
import { NOW, populate } from './population.ts';
import { QUERIES } from './queries.ts';

const STORES = {
  sqlite: async (clock: SimulatedClock) => openStore({ memory: true, clock }),
  mariadb: onServer(process.env.SEGFLOW_TEST_MARIADB_URL),
  mysql: onServer(process.env.SEGFLOW_TEST_MYSQL_URL),
};

test('the corpus and its answers are of the same segments', () => {
  expect(Object.keys(MEMBERS).toSorted()).toEqual(Object.keys(QUERIES).toSorted());
});

for (const [name, open] of Object.entries(STORES)) {
  describe.skipIf(open === undefined)(`segments on ${name}`, () => {
    let store: Store & AsyncDisposable;
    let everyone: string[];
    beforeAll(async () => {
      store = await open!(testClock(NOW));
      everyone = await populate(store);
    });
    afterAll(() => store[Symbol.asyncDispose]());

    test.each(Object.entries(QUERIES))('%s', async (title, evaluator) => {
      await check(title, await buildSegmentQuery(evaluator, NOW), { store, everyone, name });
    });

    for (const config of ['seed', 'seed-getting-started']) {
      test(`of the configuration ${config}`, async () => {
        const path = fileURLToPath(new URL(`../fixtures/${config}/segflow.config.ts`, import.meta.url));
        const { default: loaded } = await import(path);
        for (const [id, { evaluator }] of Object.entries<{ evaluator: unknown }>(loaded.segments)) {
          const query = { id, ...(await buildSegmentQuery(evaluator, NOW)) };
          const facts = await store.inspectSegment(query);
          const selected = [...(await store.evaluateSegment(query, facts, everyone))].toSorted();
          expect({ id, selected }).toEqual({ id, selected: SEED[id]!.split(' ').filter(Boolean).toSorted() });
        }
      });
    }

    otherEvents(() => ({ store, everyone, name }));
  });
}

/** Last, since it adds to what happened: of each segment that names the events it reads, others change no member. */
function otherEvents(at: () => { store: Store; everyone: string[]; name: string }): void {
  test('events of names that a segment does not read change none of its members', async () => {
    const { store, everyone, name } = at();
    const happened: string[] = [];
    let told = 0;
    for (const event of ['unrelated', 'signup', 'login', 'purchase']) {
      happened.push(event);
      await store.insertEvents(
        everyone.flatMap((userId) =>
          [NOW - 86_400_000, NOW].map((createdAt) => ({
            ...{ userId, name: event, createdAt, messageId: null },
            attributes: { value: 5_000, device: 'phone', ok: true },
          })),
        ),
      );
      for (const [title, evaluator] of Object.entries(QUERIES)) {
        if (name !== 'mysql' && REFUSED[title]?.[name as 'mariadb' | 'sqlite'] !== undefined) continue;
        const query = { id: 'tested', ...(await buildSegmentQuery(evaluator, NOW)) };
        const { eventNames, ...facts } = await store.inspectSegment(query);
        if (!eventNames || eventNames.some((read) => happened.includes(read))) continue;
        told++;
        const selected = [...(await store.evaluateSegment(query, facts, everyone))].toSorted();
        expect({ title, selected }).toEqual({
          title,
          selected: MEMBERS[title]!.split(' ').filter(Boolean).toSorted(),
        });
      }
    }
    expect(told).toBeGreaterThan(200);
  }, 60_000);
}

/** The seed's segments over the same people. */
const EVERYONE = "Ann ann bob cid dan eve fay gus hal ivy o'neil änn%_";
const SEED: Record<string, string> = {
  'all-users': EVERYONE,
  'purchased-users': "ann bob cid dan gus hal o'neil",
  'big-spenders': 'ann cid gus',
  'winback-eligible': '',
};

async function check(
  title: string,
  built: { sql: string; params: unknown[] },
  { store, everyone, name }: { store: Store; everyone: string[]; name: string },
): Promise<void> {
  const query = { id: 'tested', ...built };
  const refused = name === 'mysql' ? undefined : REFUSED[title]?.[name as 'mariadb' | 'sqlite'];
  if (refused !== undefined) {
    const refusal = store.inspectSegment(query);
    await expect(refusal).rejects.toMatchObject({ code: 'store_unsupported' });
    await expect(refusal).rejects.toThrow(refused);
    return;
  }
  const members = new Set(MEMBERS[title]!.split(' ').filter(Boolean));
  const facts = await store.inspectSegment(query);
  expect(await store.evaluateSegment(query, facts, everyone)).toEqual(members);
  // Nothing changes when each is asked about alone, or when the whole segment is evaluated.
  const alone = new Set<string>();
  for (const id of everyone) {
    for (const found of await store.evaluateSegment(query, facts, [id])) alone.add(found);
  }
  expect(alone).toEqual(members);
  expect(await store.selectWhole(query)).toEqual(members);
}

function onServer(url: string | undefined) {
  if (url === undefined) return undefined;
  return async (clock: SimulatedClock): Promise<Store & AsyncDisposable> => {
    const stores = new EmptyStores(url);
    const { store } = await stores.open(clock);
    return {
      ...store,
      async [Symbol.asyncDispose]() {
        await store.close();
        await stores[Symbol.asyncDispose]();
      },
    };
  };
}
