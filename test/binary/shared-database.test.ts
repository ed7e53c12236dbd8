import { afterAll, beforeAll, describe, expect } from 'bun:test';
import type { Status } from '../../src/protocol/api.ts';
import { type Postmark, startPostmark } from '../helpers/postmark.ts';
import type { Project } from '../helpers/project.ts';
import type { Serve } from '../helpers/serve.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { test } from '../helpers/witnessed-test.ts';
import { createDatabase, type TestDatabase } from '../store/database.ts';
import { accepted, operationsFor, type Person, promised, push, quiet, seedProject } from './seed-world.ts';

/*
 * Two processes on one database, as on two machines: each has a folder of its own, and they share the database's URL, the
 * secret and the API key.
 */

const SERVERS = {
  MariaDB: process.env.SEGFLOW_TEST_MARIADB_URL,
  MySQL: process.env.SEGFLOW_TEST_MYSQL_URL,
};

for (const [name, url] of Object.entries(SERVERS)) {
  describe.skipIf(url === undefined)(`two processes on ${name}`, () => {
    let database: TestDatabase;
    let postmark: Postmark;
    let machines: [Project, Project];
    beforeAll(async () => {
      database = await createDatabase(url!);
      postmark = await startPostmark();
      const machine = () =>
        seedProject(postmark, {
          ...{ DATABASE_URL: database.url, SEGFLOW_SECRET: 'shared secret', SEGFLOW_API_KEY: 'shared-key' },
        });
      machines = [await machine(), await machine()];
    });
    afterAll(async () => {
      for (const machine of machines) await machine[Symbol.asyncDispose]();
      await postmark[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    });

    test('share the work, and one takes over from one that is killed', async () => {
      // Started at the same time on an empty database: one migrates, the other waits.
      const [a, b] = await Promise.all([machines[0].serve(), machines[1].serve()]);
      await using survivor = b;
      await push(machines[0], a, postmark);
      const slots = await waitFor(
        'both nodes to have their share',
        async () => {
          const found = await nodesOf(b);
          return found.length === 2 && found.every((count) => count === 128) && found;
        },
        { timeoutMs: 60_000 },
      );
      expect(slots).toEqual([128, 128]);

      const first = people('first', 40);
      await Promise.all([send(a, first.slice(0, 20)), send(b, first.slice(20))]);
      await quiet(b);
      expect(accepted(postmark)).toEqual(promised(first));

      const second = people('second', 40);
      await send(a, second);
      await a.kill('SIGKILL');
      await waitFor(
        'the survivor to own every slot',
        async () => (await nodesOf(survivor)).join() === '256',
        {
          timeoutMs: 60_000,
        },
      );
      await quiet(survivor);
      expect(accepted(postmark)).toEqual(promised([...first, ...second]));
      const status = await survivor.json<Status>('GET', '/v1/status');
      expect(status.ledger.balanced).toBe(true);
    }, 240_000);

    test('both send again as soon as the key that was refused is put right', async () => {
      const [a, b] = await Promise.all([machines[0].serve(), machines[1].serve()]);
      await using _first = a;
      await using second = b;
      await push(machines[0], a, { token: 'mistyped' });
      await waitFor('both nodes to have their share', async () => (await nodesOf(b)).join() === '128,128', {
        timeoutMs: 60_000,
      });
      const late = people('late', 20);
      await send(a, late);
      const isPaused = (server: Serve) => server.logs().includes('takes no mail for now');
      await waitFor('both to be refused', () => isPaused(a) && isPaused(b), { timeoutMs: 60_000 });
      const before = accepted(postmark);
      await push(machines[1], b, postmark);
      // By itself a refused key is tried again after a minute.
      await quiet(second, 30_000);
      expect(accepted(postmark)).toEqual([...before, ...promised(late)].sort());
    }, 240_000);
  });
}

function people(prefix: string, count: number): Person[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `${prefix}-${index}`,
    winback: index % 4 === 0,
    ...(index % 5 === 0 ? { purchases: [600, 700] } : {}),
  }));
}

async function send(server: Serve, list: Person[]): Promise<void> {
  await server.json('POST', '/v1/batch', { operations: operationsFor(list) });
}

async function nodesOf(server: Serve): Promise<number[]> {
  const { nodes } = await server.json<Status>('GET', '/v1/status');
  return (nodes ?? []).map(({ slots }) => slots);
}
