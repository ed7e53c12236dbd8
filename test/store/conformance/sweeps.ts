import { describe, expect, test } from 'bun:test';
import type { Store } from '../../../src/engine/ports/store.ts';
import type { Opener } from '../conformance.ts';
import { user } from './rows.ts';

export function sweeps(open: Opener): void {
  describe('a sweep', () => {
    test('is not under way until it is started', async () => {
      await using opened = await open();
      const { store } = opened;
      await store.putUsers([user('ann')]);
      expect(await store.nextSweep(10)).toBeUndefined();
      expect(await store.isDirty('ann')).toBe(false);
    });

    test('gives every user exactly once, in batches', async () => {
      await using opened = await open();
      const { store } = opened;
      const ids = Array.from({ length: 1234 }, (_, index) => `user-${index}`);
      await store.putUsers(ids.map((id) => user(id)));
      await store.startSweep();
      expect((await store.counts()).dirtyUsers).toBe(1234);
      const seen: string[] = [];
      for (let batch = await store.nextSweep(100); batch; batch = await store.nextSweep(100)) {
        expect(batch.userIds.length).toBeLessThanOrEqual(100);
        expect(await store.isDirty(batch.userIds[0]!)).toBe(true);
        seen.push(...batch.userIds);
        await store.advanceSweep(batch.token);
        expect(await store.isDirty(batch.userIds.at(-1)!)).toBe(false);
      }
      expect(seen.length).toBe(1234);
      expect(new Set(seen)).toEqual(new Set(ids));
      expect((await store.counts()).dirtyUsers).toBe(0);
    });

    test('gives a batch again until it is advanced', async () => {
      await using opened = await open();
      const { store } = opened;
      await store.putUsers(Array.from({ length: 30 }, (_, index) => user(`user-${index}`)));
      await store.startSweep();
      const first = await store.nextSweep(7);
      expect(await store.nextSweep(7)).toEqual(first);
    });

    test('begun anew starts at the beginning, and voids older tokens', async () => {
      await using opened = await open();
      const { store } = opened;
      await store.putUsers(Array.from({ length: 30 }, (_, index) => user(`user-${index}`)));
      await store.startSweep();
      const old = (await store.nextSweep(7))!;
      await store.startSweep();
      await store.advanceSweep(old.token);
      expect(await sweepAll(store)).toHaveLength(30);
    });

    test('of nobody ends at once, and its end does not end a later one', async () => {
      await using opened = await open();
      const { store } = opened;
      await store.startSweep();
      expect((await store.counts()).dirtyUsers).toBe(0);
      expect(await store.nextSweep(10)).toBeUndefined();
      await store.putUsers([user('late')]);
      expect(await store.nextSweep(10)).toBeUndefined();
      await store.startSweep();
      expect(await sweepAll(store)).toEqual(['late']);
    });

    test('does not stumble over users who go', async () => {
      await using opened = await open();
      const { store } = opened;
      await store.putUsers(Array.from({ length: 30 }, (_, index) => user(`user-${index}`)));
      await store.startSweep();
      const first = (await store.nextSweep(5))!;
      await store.deleteUsers(first.userIds);
      await store.advanceSweep(first.token);
      expect(await sweepAll(store)).toHaveLength(25);
    });
  });
}

async function sweepAll(store: Store): Promise<string[]> {
  const seen: string[] = [];
  for (let batch = await store.nextSweep(4); batch; batch = await store.nextSweep(4)) {
    seen.push(...batch.userIds);
    await store.advanceSweep(batch.token);
  }
  return seen;
}
