import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../../src/store/open.ts';
import { testClock } from '../helpers/clock.ts';
import { conformance } from './conformance.ts';

conformance('the embedded store in memory', async () => {
  const clock = testClock();
  const store = await openStore({ memory: true, clock });
  return { store, clock, [Symbol.asyncDispose]: () => store.close() };
});

conformance('the embedded store in a folder', async () => {
  const clock = testClock();
  const dataDir = mkdtempSync(join(tmpdir(), 'segflow-store-'));
  const store = await openStore({ dataDir, clock });
  return {
    store,
    clock,
    async [Symbol.asyncDispose]() {
      await store.close();
      rmSync(dataDir, { recursive: true });
    },
  };
});
