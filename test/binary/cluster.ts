import { afterAll, beforeAll, expect } from 'bun:test';
import type { Journey, Status, UserAnswer } from '../../src/protocol/api.ts';
import { type Store, type StoreName, startStore } from '../chaos/stores.ts';
import { startPostmark } from '../helpers/postmark.ts';
import type { Serve } from '../helpers/serve.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { test } from '../helpers/witnessed-test.ts';
import { createDatabase, type TestDatabase } from '../store/database.ts';
import { accepted, operationsFor, type Person, promised, push, quiet, seedProject } from './seed-world.ts';

/*
 * Several processes on one database: who joins gets a share of the slots, who leaves or dies is replaced, who was stopped for too long neither
 * commits nor sends, and a database that is away is waited for.
 */

const SLOTS = 256;
const SHARED = { SEGFLOW_API_KEY: 'cluster', SEGFLOW_SECRET: 'the same for all' };

export function cluster(name: StoreName): void {
  if (process.env[`SEGFLOW_TEST_${name.toUpperCase()}_URL`] === undefined) {
    test.skip(`several processes on ${name}: no server`, () => {});
    return;
  }
  let store: Store;
  beforeAll(async () => {
    // A server of its own: it is made read-only, and killed.
    store = await startStore(name);
  }, 240_000);
  afterAll(() => store?.[Symbol.asyncDispose]());

  test(`${name}: processes join and leave, and share the slots`, async () => {
    await using world = await clusterWorld(store);
    await using first = await world.serve('first');
    await slotsShared(first, 1);
    const second = await world.serve('second');
    await using third = await world.serve('third');
    const nodes = await slotsShared(third, 3);
    expect(Math.max(...nodes) - Math.min(...nodes)).toBeLessThanOrEqual(2);
    expect(await second.kill('SIGTERM')).toMatchObject({ code: 0 });
    await slotsShared(first, 2);
  });

  test(`${name}: a process that dies is taken over once its lease has run out`, async () => {
    await using world = await clusterWorld(store);
    await using first = await world.serve('first');
    const second = await world.serve('second');
    await push(world.machine, first, world.postmark);
    await slotsShared(first, 2);
    await second.kill('SIGKILL');
    const from = Date.now();
    const people = peopleNamed('after', 40);
    await first.json('POST', '/v1/batch', { operations: operationsFor(people) });
    await slotsShared(first, 1);
    // Its lease of 10 s and a renewal of 2 s, and what a busy machine adds.
    expect(Date.now() - from).toBeLessThan(40_000);
    await quiet(first);
    expect(accepted(world.postmark)).toEqual(promised(people));
  });

  test(`${name}: a process that was stopped while others took over neither commits nor sends`, async () => {
    await using world = await clusterWorld(store, { SEGFLOW_LEASE: '2s', SEGFLOW_SETTLE_AFTER: '1s' });
    await using first = await world.serve('first');
    await using second = await world.serve('second');
    await push(world.machine, first, world.postmark);
    await slotsShared(first, 2);
    const people = peopleNamed('while', 60);
    // Both have work when the second is stopped.
    await first.json('POST', '/v1/batch', { operations: operationsFor(people) });
    process.kill(second.pid, 'SIGSTOP');
    try {
      await quiet(first);
    } finally {
      process.kill(second.pid, 'SIGCONT');
    }
    await slotsShared(second, 2);
    const later = peopleNamed('later', 20);
    await second.json('POST', '/v1/batch', { operations: operationsFor(later) });
    await quiet(second);
    expect(accepted(world.postmark)).toEqual(promised([...people, ...later]));
    expect(world.postmark.duplicates()).toEqual([]);
  });

  test(`${name}: a push on one process is in force on the others at once`, async () => {
    await using world = await clusterWorld(store);
    await using first = await world.serve('first');
    await using second = await world.serve('second');
    await slotsShared(first, 2);
    await push(world.machine, first, world.postmark);
    const people = peopleNamed('buyer', 20).map((person) => ({ ...person, purchases: [20, 30] }));
    await second.json('POST', '/v1/batch', { operations: operationsFor(people) });
    await quiet(second);
    expect(accepted(world.postmark)).toEqual(promised(people));
  });

  test(`${name}: who waits is answered by a process that does not own the user`, async () => {
    await using world = await clusterWorld(store);
    await using first = await world.serve('first');
    await using second = await world.serve('second');
    await push(world.machine, first, world.postmark);
    await slotsShared(first, 2);
    for (const server of [first, second]) {
      for (let index = 0; index < 6; index++) {
        const id = `waits-${server.pid}-${index}`;
        const answer = await server.json<UserAnswer>('PUT', `/v1/users/${id}?wait=true`, {
          attributes: { username: id, email: `${id}@example.com`, winback: true },
        });
        expect(answer.changes?.campaigns.entered.sort()).toEqual(['welcome-campaign', 'winback-campaign']);
      }
    }
  });

  test(`${name}: a database that refuses writes for a while is answered with 503, and work goes on by itself`, async () => {
    await using world = await clusterWorld(store);
    await using first = await world.serve('first');
    await using second = await world.serve('second');
    await push(world.machine, first, world.postmark);
    await slotsShared(first, 2);
    const before = peopleNamed('before', 10);
    await first.json('POST', '/v1/batch', { operations: operationsFor(before) });
    await world.readOnly(true);
    try {
      for (const server of [first, second]) {
        const refused = await server.fetch('PUT', '/v1/users/refused', {
          attributes: { email: 'refused@example.com' },
        });
        expect(refused.status).toBe(503);
        expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
        expect((await server.fetch('GET', '/v1/status')).status).toBe(200);
      }
      await Bun.sleep(1_000);
    } finally {
      await world.readOnly(false);
    }
    const after = peopleNamed('after', 10);
    await second.json('POST', '/v1/batch', { operations: operationsFor(after) });
    await quiet(first);
    expect(accepted(world.postmark)).toEqual(promised([...before, ...after]));
    expect((await first.fetch('GET', '/v1/users/refused')).status).toBe(404);
  });

  test(`${name}: a database that dies and comes back: nothing acknowledged is lost, and work goes on by itself`, async () => {
    await using world = await clusterWorld(store);
    await using first = await world.serve('first');
    await using second = await world.serve('second');
    await push(world.machine, first, world.postmark);
    await slotsShared(first, 2);
    const before = peopleNamed('before', 20).map((person) => ({ ...person, purchases: [10] }));
    await first.json('POST', '/v1/batch', { operations: operationsFor(before) });
    await store.server!.kill();
    try {
      const refused = await second.fetch('POST', '/v1/batch', {
        operations: operationsFor(peopleNamed('x', 1)),
      });
      expect(refused.status).toBe(503);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      expect((await fetch(`${first.url}/healthz`)).status).toBe(200);
    } finally {
      await store.server!.start();
    }
    const after = peopleNamed('after', 20);
    await untilTaken(second, operationsFor(after));
    await quiet(first);
    expect(accepted(world.postmark)).toEqual(promised([...before, ...after]));
    expect(world.postmark.duplicates()).toEqual([]);
    for (const server of [first, second]) {
      await waitFor('a line that says so', () => /the database works again, after \d+s/.test(server.logs()));
    }
  });

  test(`${name}: connections that the database drops are made anew`, async () => {
    await using world = await clusterWorld(store);
    await using first = await world.serve('first');
    await push(world.machine, first, world.postmark);
    const people = peopleNamed('person', 30);
    for (const person of people) {
      await world.dropConnections();
      await untilTaken(first, operationsFor([person]));
    }
    await quiet(first);
    expect(accepted(world.postmark)).toEqual(promised(people));
    const journey = await first.json<Journey>('GET', `/v1/users/${people[0]!.id}`);
    expect(journey.runs).toMatchObject([{ campaign: 'welcome-campaign', status: 'completed' }]);
  });
}

// --- internal ---

async function clusterWorld(store: Store, env: Record<string, string> = {}) {
  const postmark = await startPostmark();
  const database = await createDatabase(store.server!.url);
  const url = await plainAccount(database);
  const machine = await seedProject(postmark, { DATABASE_URL: url, ...SHARED, ...env });
  return {
    postmark,
    machine,
    serve: (data: string): Promise<Serve> => machine.serve({ args: ['--data', data] }),
    readOnly: (on: boolean) => setReadOnly(database, on),
    dropConnections: () => dropConnections(database),
    async [Symbol.asyncDispose]() {
      await machine[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
      await postmark[Symbol.asyncDispose]();
    },
  };
}

/** Resolves, with how many slots each node has, once `count` nodes have all slots among them, each its share. */
function slotsShared(server: Serve, count: number): Promise<number[]> {
  let last: Status['nodes'] = null;
  return waitFor('the slots to be shared', async () => {
    ({ nodes: last } = await server.json<Status>('GET', '/v1/status'));
    const owned = (last ?? []).map(({ slots }) => slots);
    const total = owned.reduce((sum, each) => sum + each, 0);
    const fair = Math.ceil(SLOTS / count);
    return owned.length === count && total === SLOTS && owned.every((each) => each <= fair) && owned;
  }).catch((error) => {
    throw new Error(`${error.message}: ${JSON.stringify(last)}`);
  });
}

function peopleNamed(name: string, count: number): Person[] {
  return Array.from({ length: count }, (_, index) => ({ id: `${name}-${index}` }));
}

async function untilTaken(server: Serve, operations: object[]): Promise<void> {
  await waitFor('the operations to be taken', async () => {
    const response = await server.fetch('POST', '/v1/batch', { operations });
    if (response.status !== 503 && !response.ok) throw new Error(await response.text());
    return response.ok;
  });
}

/** The URL of the database for an account that may not write when the server is read-only, unlike the one of the tests. */
async function plainAccount({ pool, url }: TestDatabase): Promise<string> {
  const plain = new URL(url);
  plain.username = 'plain';
  plain.password = 'plain';
  await pool.query("create user if not exists 'plain'@'%' identified by 'plain'");
  await pool.query(`grant all on ${plain.pathname.slice(1)}.* to 'plain'@'%'`);
  return plain.href;
}

async function setReadOnly({ pool }: TestDatabase, on: boolean): Promise<void> {
  await pool.query(`set global read_only = ${on ? 1 : 0}`);
}

async function dropConnections({ pool }: TestDatabase): Promise<void> {
  const [rows] = await pool.query<import('mysql2').RowDataPacket[]>(
    'select id from information_schema.processlist where db = database() and id <> connection_id()',
  );
  for (const { id } of rows) await pool.query(`kill ${id}`).catch(() => undefined);
}
