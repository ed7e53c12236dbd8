import { Database } from 'bun:sqlite';
import { describe, expect, setDefaultTimeout } from 'bun:test';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/core/clock.ts';
import { openStore } from '../../src/store/open.ts';
import { backup } from '../../src/transfer/backup.ts';
import { transferTables } from '../../src/transfer/tables.ts';
import { type TransferOptions, type TransferResult, transfer } from '../../src/transfer/transfer.ts';
import { testClock } from '../helpers/clock.ts';
import { test } from '../helpers/witnessed-test.ts';
import { createDatabase } from '../store/database.ts';
import { attributesOf, populate } from './population.ts';

setDefaultTimeout(180_000);

const SIZE = { users: 1_200, events: 2_500 };
const clock = testClock('2026-02-01T00:00:00Z');

test('every table of the embedded store is transferred, but those about the move itself', async () => {
  await using place = await Place.make('embedded');
  await (await openAt(place.where)).close();
  const db = new Database(join(place.where, 'segflow.db'), { readonly: true });
  const names = db
    .query<{ name: string }, []>(
      "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'",
    )
    .all()
    .map(({ name }) => name);
  db.close();
  const about = ['schema_migrations', 'instance_state'];
  expect(transferTables.map(({ name }) => name).sort()).toEqual(
    names.filter((name) => !about.includes(name)).sort(),
  );
});

const SERVERS = {
  mariadb: process.env.SEGFLOW_TEST_MARIADB_URL,
  mysql: process.env.SEGFLOW_TEST_MYSQL_URL,
};
type Kind = 'embedded' | keyof typeof SERVERS;

const WAYS: [Kind, Kind][] = [
  ['embedded', 'embedded'],
  ['embedded', 'mariadb'],
  ['embedded', 'mysql'],
  ['mariadb', 'mysql'],
  ['mysql', 'mariadb'],
  ['mysql', 'embedded'],
  ['mariadb', 'embedded'],
];

for (const [from, to] of WAYS) {
  const isPossible = [from, to].every((kind) => kind === 'embedded' || SERVERS[kind] !== undefined);
  describe.skipIf(!isPossible)(`${from} to ${to}`, () => {
    test('everything arrives, and both ends go on from there', async () => {
      await using source = await Place.make(from);
      await using target = await Place.make(to);
      const before = await filled(source.where);
      const result = await move(source, target);
      expect(result.course).toBe('new');
      expect(await seen(target.where)).toEqual(before);
      expect(rowsOf(result, 'events')).toBe(SIZE.events);
      expect(rowsOf(result, 'runs')).toBe(SIZE.users);

      await using store = await openAt(target.where);
      expect((await store.getUser('user-7'))?.attributes).toEqual(attributesOf(7));
      const [next] = await store.insertEvents([
        { userId: 'user-1', name: 'x', attributes: {}, createdAt: clock.now(), messageId: null },
      ]);
      expect(next).toBe(LAST_EVENT + 1);
      await expect(openAt(source.where)).rejects.toMatchObject({ code: 'conflict' });
    });

    // Between two servers it is the same code at both ends.
    test.skipIf(from !== 'embedded' && to !== 'embedded')(
      'cut off again and again it goes on, and ends complete',
      async () => {
        await using source = await Place.make(from);
        await using target = await Place.make(to);
        const before = await filled(source.where);
        let cuts = 0;
        let result: TransferResult | undefined;
        while (!result) {
          // A little further each time, through copying and checking.
          let left = 2 + 5 * cuts;
          const onProgress = () => {
            if (--left === 0) throw new Error('cut off');
          };
          try {
            result = await move(source, target, { onProgress });
          } catch (error) {
            expect(String(error)).toContain('cut off');
            cuts++;
            await expect(openAt(source.where)).rejects.toThrow(/is being moved/);
            await expect(openAt(target.where)).rejects.toThrow(/is not finished/);
          }
        }
        expect(cuts).toBeGreaterThan(4);
        expect(result.course).toBe('resumed');
        expect(await seen(target.where)).toEqual(before);
      },
    );
  });
}

describe('what a transfer refuses', () => {
  test('a source in use, a target in use, a source that is not there', async () => {
    await using source = await Place.make('embedded');
    await using target = await Place.make('embedded');
    await expect(move(source, target)).rejects.toMatchObject({ code: 'not_found' });
    const store = await openAt(source.where);
    await expect(move(source, target)).rejects.toMatchObject({ code: 'store_locked' });
    await store.close();
    await using _store = await openAt(target.where);
    await expect(move(source, target)).rejects.toMatchObject({ code: 'store_locked' });
  });

  test('a store as its own target', async () => {
    await using source = await Place.make('embedded');
    await (await openAt(source.where)).close();
    await expect(move(source, source)).rejects.toMatchObject({ code: 'invalid_input' });
    await (await openAt(source.where)).close();
  });

  test.skipIf(!SERVERS.mariadb)('a database that is served, as source and as target', async () => {
    await using database = await Place.make('mariadb');
    await using folder = await Place.make('embedded');
    await (await openAt(folder.where)).close();
    const store = await openStore({ url: database.where, clock: systemClock });
    await store.leases!.renew({ id: 'node-1', name: 'host-1 (pid 7)', startedAt: Date.now() }, 60_000);
    await expect(move(database, folder)).rejects.toThrow(/in use by host-1 \(pid 7\)/);
    await expect(move(folder, database)).rejects.toThrow(/in use by host-1 \(pid 7\)/);
    await store.leases!.leave('node-1');
    await store.close();
    expect((await move(folder, database)).course).toBe('new');
  });

  test('a target that holds another instance; the source is not marked', async () => {
    await using source = await Place.make('embedded');
    await using target = await Place.make('embedded');
    await filled(source.where);
    await filled(target.where);
    await expect(move(source, target)).rejects.toThrow(/holds another instance/);
    await (await openAt(source.where)).close();
    await (await openAt(target.where)).close();
  });

  test('a source that was moved already, unless forced', async () => {
    await using source = await Place.make('embedded');
    await using first = await Place.make('embedded');
    await using second = await Place.make('embedded');
    await filled(source.where);
    await move(source, first);
    await expect(move(source, second)).rejects.toThrow(/was moved to/);
    expect((await move(source, second, { force: true })).course).toBe('new');
  });

  test('a target that another instance is being moved into', async () => {
    await using source = await Place.make('embedded');
    await using other = await Place.make('embedded');
    await using target = await Place.make('embedded');
    await filled(source.where);
    await filled(other.where);
    await expect(cutOff(source, target)).rejects.toThrow('cut off');
    await expect(move(other, target)).rejects.toThrow(/being filled from another instance/);
  });
});

test('a source that was served in between is copied from the start', async () => {
  await using source = await Place.make('embedded');
  await using target = await Place.make('embedded');
  await filled(source.where);
  await expect(cutOff(source, target)).rejects.toThrow('cut off');
  const store = await openStore({ dataDir: source.where, clock, force: true });
  await store.deleteUsers(['user-3']);
  await store.close();
  const after = await seen(source.where);
  expect((await move(source, target)).course).toBe('started over');
  expect(await seen(target.where)).toEqual(after);
});

test('a copy that is not the same is found out, and made anew', async () => {
  await using source = await Place.make('embedded');
  await using target = await Place.make('embedded');
  const before = await filled(source.where);
  let isSpoilt = false;
  const spoil = (what: string) => {
    if (!what.startsWith('checking') || isSpoilt) return;
    isSpoilt = true;
    const db = new Database(join(target.where, 'segflow.db'));
    db.run(`update users set attributes = json_set(attributes, '$.score', 5) where id = 'user-9'`);
    db.close();
  };
  await expect(move(source, target, { onProgress: spoil })).rejects.toThrow(/users: the same 1200 rows/);
  expect((await move(source, target)).course).toBe('started over');
  expect(await seen(target.where)).toEqual(before);
});

test('a moved store says where it went, and is served again when forced', async () => {
  await using source = await Place.make('embedded');
  await using target = await Place.make('embedded');
  await filled(source.where);
  await move(source, target);
  await expect(openAt(source.where)).rejects.toThrow(`was moved to ${target.where}`);
  const settings = { environment: {}, version: '0.0.0', clock, onProgress: () => {} };
  const file = join(target.where, 'backup');
  const refused = backup({ dataDir: source.where, file, ...settings });
  await expect(refused).rejects.toMatchObject({ code: 'conflict', hint: expect.stringContaining('there') });
  await backup({ dataDir: target.where, file, ...settings });
  await (await openStore({ dataDir: source.where, clock, force: true })).close();
  await (await openAt(source.where)).close();
});

describe('run again after it was complete', () => {
  test('it says so, as long as nothing differs', async () => {
    await using source = await Place.make('embedded');
    await using target = await Place.make('embedded');
    await filled(source.where);
    const first = await move(source, target);
    const again = await move(source, target);
    expect(again).toEqual({ ...first, course: 'complete' });
    await expect(openAt(source.where)).rejects.toThrow(/was moved to/);
  });

  test('what happened at the target since is not lost', async () => {
    await using source = await Place.make('embedded');
    await using target = await Place.make('embedded');
    await filled(source.where);
    await move(source, target);
    const store = await openAt(target.where);
    await store.deleteUsers(['user-3']);
    await store.close();
    const after = await seen(target.where);
    for (const force of [false, true]) {
      const again = move(source, target, { force });
      await expect(again).rejects.toMatchObject({
        code: 'conflict',
        message: expect.stringMatching(/was moved to .* differ since: .*users: 1200 rows became 1199/),
        hint: expect.stringContaining('Nothing is left to transfer'),
      });
    }
    expect(await seen(target.where)).toEqual(after);
  });

  test('a source that was served in between is told apart, and taken back when it is the same', async () => {
    await using source = await Place.make('embedded');
    await using target = await Place.make('embedded');
    await filled(source.where);
    await move(source, target);
    await (await openStore({ dataDir: source.where, clock, force: true })).close();
    expect((await move(source, target)).course).toBe('complete');
    await expect(openAt(source.where)).rejects.toThrow(/was moved to/);

    const store = await openStore({ dataDir: source.where, clock, force: true });
    await store.deleteUsers(['user-3']);
    await store.close();
    await expect(move(source, target)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(/holds this very instance already, and they differ/),
      hint: expect.stringContaining('decide which of them is to go on'),
    });
    await (await openAt(source.where)).close();
  });

  test.skipIf(!SERVERS.mariadb)('a target that is served by now is left alone', async () => {
    await using folder = await Place.make('embedded');
    await using database = await Place.make('mariadb');
    await filled(folder.where);
    await move(folder, database);
    expect((await move(folder, database)).course).toBe('complete');
    await using store = await openStore({ url: database.where, clock: systemClock });
    await store.leases!.renew({ id: 'node-1', name: 'host-1 (pid 7)', startedAt: Date.now() }, 60_000);
    await expect(move(folder, database)).rejects.toThrow(
      /was moved to .* is served there by host-1 \(pid 7\)/,
    );
  });
});

test('keys go along from folder to folder', async () => {
  await using source = await Place.make('embedded');
  await using target = await Place.make('embedded');
  await (await openAt(source.where)).close();
  writeFileSync(join(source.where, 'secret'), 'the secret\n', { mode: 0o600 });
  expect((await move(source, target)).keys).toEqual(['secret']);
  expect(readFileSync(join(target.where, 'secret'), 'utf8')).toBe('the secret\n');
  expect(existsSync(join(target.where, 'api-key'))).toBe(false);
});

// --- internal ---

/** More events were made than are left: ids must not be given again. */
const LAST_EVENT = SIZE.events + 3;

/** An empty place for a store: a folder, or a database of its own. */
class Place implements AsyncDisposable {
  readonly where: string;
  #remove: () => Promise<void>;

  static async make(kind: Kind): Promise<Place> {
    if (kind !== 'embedded') {
      const database = await createDatabase(SERVERS[kind]!);
      return new Place(database.url, async () => database[Symbol.asyncDispose]());
    }
    const folder = await mkdtemp(join(tmpdir(), 'segflow-transfer-'));
    return new Place(folder, () => rm(folder, { recursive: true }));
  }

  private constructor(where: string, remove: () => Promise<void>) {
    this.where = where;
    this.#remove = remove;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#remove();
  }
}

function openAt(where: string) {
  return openStore(
    where.startsWith('mysql:') ? { url: where, clock, followClock: true } : { dataDir: where, clock },
  );
}

/** Fills the store, and tells what is to be seen of it. */
async function filled(where: string) {
  const store = await openAt(where);
  await populate(store, SIZE);
  await store.putUsers([{ id: 'gone', attributes: {}, createdAt: 1, updatedAt: 1 }]);
  await store.insertEvents(
    [1, 2, 3].map((i) => ({
      userId: 'gone',
      name: 'x',
      attributes: {},
      createdAt: clock.now() + i,
      messageId: null,
    })),
  );
  await store.deleteUsers(['gone']);
  await store.close();
  return seen(where);
}

/** What the store shows of itself, by its own means. */
async function seen(where: string) {
  await using store = await openAt(where);
  const { counts } = { counts: await store.counts() };
  return {
    instance: await store.instanceId(),
    counts,
    revision: await store.revision(),
    deployment: await store.activeDeployment(),
    pauses: await store.pauses(),
    due: (await store.dueRuns(clock.now() * 2, 50)).map(({ id, wakeAt }) => ({ id, wakeAt })),
    runs: await store.runsOfUser('user-50', 10),
    events: await store.eventsOfUser('user-50', 1_000),
    members: (await store.memberships(['user-0', 'user-1'])).map((row) => JSON.stringify(row)).sort(),
    messages: await store.listMessages({ userId: 'user-50', limit: 100 }),
    dirty: (await store.dirtyUsers(10_000)).map(
      ({ userId, cause, subject, seq }) => `${userId} ${cause} ${subject} ${seq}`,
    ),
    idempotent: await store.idempotent(['key-0', 'key-1000']),
    sweeping: await store.isSweeping(),
  };
}

function move(source: Place, target: Place, options: Partial<TransferOptions> = {}): Promise<TransferResult> {
  return transfer({
    from: source.where,
    to: target.where,
    force: false,
    clock,
    onProgress: () => {},
    ...options,
  });
}

function cutOff(source: Place, target: Place): Promise<TransferResult> {
  return move(source, target, {
    onProgress: (what) => {
      if (what === 'events') throw new Error('cut off');
    },
  });
}

function rowsOf(result: TransferResult, table: string): number | undefined {
  return result.tables.find((each) => each.table === table)?.rows;
}
