import { describe, expect, test } from 'bun:test';
import type { Opener } from '../conformance.ts';
import { event, START, user } from './rows.ts';

export function transactions(open: Opener): void {
  describe('transactions', () => {
    test('a rejected transaction leaves nothing, and its error is the caller’s', async () => {
      await using opened = await open();
      const { store } = opened;
      const failing = store.transaction(async (tx) => {
        await tx.putUsers([user('ann')]);
        await tx.insertEvents([event('ann', 'login')]);
        throw new Error('changed my mind');
      });
      await expect(failing).rejects.toThrow('changed my mind');
      expect(await store.getUser('ann')).toBeUndefined();
      expect(await store.counts()).toMatchObject({ users: 0, events: 0 });
    });

    test('nobody outside sees what is not committed', async () => {
      await using opened = await open();
      const { store } = opened;
      let seen: unknown = 'not read';
      const { promise: written, resolve: reached } = Promise.withResolvers<void>();
      const { promise: mayCommit, resolve: commit } = Promise.withResolvers<void>();
      const writing = store.transaction(async (tx) => {
        await tx.putUsers([user('ann', { plan: 'pro' })]);
        expect((await tx.getUser('ann'))?.attributes).toEqual({ plan: 'pro' });
        reached();
        await mayCommit;
        throw new Error('undone');
      });
      writing.catch(() => {});
      await written;
      const reading = store.getUser('ann').then((found) => {
        seen = found;
      });
      commit();
      await expect(writing).rejects.toThrow('undone');
      await reading;
      expect(seen).toBeUndefined();
    });

    test('transactions started together happen one after the other', async () => {
      await using opened = await open();
      const { store } = opened;
      await store.putUsers([user('ann', { count: 0 })]);
      const increment = () =>
        store.transaction(async (tx) => {
          const [found] = await tx.lockUsers(['ann']);
          await Promise.resolve();
          await tx.putUsers([user('ann', { count: Number(found!.attributes.count) + 1 })]);
        });
      await Promise.all(Array.from({ length: 20 }, increment));
      expect((await store.getUser('ann'))?.attributes).toEqual({ count: 20 });
    });

    test('a store used inside its own transaction is refused, not stuck', async () => {
      await using opened = await open();
      const { store } = opened;
      const wrong = store.transaction(async () => store.putUsers([user('ann')]));
      await expect(wrong).rejects.toMatchObject({ code: 'internal' });
      await store.putUsers([user('bob')]);
      expect((await store.counts()).users).toBe(1);
    });

    test('the time is the clock’s', async () => {
      await using opened = await open();
      expect(await opened.store.now()).toBe(START);
      opened.clock.advance(1500);
      expect(await opened.store.transaction((tx) => tx.now())).toBe(START + 1500);
    });

    test('closing waits for the transaction under way, and ends the store', async () => {
      await using opened = await open();
      const { store } = opened;
      const writing = store.transaction(async (tx) => {
        await tx.putUsers([user('ann')]);
        await new Promise((resolve) => setImmediate(resolve));
        await tx.putUsers([user('bob')]);
      });
      await Promise.all([writing, store.close()]);
      await expect(store.getUser('ann')).rejects.toMatchObject({ code: 'unavailable' });
      await expect(store.putUsers([user('eve')])).rejects.toMatchObject({ code: 'unavailable' });
      await store.close();
    });
  });
}
