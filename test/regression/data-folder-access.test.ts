import { expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/core/clock.ts';
import { openStore } from '../../src/store/open.ts';
import { lockFolder } from '../../src/store/sqlite/lock.ts';

test('the database is for its owner alone, in a folder that others may read too', async () => {
  await using place = temporary();
  const dataDir = join(place.path, 'data');
  mkdirSync(dataDir, { mode: 0o755 });
  const store = await openStore({ dataDir, clock: systemClock });
  try {
    const open = readdirSync(dataDir).filter((name) => name.startsWith('segflow.db'));
    expect(open).toContain('segflow.db-wal');
    expect(open.map((name) => statSync(join(dataDir, name)).mode & 0o077)).toEqual(open.map(() => 0));
  } finally {
    await store.close();
  }
});

test('a lock that cannot be opened says what to check', async () => {
  await using place = temporary();
  mkdirSync(join(place.path, 'lock'));
  expect(() => lockFolder(place.path)).toThrow(
    expect.objectContaining({
      code: 'unavailable',
      hint: expect.stringContaining('this user may read and write it'),
    }),
  );
});

function temporary() {
  const path = mkdtempSync(join(tmpdir(), 'segflow-access-'));
  return {
    path,
    async [Symbol.asyncDispose]() {
      rmSync(path, { recursive: true, force: true });
    },
  };
}
