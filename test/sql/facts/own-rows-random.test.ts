import { expect, setDefaultTimeout, test } from 'bun:test';
import type { Store } from '../../../src/engine/ports/store.ts';
import { openStore } from '../../../src/store/open.ts';
import { testClock } from '../../helpers/clock.ts';

setDefaultTimeout(180_000);

/*
 * Random SELECTs, of which many look at other users: whenever the analysis says that membership depends on the user's own
 * rows alone, evaluating users by themselves must give what evaluating everyone gives.
 */

const QUERIES = 1500;
const SEED = 20260101;

test('what is judged to depend on own rows does', async () => {
  const random = generator(SEED);
  await using store = await openStore({ memory: true, clock: testClock() });
  const ids = await populate(store, random);
  let judgedOwn = 0;
  let judgedWhole = 0;
  for (let i = 0; i < QUERIES; i++) {
    const segment = { id: 'random', sql: query(random, 2), params: [] };
    const facts = await store.inspectSegment(segment);
    if (!facts.ownRowsOnly) {
      judgedWhole++;
      continue;
    }
    judgedOwn++;
    const everyone = await store.evaluateSegment(segment, { ...facts, ownRowsOnly: false }, ids);
    for (const some of [[ids[i % ids.length]!], ids.filter((_, index) => (index + i) % 3 === 0)]) {
      const found = await store.evaluateSegment(segment, facts, some);
      const expected = some.filter((id) => everyone.has(id));
      if (found.size !== expected.length || !expected.every((id) => found.has(id))) {
        throw new Error(`for ${some}: ${[...found]} instead of ${expected}\n${segment.sql}`);
      }
    }
  }
  // Neither answer may be so rare that the test says nothing.
  expect(judgedOwn).toBeGreaterThan(QUERIES / 5);
  expect(judgedWhole).toBeGreaterThan(QUERIES / 5);
});

type Random = { int(below: number): number; pick<T>(items: T[]): T };

function query(random: Random, depth: number): string {
  const kind = random.int(depth > 0 ? 8 : 3);
  const filter = condition(random, 'u', depth);
  switch (kind) {
    case 0:
      return `select u.id from users u where ${filter}`;
    case 1:
      return `select u.user_id from events u where ${condition(random, 'u', depth, 'user_id')}`;
    case 2:
      return `select ${random.pick(['u.user_id from events u group by u.user_id', 'u.user_id from events u group by u.user_id, u.name', 'max(u.user_id) from events u group by u.name'])} having count(*) > ${random.int(3)}`;
    case 3:
      return `select u.id from users u ${random.pick(['join', 'left join'])} events e on ${join(random)} where ${condition(random, 'u', depth - 1)} ${random.pick(['', 'and e.id is null', "and e.name = 'a'"])}`;
    case 4:
      return `(${query(random, depth - 1)}) ${random.pick(['union', 'except', 'intersect'])} (${query(random, depth - 1)})`;
    case 5:
      return `select t.who from (select ${random.pick(['user_id', 'max(user_id)'])} as who, ${random.pick(['count(*)', 'max(id)', '1'])} as n from events group by user_id ${random.pick(['', ', name'])}) t where t.n > ${random.int(4)}`;
    case 6:
      return `with t as (select ${random.pick(['user_id, max(name) as name, count(*) as n from events group by user_id', 'max(user_id) as user_id, name, count(*) as n from events group by name', 'user_id, name, count(*) as n from events group by user_id, name'])}) select u.id from users u join t on ${random.pick(['t.user_id = u.id', 't.user_id = u.id', "t.name = 'a'"])} where ${filter}`;
    default:
      return `select u.id from users u where ${filter} ${random.pick(['', '', 'order by u.id limit 3'])}`;
  }
}

function condition(random: Random, alias: string, depth: number, key = 'id'): string {
  const user = `${alias}.${key}`;
  const simple = () =>
    random.pick([
      '1 = 1',
      `${user} > 'u5'`,
      `${user} in ('u1', 'u2', 'u7')`,
      `${alias}.attributes->>'$.n' > ${random.int(5)}`,
      `${alias}.created_at > '2026-01-01 00:00:0${random.int(9)}'`,
    ]);
  if (depth <= 0) return simple();
  const inner = random.pick([
    `x.user_id = ${user}`,
    `x.user_id = ${user} and x.name = 'a'`,
    `(x.user_id = ${user} and (x.name = 'a' or x.id > 10))`,
    `x.user_id = ${user} or x.name = 'b'`,
    "x.name = 'c'",
    `not x.user_id = ${user}`,
    `x.user_id > ${user}`,
  ]);
  const parts = [
    simple(),
    random.pick([
      `exists (select 1 from events x where ${inner})`,
      `not exists (select 1 from events x where ${inner})`,
      `(select count(*) from events x where ${inner}) > ${random.int(4)}`,
      `(select x.name from events x where ${inner} order by x.id desc limit 1) = 'a'`,
      `${user} in (select x.user_id from events x where x.name = 'a')`,
      `${user} not in (select x.user_id from events x group by x.user_id having count(*) > 1)`,
      `${user} in (${query(random, depth - 1)})`,
      `${alias}.attributes->>'$.n' > (select avg(v.slot) from users v)`,
      simple(),
    ]),
  ];
  return `(${parts.join(random.pick([' and ', ' or ', ' and not ']))})`;
}

function join(random: Random): string {
  return random.pick([
    'e.user_id = u.id',
    "(e.user_id = u.id and e.name = 'b')",
    "e.user_id = u.id or e.name = 'c'",
    "e.name = 'c'",
    'u.id = e.user_id and e.id > 5',
    'e.user_id <> u.id',
  ]);
}

async function populate(store: Store, random: Random): Promise<string[]> {
  const ids = Array.from({ length: 12 }, (_, index) => `u${index}`);
  const at = Date.parse('2026-01-01T00:00:00Z');
  await store.putUsers(
    ids.map((id, index) => ({
      id,
      attributes: { n: random.int(6) },
      createdAt: at + index * 1000,
      updatedAt: at,
    })),
  );
  await store.insertEvents(
    Array.from({ length: 30 }, (_, index) => ({
      userId: random.pick(ids),
      name: random.pick(['a', 'b', 'c']),
      attributes: { n: random.int(6) },
      createdAt: at + index * 500,
      messageId: null,
    })),
  );
  return ids;
}

/** Mulberry32: the same numbers on every machine. */
function generator(seed: number): Random {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return {
    int: (below) => Math.floor(next() * below),
    pick: (items) => items[Math.floor(next() * items.length)]!,
  };
}
