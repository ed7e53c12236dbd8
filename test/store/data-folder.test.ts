import { Database } from 'bun:sqlite';
import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { migrate, migrationStatus, openStore } from '../../src/store/open.ts';
import { testClock } from '../helpers/clock.ts';
import { temporaryFolder } from './folder.ts';

setDefaultTimeout(180_000);

const clock = testClock();
const row = (id: string) => ({ id, attributes: {}, createdAt: 0, updatedAt: 0 });

describe('the data folder', () => {
  test('is made for its owner alone, and keeps what was committed', async () => {
    using folder = temporaryFolder();
    const dataDir = join(folder.path, 'deep', 'data');
    const first = await openStore({ dataDir, clock });
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
    await first.putUsers([row('ann')]);
    await first.close();
    await using second = await openStore({ dataDir, clock });
    expect(await second.getUser('ann')).toEqual(row('ann'));
  });

  test('closed, leaves no log and no claim behind', async () => {
    using folder = temporaryFolder();
    const store = await openStore({ dataDir: folder.path, clock });
    await store.putUsers([row('ann')]);
    await store.getUser('ann');
    await store.close();
    expect(existsSync(join(folder.path, 'segflow.db'))).toBe(true);
    for (const file of ['segflow.db-wal', 'segflow.db-shm', 'lock.pid']) {
      expect(existsSync(join(folder.path, file))).toBe(false);
    }
  });

  test('is one store’s at a time, also in one process', async () => {
    using folder = temporaryFolder();
    const store = await openStore({ dataDir: folder.path, clock });
    const second = await openStore({ dataDir: folder.path, clock }).catch((error) => error);
    expect(second).toMatchObject({ code: 'store_locked' });
    expect(second.message).toContain(folder.path);
    expect(second.message).toContain(`process ${process.pid}`);
    await expect(migrate({ dataDir: folder.path, clock })).rejects.toMatchObject({ code: 'store_locked' });
    await store.putUsers([row('ann')]);
    await store.close();
    await using third = await openStore({ dataDir: folder.path, clock });
    expect(await third.getUser('ann')).toBeDefined();
  });

  test('of a process that was killed is free at once, with what it had committed', async () => {
    using folder = temporaryFolder();
    const holder = Bun.spawn([process.execPath, join(import.meta.dir, 'hold-store.ts'), folder.path], {
      stdout: 'pipe',
    });
    try {
      const { value } = await holder.stdout.getReader().read();
      expect(new TextDecoder().decode(value)).toBe('holding\n');
      const refused = await openStore({ dataDir: folder.path, clock }).catch((error) => error);
      expect(refused).toMatchObject({ code: 'store_locked' });
      expect(refused.message).toContain(`process ${holder.pid}`);

      // Who only reads the database is not locked out.
      using reader = new Database(join(folder.path, 'segflow.db'), { readonly: true });
      expect(reader.query('select id from users').all()).toEqual([{ id: 'committed' }]);
    } finally {
      holder.kill('SIGKILL');
      await holder.exited;
    }
    await using store = await openStore({ dataDir: folder.path, clock });
    expect(await store.getUser('committed')).toBeDefined();
    expect(await store.getUser('uncommitted')).toBeUndefined();
    expect((await store.counts()).users).toBe(1);
  });

  test('that cannot be made, or used, is unavailable', async () => {
    using folder = temporaryFolder();
    writeFileSync(join(folder.path, 'file'), '');
    const inFile = openStore({ dataDir: join(folder.path, 'file', 'data'), clock });
    await expect(inFile).rejects.toMatchObject({ code: 'unavailable' });

    const broken = join(folder.path, 'broken');
    mkdirSync(broken);
    writeFileSync(
      join(broken, 'segflow.db'),
      'this is no database, and long enough to be read as one'.repeat(50),
    );
    await expect(openStore({ dataDir: broken, clock })).rejects.toMatchObject({ code: 'unavailable' });
    // What failed to open holds no lock.
    await expect(openStore({ dataDir: broken, clock })).rejects.toMatchObject({ code: 'unavailable' });
  });

  test.skipIf(process.getuid?.() === 0)('of another user is unavailable', async () => {
    using folder = temporaryFolder();
    chmodSync(folder.path, 0o500);
    await expect(openStore({ dataDir: folder.path, clock })).rejects.toMatchObject({ code: 'unavailable' });
    chmodSync(folder.path, 0o700);
  });
});

describe('the schema', () => {
  test('is up to date once the store was open', async () => {
    using folder = temporaryFolder();
    const before = await migrationStatus({ dataDir: folder.path, clock });
    expect(before.every(({ appliedAt }) => appliedAt === undefined)).toBe(true);
    expect(existsSync(join(folder.path, 'segflow.db'))).toBe(false);
    await using _store = await openStore({ dataDir: folder.path, clock });
    const after = await migrationStatus({ dataDir: folder.path, clock });
    expect(after.map(({ version }) => version)).toEqual(before.map(({ version }) => version));
    expect(after.every(({ appliedAt }) => appliedAt === clock.now())).toBe(true);
  });

  test('cannot be told of a folder that cannot be looked into', async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, 'file');
    writeFileSync(file, '');
    await expect(migrationStatus({ dataDir: file, clock })).rejects.toMatchObject({ code: 'unavailable' });
  });

  test('of a newer Segflow is refused, and left alone', async () => {
    using folder = temporaryFolder();
    await migrate({ dataDir: folder.path, clock });
    const file = join(folder.path, 'segflow.db');
    using db = new Database(file);
    db.run("insert into schema_migrations values (999, 'from-the-future', 'x', '2027-01-01 00:00:00.000')");
    for (const attempt of [openStore, migrate, migrationStatus]) {
      const refused = await Promise.resolve(attempt({ dataDir: folder.path, clock })).catch((error) => error);
      expect(refused).toMatchObject({ code: 'schema_newer' });
      expect(refused.message).toContain('999');
    }
  });

  test('made by another text of a migration is refused', async () => {
    using folder = temporaryFolder();
    await migrate({ dataDir: folder.path, clock });
    using db = new Database(join(folder.path, 'segflow.db'));
    db.run("update schema_migrations set checksum = 'other' where version = 1");
    await expect(openStore({ dataDir: folder.path, clock })).rejects.toMatchObject({ code: 'schema_newer' });
  });
});

describe('a store that is lost, in whole or in part,', () => {
  async function served(dataDir: string): Promise<void> {
    await using store = await openStore({ dataDir, clock });
    await store.putUsers([row('ann')]);
  }
  const database = (folder: { path: string }) => join(folder.path, 'segflow.db');

  test.each([
    ['emptied', (path: string) => truncateSync(path)],
    ['deleted', (path: string) => rmSync(path)],
  ])('is refused when it was %s, and begins again with force', async (_name, lose) => {
    using folder = temporaryFolder();
    await served(folder.path);
    lose(database(folder));
    await expect(openStore({ dataDir: folder.path, clock })).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('missing or empty'),
      hint: expect.stringContaining('--force'),
    });
    await expect(migrate({ dataDir: folder.path, clock })).rejects.toMatchObject({ code: 'conflict' });
    await using store = await openStore({ dataDir: folder.path, clock, force: true });
    expect((await store.counts()).users).toBe(0);
    await store.close();
    await using again = await openStore({ dataDir: folder.path, clock });
    expect((await again.counts()).users).toBe(0);
  });

  test.each([
    ['a folder in its place', (path: string) => [rmSync(path), mkdirSync(path)], 'cannot be opened'],
    ['other bytes', (path: string) => writeFileSync(path, 'garbage '.repeat(900)), 'not a database'],
    ['half of it', (path: string) => truncateSync(path, 5_000), 'damaged'],
  ])('is refused in words: %s', async (_name, harm, words) => {
    using folder = temporaryFolder();
    await served(folder.path);
    harm(database(folder));
    await expect(openStore({ dataDir: folder.path, clock })).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining(words),
      hint: expect.any(String),
    });
  });

  test('is refused when it is the store of another installation', async () => {
    using folder = temporaryFolder();
    using other = temporaryFolder();
    await served(folder.path);
    await served(other.path);
    copyFileSync(database(other), database(folder));
    await expect(openStore({ dataDir: folder.path, clock })).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('another installation'),
    });
  });

  test('is refused when its log is gone after a crash', async () => {
    using folder = temporaryFolder();
    await killedHolder(folder.path);
    rmSync(`${database(folder)}-wal`);
    await expect(openStore({ dataDir: folder.path, clock })).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('-wal is missing'),
    });
  });

  test.each([
    ['its folder', (path: string) => rmSync(path, { recursive: true })],
    ['its database', (path: string) => rmSync(join(path, 'segflow.db'))],
    ['its log', (path: string) => rmSync(join(path, 'segflow.db-wal'))],
    [
      'another file in its place',
      (path: string) => {
        copyFileSync(join(path, 'segflow.db'), join(path, 'copy'));
        renameSync(join(path, 'copy'), join(path, 'segflow.db'));
      },
    ],
  ])('acknowledges nothing while it is open: %s', async (_name, lose) => {
    using folder = temporaryFolder();
    const dataDir = join(folder.path, 'data');
    const store = await openStore({ dataDir, clock });
    await store.putUsers([row('ann')]);
    lose(dataDir);
    await expect(store.putUsers([row('bob')])).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('deleted or replaced'),
    });
    await Bun.sleep(150);
    await expect(store.counts()).rejects.toMatchObject({ code: 'unavailable' });
    await store.close();
  });

  test('is one process’s even when its lock file was deleted', async () => {
    using folder = temporaryFolder();
    await using holder = await holding(folder.path);
    rmSync(join(folder.path, 'lock'));
    for (const open of [openStore, migrate]) {
      const refused = await open({ dataDir: folder.path, clock }).catch((error: unknown) => error);
      expect(refused).toMatchObject({ code: 'store_locked' });
    }
    expect(holder.pid).toBeGreaterThan(0);
  });
});

/** A process that has the store open. */
async function holding(path: string) {
  const holder = Bun.spawn([process.execPath, join(import.meta.dir, 'hold-store.ts'), path], {
    stdout: 'pipe',
  });
  await holder.stdout.getReader().read();
  return {
    pid: holder.pid,
    async [Symbol.asyncDispose]() {
      holder.kill('SIGKILL');
      await holder.exited;
    },
  };
}

async function killedHolder(path: string): Promise<void> {
  await using _holder = await holding(path);
}
