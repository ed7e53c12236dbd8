import { expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServer } from '../../src/app.ts';

test('a data folder that cannot be made is refused with its flag', async () => {
  await using place = temporary();
  const refused = startServer({ ...SETTINGS, dataDir: join(place.file, 'data') });
  await expect(refused).rejects.toMatchObject({
    code: 'invalid_input',
    message: expect.stringContaining(`the data folder ${place.file}/data cannot be used`),
    hint: expect.stringContaining('--data'),
  });
});

test('an outbox that is no folder is refused at the start, not when the first email leaves', async () => {
  await using place = temporary();
  const refused = startServer({ ...SETTINGS, dataDir: place.path, outbox: place.file });
  await expect(refused).rejects.toMatchObject({
    code: 'invalid_input',
    message: expect.stringContaining(`the outbox ${place.file} cannot be used`),
    hint: expect.stringContaining('--outbox'),
  });
});

// --- helpers ---

const SETTINGS = {
  port: 0,
  host: '127.0.0.1',
  version: '0.0.0',
  environment: {},
  log: { info() {}, warn() {}, error() {} },
};

function temporary() {
  const path = mkdtempSync(join(tmpdir(), 'segflow-folders-'));
  const file = join(path, 'file');
  writeFileSync(file, '');
  return {
    path,
    file,
    async [Symbol.asyncDispose]() {
      rmSync(path, { recursive: true, force: true });
    },
  };
}
