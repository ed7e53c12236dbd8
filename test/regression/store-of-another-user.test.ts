import { expect, test } from 'bun:test';
import { chmod, chown, mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock as clock } from '../../src/core/clock.ts';
import { migrate, migrationStatus } from '../../src/store/open.ts';
import { backup } from '../../src/transfer/backup.ts';
import { labelOf } from '../../src/transfer/backup-label.ts';
import { restore } from '../../src/transfer/restore.ts';
import { transfer } from '../../src/transfer/transfer.ts';
import { asNobody } from '../helpers/as-nobody.ts';

const onProgress = () => {};

test('a store that this user may not see is not taken for one that is not there', async () => {
  await using place = await temporary();
  const dataDir = join(place.path, 'data');
  await migrate({ dataDir, clock });
  await chmod(dataDir, 0o000);
  const file = join(place.path, 'backup');
  const works = [
    () => migrationStatus({ dataDir, clock }),
    () => backup({ dataDir, file, environment: {}, version: '0.0.0', clock, onProgress }),
    () => transfer({ from: dataDir, to: join(place.path, 'other'), force: false, clock, onProgress }),
  ];
  for (const work of works) {
    expect(await asNobody(work)).toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('cannot be read'),
      hint: expect.stringContaining('as the user who serves the data folder'),
    });
  }
});

test('a backup that this user may not read is not taken for a damaged one', async () => {
  await using place = await temporary();
  const [dataDir, file] = [join(place.path, 'data'), join(place.path, 'backup')];
  await migrate({ dataDir, clock });
  await backup({ dataDir, file, environment: {}, version: '0.0.0', clock, onProgress });
  await chmod(file, 0o000);
  expect(await asNobody(async () => labelOf(file))).toMatchObject({ code: 'EACCES' });
});

test.skipIf(process.getuid?.() !== 0)(
  'what root does in the folder of a service is the service’s',
  async () => {
    await using place = await temporary();
    const folder = async (name: string) => {
      const path = join(place.path, name);
      await mkdir(path);
      await chown(path, 65_534, 65_534);
      return path;
    };
    const [migrated, restored, moved] = [
      await folder('migrated'),
      await folder('restored'),
      await folder('moved'),
    ];
    const file = join(place.path, 'backup');
    await migrate({ dataDir: migrated, clock });
    await backup({ dataDir: migrated, file, environment: {}, version: '0.0.0', clock, onProgress });
    for (const force of [false, true]) {
      await restore({ file, dataDir: restored, force, askForMs: null, clock, onProgress });
    }
    await transfer({ from: migrated, to: moved, force: false, clock, onProgress });
    for (const path of [migrated, restored, moved]) {
      const files = await readdir(path, { recursive: true });
      expect(files).toContain('segflow.db');
      const owners = await Promise.all(files.map(async (name) => (await stat(join(path, name))).uid));
      expect(new Set(owners)).toEqual(new Set([65_534]));
    }
  },
);

async function temporary() {
  const path = await mkdtemp(join(tmpdir(), 'segflow-access-'));
  await chmod(path, 0o755);
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
