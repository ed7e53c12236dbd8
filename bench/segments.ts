import { join } from 'node:path';
import { buildSegmentQuery } from '../src/config/queries/segment-query.ts';
import type { Json, JsonObject } from '../src/core/json.ts';
import type { Store as OpenedStore } from '../src/engine/ports/store.ts';
import { type StoreName, startStore } from '../test/chaos/stores.ts';
import { QUERIES } from '../test/corpus/queries.ts';
import { testClock } from '../test/helpers/clock.ts';
import { type Bench, interleaved, type Measurement, median, timed } from './measure.ts';

/**
 * Evaluates the seed's segments and the corpus for 500 people, on each store, with this checkout
 * and, in turn, with another checkout (`--against PATH`, with its dependencies installed); the
 * ratio of the two is what counts. SEGFLOW_BENCH_STORES=sqlite,mariadb,mysql chooses stores.
 */
const bench: Bench = async ({ quick, against }) => {
  const names = (process.env.SEGFLOW_BENCH_STORES ?? 'sqlite,mariadb,mysql').split(',') as StoreName[];
  const queries = await allQueries();
  const measured: Measurement[] = [];
  for (const name of names) {
    await using server = await startStore(name);
    const builds: Record<string, Build> = {};
    for (const [build, path] of Object.entries({ here: ROOT, ...(against && { there: against }) })) {
      builds[build] = await open(path, await server.database());
    }
    measured.push(...(await compare(name, builds, { queries, rounds: quick ? 3 : 11 })));
    for (const { store } of Object.values(builds)) await store.close();
  }
  return measured;
};

export default bench;

// --- internal ---

const ROOT = join(import.meta.dir, '..');
const NOW = Date.parse('2026-06-15T12:00:00Z');
const PEOPLE = 500;
const EVENTS = 10;
/** The queries that differ most are named. */
const SHOWN = 5;

type Query = Parameters<OpenedStore['inspectSegment']>[0];

interface Build {
  store: OpenedStore;
  ids: string[];
}

async function allQueries(): Promise<Query[]> {
  const path = join(ROOT, 'test', 'fixtures', 'seed', 'segflow.config.ts');
  const { default: seed } = (await import(path)) as {
    default: { segments: Record<string, { evaluator: unknown }> };
  };
  const evaluators = [
    ...Object.entries(seed.segments).map(([id, { evaluator }]) => [`seed: ${id}`, evaluator] as const),
    ...Object.entries(QUERIES),
  ];
  return Promise.all(
    evaluators.map(async ([id, evaluator]) => ({
      id,
      ...(await buildSegmentQuery(evaluator as never, NOW)),
    })),
  );
}

/** Opens a store with the code of a checkout, and fills it. */
async function open(checkout: string, url: string | undefined): Promise<Build> {
  const { openStore } = (await import(join(checkout, 'src/store/open.ts'))) as {
    openStore(options: object): Promise<OpenedStore>;
  };
  const clock = testClock(NOW);
  const store = await openStore(
    url === undefined ? { memory: true, clock } : { url, clock, followClock: true },
  );
  const people = Array.from({ length: PEOPLE }, (_, n) => person(n));
  await store.putUsers(people);
  await store.insertEvents(people.flatMap(({ id }, n) => events(id, n)));
  return { store, ids: people.map(({ id }) => id) };
}

async function compare(
  name: StoreName,
  builds: Record<string, Build>,
  { queries, rounds }: { queries: Query[]; rounds: number },
): Promise<Measurement[]> {
  const asked = await answeredByAll(Object.values(builds), queries);
  const subjects = Object.fromEntries(
    Object.keys(builds)
      .flatMap((build) => asked.map((_, index) => [`${build} ${index}`, build, index] as const))
      .map(([key, build, index]) => [key, () => timed(() => asked[index]!.evaluate(builds[build]!))]),
  );
  const times = await interleaved(rounds, subjects);
  const of = (build: string, index: number) => median(times[`${build} ${index}`]!);
  const total = (build: string) => asked.reduce((sum, _, index) => sum + of(build, index), 0);
  const note = `${asked.length} segments, ${PEOPLE} people`;
  const here = { name: `${name}: all segments`, value: total('here'), unit: 'ms', note };
  if (!builds.there) return [here];
  const ratios = asked.map(({ query }, index) => ({
    id: query.id,
    ratio: of('here', index) / of('there', index),
  }));
  const slower = ratios.toSorted((a, b) => b.ratio - a.ratio).slice(0, SHOWN);
  return [
    here,
    { ...here, name: `${name}: with the other checkout`, value: total('there') },
    { name: `${name}: here / there`, value: total('here') / total('there'), unit: '×', note: 'goal 1.1' },
    ...slower.map(({ id, ratio }) => ({ name: `${name}: ${id}`, value: ratio, unit: '×' })),
  ];
}

interface Asked {
  query: Query;
  evaluate(build: Build): Promise<unknown>;
}

/** The queries that every build accepts, inspected once, as on a push. */
async function answeredByAll(builds: Build[], queries: Query[]): Promise<Asked[]> {
  const asked: Asked[] = [];
  for (const query of queries) {
    try {
      const facts = new Map(
        await Promise.all(
          builds.map(async (build) => [build, await build.store.inspectSegment(query)] as const),
        ),
      );
      const evaluate = ({ store, ids }: Build, found = facts) =>
        store.evaluateSegment(query, found.get(builds.find((build) => build.store === store)!)!, ids);
      for (const build of builds) await evaluate(build);
      asked.push({ query, evaluate });
    } catch {
      // A build refuses this query.
    }
  }
  return asked;
}

function person(n: number): { id: string; attributes: JsonObject; createdAt: number; updatedAt: number } {
  const pick = <T>(...list: T[]) => list[(n * 7919) % list.length]!;
  const createdAt = NOW - ((n * 37) % 700) * 86_400_000;
  return {
    id: `user-${n}`,
    createdAt,
    updatedAt: createdAt,
    attributes: {
      ...{
        name: `Name ${n}`,
        email: `user${n}@${pick('example.com', 'other.org')}`,
        plan: pick('pro', 'free', 'team'),
      },
      ...{
        vip: pick<Json>(true, false, 1, 'true'),
        age: 18 + (n % 60),
        score: (n % 100) / 10,
        visits: n % 40,
      },
      ...{ tags: pick(['a', 'b'], ['vip'], []), address: { city: pick('Oslo', 'Bergen'), zip: `0${n}` } },
      signedUpOn: new Date(createdAt).toISOString().slice(0, 10),
    },
  };
}

function events(userId: string, n: number) {
  return Array.from({ length: EVENTS }, (_, index) => ({
    userId,
    name: ['login', 'purchase', 'refund', 'signup'][(n + index) % 4]!,
    createdAt: NOW - ((n + index * 13) % 400) * 86_400_000,
    attributes: {
      value: ((n + index) % 30) * 50,
      items: index,
      device: 'phone',
      sku: ['x', 'y'],
      coupon: index % 2 === 0,
    },
    messageId: null,
  }));
}
