import { afterAll, beforeAll } from 'bun:test';
import { test } from '../helpers/witnessed-test.ts';
import { playRound } from './round.ts';
import seeds from './seeds.json';
import { type Store, type StoreName, startStore } from './stores.ts';

/**
 * Some rounds on a store, for every run of the tests: the seeds that once failed, and one that nobody has tried. By hand as many as you
 * like: see run.ts.
 */
export function chaos(name: StoreName): void {
  const isThere = name === 'sqlite' || process.env[`SEGFLOW_TEST_${name.toUpperCase()}_URL`] !== undefined;
  if (!isThere) {
    test.skip(`chaos on ${name}: no server`, () => {});
    return;
  }
  let store: Store;
  beforeAll(async () => {
    // A server of its own: it is killed.
    store = await startStore(name);
  }, 240_000);
  afterAll(() => store?.[Symbol.asyncDispose]());

  const failedOnce = seeds.filter((each) => each.store === name).map(({ seed }) => seed);
  const fresh = Math.floor(Math.random() * 1e9);
  for (const seed of [...failedOnce, fresh]) {
    test(`chaos on ${name}, seed ${seed}`, async () => {
      const { faults, summary } = await playRound(store, seed);
      const repeat = `bun test/chaos/run.ts --store ${name} --seed ${seed} --rounds 1`;
      if (faults.length > 0) throw new Error(`${faults.join('\n')}\n${summary}\nto repeat: ${repeat}`);
    }, 600_000);
  }
}
