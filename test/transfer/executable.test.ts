import { Database } from 'bun:sqlite';
import { describe, expect, setDefaultTimeout } from 'bun:test';
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { MovePoint } from '../../src/core/crash-point.ts';
import type { Status } from '../../src/protocol/api.ts';
import type { BackupResult } from '../../src/transfer/backup.ts';
import type { TransferResult } from '../../src/transfer/transfer.ts';
import {
  accepted,
  operationsFor,
  type Person,
  promised,
  push,
  quiet,
  seedProject,
} from '../binary/seed-world.ts';
import { type Postmark, startPostmark } from '../helpers/postmark.ts';
import type { Project } from '../helpers/project.ts';
import { runCli } from '../helpers/run-cli.ts';
import type { Serve } from '../helpers/serve.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { test } from '../helpers/witnessed-test.ts';
import { createDatabase } from '../store/database.ts';

setDefaultTimeout(180_000);

/* The commands of the executable, on an instance with the seed's configuration that mails people through a loopback Postmark. */

const EARLY: Person[] = [
  { id: 'walt', winback: true, purchases: [20] },
  { id: 'vera', purchases: [700, 800] },
];
const LATE: Person[] = [{ id: 'nora' }, { id: 'vito', purchases: [2_000] }];
const NEW: Person[] = [{ id: 'zoe', winback: true }];

describe('backup and restore', () => {
  test('while it is served, then lost and restored: nobody is mailed twice, nobody is left out', async () => {
    await using postmark = await startPostmark();
    await using machine = await seedProject(postmark);
    const original = await machine.serve();
    await push(machine, original, postmark);
    postmark.fault({ hold: 'after-accept' });
    await submit(original, EARLY);
    await postmark.reached();
    const made = await machine.json<{ secret: boolean }>(['backup', 'backups/segflow.db']);
    expect(made).toMatchObject({ secret: true, apiKey: true, contents: { users: 2, deployments: 1 } });
    postmark.release();
    await submit(original, LATE);
    await quiet(original);
    expect(accepted(postmark)).toEqual(promised([...EARLY, ...LATE]));
    await original.kill('SIGKILL');

    expect((await machine.try(['restore', 'backups/segflow.db'])).stderr).toContain('--force');
    await machine.run(['restore', 'backups/segflow.db', '--force']);
    await using restored = await original.again();
    const { backedUpAt, askUntil } = JSON.parse(restored.logs().split('\n')[0]!).restored;
    expect(askUntil).toBeGreaterThan(backedUpAt);
    await submit(restored, [...EARLY, ...LATE, ...NEW]);
    const status = await quiet(restored);
    expect(accepted(postmark)).toEqual(promised([...EARLY, ...LATE, ...NEW]));
    expect(postmark.duplicates()).toEqual([]);
    const asking = {
      backedUpAt: new Date(backedUpAt).toISOString(),
      askingUntil: new Date(askUntil).toISOString(),
    };
    expect(status).toMatchObject({ users: 5, ledger: { balanced: true }, restored: asking });
    const environment = { env: { SEGFLOW_URL: restored.url, SEGFLOW_API_KEY: restored.apiKey } };
    expect((await machine.run(['status'], environment)).stdout).toMatch(
      /^Restored .*until .* is asked about each/m,
    );
  });

  test('one file for its owner alone, usable in another folder; the store that was there is kept', async () => {
    await using postmark = await startPostmark();
    await using machine = await seedProject(postmark);
    const original = await machine.serve();
    await push(machine, original, postmark);
    await submit(original, EARLY);
    await quiet(original);
    await machine.run(['backup', 'one.db']);
    expect(statSync(join(machine.path, 'one.db')).mode & 0o777).toBe(0o600);
    expect((await machine.try(['restore', 'one.db'])).stderr).toContain('in use by process');
    await original.kill('SIGTERM');

    await machine.run(['restore', 'one.db', '--data', 'elsewhere']);
    const result = await machine.json<{ replaced: string }>(['restore', 'one.db', '--force']);
    expect(readdirSync(result.replaced).sort()).toEqual(['api-key', 'secret', 'segflow.db']);
    expect(readdirSync(join(machine.path, '.segflow')).filter((name) => name.includes('tmp'))).toEqual([]);
    for (const data of ['elsewhere', result.replaced]) {
      await using server = await machine.serve({ args: ['--data', data] });
      await submit(server, data === 'elsewhere' ? EARLY : NEW);
      await quiet(server);
    }
    expect(accepted(postmark)).toEqual(promised([...EARLY, ...NEW]));
    const secrets = strings(join(machine.path, 'elsewhere', 'segflow.db'));
    expect(secrets).not.toContain(readFileSync(join(machine.path, 'elsewhere', 'secret'), 'utf8').trim());
  });

  test('what is written over is a backup and nothing else', async () => {
    await using machine = await seedProjectAlone();
    await machine.run(['migrate']);
    await machine.run(['backup', 'b.db']);
    await machine.run(['backup', 'b.db']);
    for (const file of ['.segflow/segflow.db', 'segflow.config.ts']) {
      const before = readFileSync(join(machine.path, file));
      expect((await machine.try(['backup', file])).code).not.toBe(0);
      expect(readFileSync(join(machine.path, file))).toEqual(before);
    }
    expect((await machine.try(['restore', 'segflow.config.ts', '--data', 'x'])).stderr).toContain(
      'is not a backup',
    );
    expect((await machine.try(['restore', 'nothing.db', '--data', 'x'])).code).toBe(6);
    expect((await machine.try(['backup', 'c.db', '--data', 'nothing'])).code).toBe(6);
  });

  test('a damaged backup is refused and changes nothing', async () => {
    await using machine = await seedProjectAlone();
    await machine.run(['migrate']);
    await machine.run(['backup', 'b.db']);
    const db = new Database(join(machine.path, 'b.db'));
    db.run("insert into users values ('x', '{}', '', '', 0)");
    db.close();
    const refused = await machine.try(['restore', 'b.db', '--data', 'x']);
    expect(refused.stderr).toContain('users: 1 rows where 0 were counted');
    expect(existsSync(join(machine.path, 'x', 'segflow.db'))).toBe(false);
  });

  test('a store that is damaged is replaced all the same', async () => {
    await using machine = await seedProjectAlone();
    await machine.run(['migrate']);
    await machine.run(['backup', 'b.db']);
    await Bun.write(join(machine.path, '.segflow', 'segflow.db'), 'no database');
    await machine.run(['restore', 'b.db', '--force']);
    await using _server = await machine.serve();
  });

  for (const point of [
    'backup:before-rename',
    'restore:before-swap',
    'restore:during-swap',
  ] satisfies MovePoint[]) {
    test(`killed at ${point}`, async () => {
      await using machine = await seedProjectAlone();
      await fill(machine, 20);
      await machine.run(['backup', 'twenty.db']);
      await fill(machine, 30);
      const args = point.startsWith('backup') ? ['backup', 'twenty.db'] : ['restore', 'twenty.db', '--force'];
      await killedAt(machine, point, args);
      // The earlier file, the earlier store.
      expect(usersIn(join(machine.path, 'twenty.db'))).toBe(20);
      expect(await served(machine)).toBe(30);
      const done = await machine.json<BackupResult>(args);
      expect(done.contents.users).toBe(point.startsWith('backup') ? 30 : 20);
      expect(await served(machine)).toBe(point.startsWith('backup') ? 30 : 20);
      expect(leftovers(machine)).toEqual([]);
    });
  }

  test('killed at any time while it copies', async () => {
    await using machine = await seedProjectAlone();
    await fill(machine, 20_000);
    const server = await machine.serve();
    const file = join(machine.path, 'b.db');
    for (let caught = false; !caught; ) {
      const child = Bun.spawn([machine.program, 'backup', 'b.db'], { cwd: machine.path, env: machine.env });
      const begun = () => child.exitCode !== null || leftovers(machine).length > 0;
      await waitFor('the copy to begin', begun, { everyMs: 1 });
      child.kill('SIGKILL');
      await child.exited;
      caught = !existsSync(file);
      // On a busy machine it may be done before it is seen: then all of it is there.
      if (!caught) {
        expect(usersIn(file)).toBe(20_000);
        rmSync(file);
      }
    }
    expect((await machine.json<BackupResult>(['backup', 'b.db'])).contents.users).toBe(20_000);
    expect(leftovers(machine)).toEqual([]);
    await server.kill('SIGTERM');
  });
});

const TARGETS = {
  folder: 'other',
  mariadb: process.env.SEGFLOW_TEST_MARIADB_URL,
  mysql: process.env.SEGFLOW_TEST_MYSQL_URL,
};

for (const [kind, url] of Object.entries(TARGETS)) {
  describe.skipIf(url === undefined)(`transfer to a ${kind}`, () => {
    test('moves a living instance, killed at every point; nobody notices', async () => {
      await using postmark = await startPostmark();
      await using machine = await seedProject(postmark);
      await using place = await target(kind, url!);
      const original = await machine.serve();
      await push(machine, original, postmark);
      await submit(original, EARLY);
      const before = await quiet(original);
      const args = ['transfer', '--from', '.segflow', '--to', place.where];
      expect((await machine.try(args)).stderr).toContain('in use');
      await original.kill('SIGTERM');

      const points: MovePoint[] = [
        'transfer:source-marked',
        'transfer:after-page',
        'transfer:before-finish',
        'transfer:target-served',
      ];
      for (const point of points) {
        await killedAt(machine, point, args);
        const refused = await machine.try(['serve', '--port', '0']);
        expect(refused.stderr).toContain('is being moved to');
        expect(refused.stderr).not.toContain('segflow:segflow');
      }
      const result = await machine.json<TransferResult>(args);
      expect(result.course).toBe('finished');
      expect((await machine.try(['serve', '--port', '0'])).stderr).toContain('was moved to');

      await using moved = await machine.serve(place.serve);
      expect(await moved.json<Status>('GET', '/v1/status')).toMatchObject({
        users: before.users,
        events: before.events,
        runs: before.runs,
        messages: before.messages,
        deployment: { id: before.deployment!.id },
      });
      await submit(moved, [...EARLY, ...LATE]);
      await quiet(moved);
      expect(accepted(postmark)).toEqual(promised([...EARLY, ...LATE]));
      expect(postmark.duplicates()).toEqual([]);
    });

    test('killed at any time while it copies, it goes on', async () => {
      await using machine = await seedProjectAlone();
      await using place = await target(kind, url!);
      await fill(machine, 10_000);
      const args = ['transfer', '--to', place.where, '--json'];
      for (const delay of [150, 400, 700]) {
        const child = Bun.spawn([machine.program, ...args], {
          cwd: machine.path,
          env: machine.env,
          stdout: 'ignore',
          stderr: 'ignore',
        });
        await Promise.race([Bun.sleep(delay), child.exited]);
        child.kill('SIGKILL');
        await child.exited;
      }
      const result = await machine.json<TransferResult>(args.slice(0, -1)).catch(() => undefined);
      await using server = await machine.serve(place.serve);
      expect(await server.json<Status>('GET', '/v1/status')).toMatchObject({ users: 10_000, events: 10_000 });
      if (result && result.course !== 'finished') {
        expect(result.tables.find(({ table }) => table === 'users')?.rows).toBe(10_000);
      }
    });
  });
}

test('a store that was moved is served again with --force', async () => {
  await using machine = await seedProjectAlone();
  await machine.run(['migrate']);
  const { stderr } = await machine.run(['transfer', '--to', 'other']);
  expect(stderr).toContain(`segflow serve --data ${join(machine.path, 'other')}`);
  const refused = await machine.try(['serve', '--port', '0']);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('segflow serve --force');
  await (await machine.serve({ args: ['--force'] })).kill('SIGTERM');
  await (await machine.serve()).kill('SIGTERM');
});

// --- internal ---

const KEY = 'a-key-of-the-test';

/** The project without mail. */
async function seedProjectAlone(): Promise<Project> {
  const machine = await seedProject({ url: 'http://127.0.0.1:9' } as Postmark);
  machine.env.SEGFLOW_API_KEY = KEY;
  return machine;
}

async function submit(server: Serve, people: Person[]): Promise<void> {
  const operations = operationsFor(people);
  const answer = await server.json<{ rejected: number }>('POST', '/v1/batch', { operations });
  expect(answer.rejected).toBe(0);
}

/** Has the store hold so many users, each with an event. */
async function fill(machine: Project, users: number): Promise<void> {
  await using server = await machine.serve();
  const have = (await server.json<Status>('GET', '/v1/status')).users;
  for (let from = have; from < users; from += 500) {
    const ids = Array.from({ length: Math.min(500, users - from) }, (_, i) => `user-${from + i}`);
    const operations = ids.flatMap((id) => [
      { type: 'user', id, attributes: { email: `${id}@example.com` } },
      { type: 'event', userId: id, name: 'login', attributes: { from: 'test' } },
    ]);
    await server.json('POST', '/v1/batch', { operations });
  }
}

async function served(machine: Project): Promise<number> {
  await using server = await machine.serve();
  return (await server.json<Status>('GET', '/v1/status')).users;
}

async function killedAt(machine: Project, point: MovePoint, args: string[]): Promise<void> {
  const env = { ...machine.env, SEGFLOW_CRASH_AT: point };
  const run = runCli([machine.program, ...args], { cwd: machine.path, env });
  await expect(run).rejects.toThrow('was ended by SIGKILL');
}

function usersIn(file: string): number {
  const db = new Database(file, { readonly: true });
  const { n } = db.query<{ n: number }, []>('select count(*) as n from users').get()!;
  db.close();
  return n;
}

/** Files that a command that was killed left lying about. */
function leftovers(machine: Project): string[] {
  return [machine.path, join(machine.path, '.segflow')].flatMap((folder) =>
    readdirSync(folder).filter((name) => name.includes('.tmp')),
  );
}

function strings(file: string): string {
  return readFileSync(file, 'latin1');
}

interface Target extends AsyncDisposable {
  where: string;
  serve: { env?: Record<string, string>; args?: string[] };
}

async function target(kind: string, server: string): Promise<Target> {
  if (kind === 'folder') {
    return { where: server, serve: { args: ['--data', server] }, [Symbol.asyncDispose]: async () => {} };
  }
  const database = await createDatabase(server);
  return {
    where: database.url,
    serve: { env: { DATABASE_URL: database.url } },
    [Symbol.asyncDispose]: async () => database[Symbol.asyncDispose](),
  };
}
