import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { systemClock } from '../../src/core/clock.ts';
import { LeasedSlots } from '../../src/engine/cluster/slots.ts';
import type { Store } from '../../src/engine/ports/store.ts';
import { openStore } from '../../src/store/open.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { event, START, user } from './conformance/rows.ts';
import { createDatabase, type TestDatabase } from './database.ts';

const node = (id: string) => ({ id, name: `host of ${id}`, startedAt: START });
const EVERY_SLOT = Array.from({ length: 256 }, (_, slot) => slot);
const MINUTE = 60_000;

/** What holds when several processes use one database: each store here stands for one. */
export function sharedStore(name: string, serverUrl: string | undefined): void {
  describe.skipIf(serverUrl === undefined)(name, () => {
    let database: TestDatabase;
    const opened: Store[] = [];
    const open = async () => {
      const store = await openStore({ url: database.url, clock: systemClock });
      opened.push(store);
      return store;
    };
    let a: Store;
    let b: Store;
    beforeAll(async () => {
      database = await createDatabase(serverUrl!);
      [a, b] = [await open(), await open()];
    });
    afterAll(async () => {
      await Promise.all(opened.map((store) => store.close()));
      await database[Symbol.asyncDispose]();
    });

    describe('leases', () => {
      test('a node sees itself and others, and takes what nobody living owns', async () => {
        const before = await a.leases!.renew(node('a'), MINUTE);
        expect(before.free).toBe(256);
        expect(await a.leases!.acquire('a', 100)).toHaveLength(100);
        await b.leases!.renew(node('b'), MINUTE);
        expect(await b.leases!.acquire('b', 300)).toHaveLength(156);
        expect(await b.leases!.acquire('b', 300)).toEqual([]);
        const { nodes, free } = await a.leases!.renew(node('a'), MINUTE);
        expect(free).toBe(0);
        const owned = new Map(nodes.map(({ id, slots }) => [id, slots]));
        expect(owned.get('a')).toHaveLength(100);
        expect(owned.get('b')).toHaveLength(156);
        expect(new Set([...owned.values()].flat())).toEqual(new Set(EVERY_SLOT));
        expect(nodes.map(({ name: shown }) => shown)).toEqual(['host of a', 'host of b']);

        await b.leases!.release('b', owned.get('b')!.slice(0, 6));
        await b.leases!.release('b', owned.get('a')!);
        expect((await a.leases!.renew(node('a'), MINUTE)).free).toBe(6);
        await a.leases!.leave('a');
        await b.leases!.leave('b');
        expect((await b.leases!.renew(node('c'), MINUTE)).free).toBe(256);
        await b.leases!.leave('c');
      });

      test('a machine whose clock is wrong goes by the time of the database', async () => {
        const slots = new LeasedSlots({
          leases: a.leases!,
          node: node('late'),
          clock: { ...systemClock, now: () => Date.now() - 60 * MINUTE },
          log: { info: () => {}, warn: () => {}, error: () => {} },
          onAcquired: async () => {},
        });
        expect(slots.now()).toBeUndefined();
        await slots.turn();
        expect(Math.abs(slots.now()! - (await a.now()))).toBeLessThan(MINUTE);
        await slots.leave();
      });

      test('slots are worked on once what their former owner left was seen to; meanwhile the lease is renewed', async () => {
        const seen = Promise.withResolvers<void>();
        const slots = new LeasedSlots({
          leases: a.leases!,
          node: node('patient'),
          clock: systemClock,
          log: { info: () => {}, warn: () => {}, error: () => {} },
          leaseMs: 500,
          onAcquired: () => seen.promise,
        });
        await slots.turn();
        expect(slots.owned()).toEqual([]);
        const first = slots.view!.nodes.find(({ id }) => id === 'patient')!.expiresAt;
        await slots.turn();
        expect(slots.view!.nodes.find(({ id }) => id === 'patient')!.expiresAt).toBeGreaterThan(first);
        expect(slots.owned()).toEqual([]);
        seen.resolve();
        await waitFor('the slots to be owned', async () => {
          await slots.turn();
          return slots.owned().length === 256;
        });
        await slots.leave();
      });

      test('several that take slots at once share none', async () => {
        const ids = ['n1', 'n2', 'n3', 'n4'];
        for (const id of ids) await a.leases!.renew(node(id), MINUTE);
        const taken = await Promise.all(
          ids.map((id, index) => (index % 2 === 0 ? a : b).leases!.acquire(id, 90)),
        );
        expect(new Set(taken.flat()).size).toBe(taken.flat().length);
        const { nodes } = await a.leases!.renew(node('n1'), MINUTE);
        expect(nodes.map(({ id, slots }) => [id, slots])).toEqual(
          ids.map((id, index) => [id, taken[index]!.toSorted((x, y) => x - y)]),
        );
        for (const id of ids) await a.leases!.leave(id);
      });

      test('a fence lets the owner commit, and nobody else', async () => {
        await a.leases!.renew(node('a'), MINUTE);
        const [mine] = await a.leases!.acquire('a', 1);
        const write = (store: Store, nodeId: string, slots: number[]) =>
          store.transaction((tx) => tx.putUsers([user(`by-${nodeId}`)]), { nodeId, slots });
        await write(a, 'a', [mine!]);
        await write(a, 'a', []);
        await expect(write(b, 'b', [mine!])).rejects.toMatchObject({ code: 'lease_lost' });
        await expect(write(a, 'a', [mine!, (mine! + 1) % 256])).rejects.toMatchObject({ code: 'lease_lost' });
        expect(await a.getUser('by-a')).toBeDefined();
        expect(await a.getUser('by-b')).toBeUndefined();
        await a.leases!.leave('a');
      });

      test('a slot changes hands only once what the former owner had under way has ended; nobody waits for that', async () => {
        await a.leases!.renew(node('slow'), 1);
        const [mine] = await a.leases!.acquire('slow', 1);
        const under = Promise.withResolvers<void>();
        const begun = Promise.withResolvers<void>();
        const open = a.transaction(
          async (tx) => {
            await tx.revision();
            begun.resolve();
            await under.promise;
          },
          { nodeId: 'slow', slots: [mine!] },
        );
        await begun.promise;
        await b.leases!.renew(node('next'), MINUTE);
        const others = await b.leases!.acquire('next', 256);
        expect(others).toEqual(EVERY_SLOT.filter((slot) => slot !== mine));
        under.resolve();
        await open;
        expect(await b.leases!.acquire('next', 256)).toEqual([mine!]);
        const late = a.transaction((tx) => tx.putUsers([user('too-late')]), {
          nodeId: 'slow',
          slots: [mine!],
        });
        await expect(late).rejects.toMatchObject({ code: 'lease_lost' });
        await b.leases!.leave('next');
        await a.leases!.leave('slow');
      });

      test('work is given by slots', async () => {
        const ids = ['ann', 'bob', 'cid', 'dan', 'eve', 'fay', 'gus'];
        await a.putUsers(ids.map((id) => user(id)));
        await a.markDirty(
          ids.map((userId) => ({ userId, cause: 'attributes' as const, subject: '', afterEvent: 0 })),
        );
        const some = (await a.dirtyUsers(3)).map(({ userId }) => userId);
        const { slotOf } = await import('../../src/core/hash.ts');
        const slots = [...new Set(some.map(slotOf))];
        const found = (await a.dirtyUsers(100, slots)).map(({ userId }) => userId);
        expect(found.toSorted()).toEqual(ids.filter((id) => slots.includes(slotOf(id))));
        expect(await a.dirtyUsers(100, [])).toEqual([]);

        await a.startSweep();
        const swept: string[] = [];
        for (let batch = await a.nextSweep(2, slots); batch; batch = await a.nextSweep(2, slots)) {
          swept.push(...batch.userIds);
          await a.advanceSweep(batch.token);
        }
        expect(swept.every((id) => slots.includes(slotOf(id)))).toBe(true);
        expect(await a.isDirty('nobody-at-all')).toBe(!slots.includes(slotOf('nobody-at-all')));
        while (true) {
          const batch = await b.nextSweep(100);
          if (!batch) break;
          await b.advanceSweep(batch.token);
        }
        await a.clearDirty(await a.dirtyUsers(100));
      });
    });

    describe('at the same time', () => {
      test('two that make the same user both have their say', async () => {
        const join = (store: Store, id: string, patch: Record<string, number>) =>
          store.transaction(async (tx) => {
            const [found] = await tx.lockUsers([id]);
            await tx.putUsers([{ ...user(id), attributes: { ...found?.attributes, ...patch } }]);
          });
        for (let round = 0; round < 20; round++) {
          const id = `made-twice-${round}`;
          await Promise.all([join(a, id, { fromA: 1 }), join(b, id, { fromB: 1 })]);
          expect((await a.getUser(id))?.attributes).toEqual({ fromA: 1, fromB: 1 });
        }
      });

      test('the same request, sent to both, is applied once', async () => {
        const answers: string[] = [];
        const apply = (store: Store, key: string) =>
          store.transaction(async (tx) => {
            const [known] = await tx.idempotent([key]);
            if (known) return void answers.push('known');
            await tx.insertEvents([event('ann', 'ordered')]);
            await tx.putIdempotent([{ key, requestHash: 'h', response: true, createdAt: START }]);
          });
        for (let round = 0; round < 10; round++)
          await Promise.all([apply(a, `k${round}`), apply(b, `k${round}`)]);
        expect(answers).toHaveLength(10);
        const ordered = (await a.eventsOfUser('ann', 100)).filter(({ name: called }) => called === 'ordered');
        expect(ordered).toHaveLength(10);
      });

      test('a deadlock runs the work again', async () => {
        await a.putUsers([user('left', { n: 0 }), user('right', { n: 0 })]);
        let tries = 0;
        let locked = 0;
        const bothLocked = Promise.withResolvers<void>();
        const add = (store: Store, first: string, second: string) =>
          store.transaction(async (tx) => {
            tries++;
            for (const id of [first, second]) {
              const [found] = await tx.lockUsers([id]);
              // The other one gets to its first lock, too.
              if (++locked === 2) bothLocked.resolve();
              await bothLocked.promise;
              await tx.putUsers([user(id, { n: Number(found!.attributes.n) + 1 })]);
            }
          });
        await Promise.all([add(a, 'left', 'right'), add(b, 'right', 'left')]);
        expect(tries).toBeGreaterThan(2);
        expect((await a.getUser('left'))?.attributes).toEqual({ n: 2 });
        expect((await a.getUser('right'))?.attributes).toEqual({ n: 2 });
      });

      test('a lock that another program holds is waited for once, and the caller is told', async () => {
        await a.putUsers([user('held')]);
        const other = await database.pool.getConnection();
        try {
          await other.query('start transaction');
          await other.query("select id from users where id = 'held' for update");
          let tries = 0;
          const refused = a.transaction((tx) => {
            tries++;
            return tx.lockUsers(['held']);
          });
          await expect(refused).rejects.toMatchObject({
            code: 'unavailable',
            message: expect.stringContaining('a lock in the database was held for too long'),
          });
          expect(tries).toBe(1);
        } finally {
          await other.query('rollback');
          other.release();
        }
        await a.transaction((tx) => tx.lockUsers(['held']));
      }, 180_000);

      test('counters add up', async () => {
        const before = (await a.counts()).users;
        const many = (prefix: string) => Array.from({ length: 40 }, (_, index) => `${prefix}-${index}`);
        const add = (store: Store, prefix: string) =>
          Promise.all(many(prefix).map((id) => store.putUsers([user(id)])));
        await Promise.all([add(a, 'one'), add(b, 'two')]);
        expect((await a.counts()).users - before).toBe(80);
      });
    });

    describe('a connection that is cut', () => {
      test('between statements is replaced', async () => {
        for (let round = 0; round < 3; round++) {
          await cutAll(database);
          expect(await a.getUser('nobody')).toBeUndefined();
          await a.putUsers([user(`after-cut-${round}`)]);
        }
        expect(await a.getUser('after-cut-2')).toBeDefined();
      });

      test('within a transaction: it is undone, and the work runs again', async () => {
        let tries = 0;
        await a.transaction(async (tx) => {
          await tx.putUsers([user(`cut-${++tries}`)]);
          if (tries === 1) await cutAll(database);
          await tx.putUsers([user('cut-after')]);
        });
        expect(tries).toBe(2);
        expect(await a.getUser('cut-1')).toBeUndefined();
        expect(await a.getUser('cut-2')).toBeDefined();
      });

      test('at the commit: nobody knows, and the caller is told so', async () => {
        await using proxy = await forgetfulProxy(database.url, 'commit');
        const store = await openStore({ url: proxy.url, clock: systemClock });
        opened.push(store);
        let tries = 0;
        proxy.armed = true;
        const writing = store.transaction(async (tx) => {
          tries++;
          await tx.putUsers([user('in-doubt')]);
        });
        await expect(writing).rejects.toMatchObject({ code: 'unavailable' });
        await expect(writing).rejects.toThrow(/may be stored/);
        expect(tries).toBe(1);
        expect(await store.getUser('in-doubt')).toBeDefined();
      });
    });

    test('no parameter is in the error of a statement', async () => {
      const failing = a.putUsers([user('x'.repeat(300), { secret: 'hush' })]);
      const error = await failing.catch((caught) => caught);
      expect(error).toMatchObject({ name: 'SegflowError' });
      expect(Bun.inspect(error, { depth: 10 })).not.toMatch(/hush|xxxx/);
    });
  });
}

/** Ends every connection to the test's database but the one that does it. */
async function cutAll({ pool }: TestDatabase): Promise<void> {
  const [rows] = await pool.query<import('mysql2').RowDataPacket[]>(
    'select id from information_schema.processlist where db = database() and id <> connection_id()',
  );
  for (const { id, ID } of rows) await pool.query(`kill ${id ?? ID}`).catch(() => {});
}

/** Stands between a store and its database. Once `armed` it cuts the connection right after the answer to `statement` came in. */
async function forgetfulProxy(databaseUrl: string, statement: string) {
  const target = new URL(databaseUrl);
  const state = { armed: false };
  const server = createServer((client) => {
    const database = connect(Number(target.port), target.hostname);
    let asked = false;
    client.on('data', (data: Buffer) => {
      asked = state.armed && data.toString('latin1').endsWith(statement);
      database.write(data);
    });
    database.on('data', (data) => {
      if (asked) client.destroy();
      else client.write(data);
    });
    for (const [one, other] of [[client, database] as const, [database, client] as const]) {
      one.on('close', () => other.destroy());
      one.on('error', () => other.destroy());
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(databaseUrl);
  url.port = String((server.address() as AddressInfo).port);
  return Object.assign(state, {
    url: url.href,
    [Symbol.asyncDispose]: async () => void server.close(),
  });
}
