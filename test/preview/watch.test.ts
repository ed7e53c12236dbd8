import { expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { watchProject } from '../../src/preview/watch.ts';

test('tells once of a burst of writes', async () => {
  await using it = await watched({ quietMs: 400 });
  for (let i = 0; i < 20; i++) writeFileSync(join(it.root, 'emails/Welcome.tsx'), `// ${i}`);
  await it.told();
  await it.settled();
  expect(it.count()).toBe(1);
});

test('sees a file that an editor replaces by renaming, again and again', async () => {
  await using it = await watched();
  for (let i = 0; i < 3; i++) {
    writeFileSync(join(it.root, 'emails/.Welcome.tsx.tmp'), `// ${i}`);
    renameSync(join(it.root, 'emails/.Welcome.tsx.tmp'), join(it.root, 'emails/Welcome.tsx'));
    await it.told();
  }
});

test('sees new files in new folders, and a folder made anew', async () => {
  await using it = await watched();
  mkdirSync(join(it.root, 'emails/parts'));
  await it.told();
  writeFileSync(join(it.root, 'emails/parts/Footer.tsx'), '//');
  await it.told();
  rmSync(join(it.root, 'emails/parts'), { recursive: true });
  await it.told();
  mkdirSync(join(it.root, 'emails/parts'));
  await it.told();
  writeFileSync(join(it.root, 'emails/parts/Header.tsx'), '//');
  await it.told();
});

test('sees a followed file outside the project, whatever its name', async () => {
  await using it = await watched();
  const outside = mkdtempSync(join(tmpdir(), 'segflow-outside-'));
  const file = join(outside, 'palette.data');
  writeFileSync(file, 'a');
  it.watch.follow([file]);
  writeFileSync(file, 'b');
  await it.told();
  rmSync(outside, { recursive: true });
});

test('does not see what cannot matter: dot folders, node_modules, a database', async () => {
  await using it = await watched();
  writeFileSync(join(it.root, '.segflow/store.sqlite'), 'x');
  writeFileSync(join(it.root, 'node_modules/thing/index.js'), 'x');
  writeFileSync(join(it.root, 'store.sqlite-wal'), 'x');
  writeFileSync(join(it.root, 'emails/.Welcome.tsx.swp'), 'x');
  await it.settled();
  expect(it.count()).toBe(0);
  // The watch is alive all the same.
  writeFileSync(join(it.root, '.env'), 'A=1');
  await it.told();
});

async function watched({ quietMs = 50 } = {}) {
  const root = mkdtempSync(join(tmpdir(), 'segflow-watch-'));
  for (const folder of ['emails', '.segflow', 'node_modules/thing'])
    mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, 'emails/Welcome.tsx'), '//');
  let count = 0;
  let seen = 0;
  let wake = () => {};
  const watch = watchProject(
    root,
    () => {
      count++;
      wake();
    },
    quietMs,
  );
  return {
    root,
    watch,
    count: () => count,
    /** Resolves once a change was told that was not waited for yet. */
    async told() {
      while (count <= seen) await new Promise<void>((resolve) => (wake = resolve));
      seen = count;
    },
    /** Resolves after a change made now would have been told: events of a folder arrive in order. */
    async settled() {
      const other = mkdtempSync(join(tmpdir(), 'segflow-watch-'));
      const probe = await new Promise<ReturnType<typeof watchProject>>((resolve) => {
        const started = watchProject(other, () => resolve(started), 4 * quietMs);
        writeFileSync(join(other, 'probe.ts'), '');
      });
      probe.close();
      rmSync(other, { recursive: true });
    },
    async [Symbol.asyncDispose]() {
      watch.close();
      rmSync(root, { recursive: true });
    },
  };
}
