import { describe, expect, test } from 'bun:test';
import type { Opener } from '../conformance.ts';
import { event, mark, newRun, runUpdate, START, user } from './rows.ts';

const AWAITS = JSON.stringify({
  pending: { kind: 'event', name: 'e', match: null, until: null },
  since: START,
});

export function awaits(open: Opener): void {
  describe('what runs await', () => {
    test('is kept with the run, and found by the user while the run lives', async () => {
      await using opened = await open();
      const { store } = opened;
      await store.putUsers([user('ann'), user('bob')]);
      await store.insertRuns([newRun('ann'), newRun('ann', { campaignId: 'other' }), newRun('bob')]);
      const due = await store.dueRuns(START, 10);
      const [ann, , bob] = due;
      await store.saveRuns([
        runUpdate(ann!.id, { awaits: AWAITS, wakeAt: null }),
        runUpdate(bob!.id, { awaits: AWAITS, wakeAt: START + 500 }),
      ]);
      const found = [{ id: ann!.id, userId: 'ann', awaits: AWAITS, wakeAt: null }];
      expect(await store.awaitingRuns(['ann', 'eve'])).toEqual(found);
      expect(await store.readAwaitingRuns(['ann', 'eve'])).toEqual(found);
      expect(await store.readAwaitingRuns([])).toEqual([]);
      await store.saveAwaits([{ id: ann!.id, awaits: '{"since":1}', wakeAt: START + 5 }]);
      expect((await store.dueRuns(START + 5, 10)).find(({ id }) => id === ann!.id)).toMatchObject({
        awaits: '{"since":1}',
        status: 'sleeping',
      });
      await store.cancelRuns([ann!.id], { ending: 'left', reason: 'left', at: START });
      expect(await store.awaitingRuns(['ann', 'bob'])).toMatchObject([
        { userId: 'bob', wakeAt: START + 500 },
      ]);
    });

    test('events are found from an id on, in the order of their ids', async () => {
      await using opened = await open();
      const { store } = opened;
      await store.putUsers([user('ann'), user('bob')]);
      const ids = await store.insertEvents([
        event('ann', 'a', { n: 1 }, START - 1),
        event('ann', 'a', { n: 2 }, START + 20),
        event('ann', 'a', { n: 3 }, START + 10),
        event('ann', 'b', { n: 4 }, START + 10),
        event('bob', 'a', { n: 5 }, START + 10),
        event('ann', 'a', { n: 6 }, START + 10),
      ]);
      const found = await store.eventsAfter([{ userId: 'ann', name: 'a', after: ids[0]! }]);
      expect(found.map(({ attributes }) => attributes.n)).toEqual([2, 3, 6]);
      expect(found[1]).toMatchObject({ userId: 'ann', name: 'a', createdAt: START + 10, messageId: null });
      expect(await store.eventsAfter([])).toEqual([]);
      expect(await store.lastEventId()).toBe(ids.at(-1)!);
    });

    test('the place in the events at a moment is before the first that happened then or later', async () => {
      await using opened = await open();
      const { store } = opened;
      expect(await store.lastEventId()).toBe(0);
      expect(await store.placesAt([])).toEqual([]);
      await store.putUsers([user('ann'), user('bob')]);
      const ids = await store.insertEvents([
        event('ann', 'a', {}, START),
        event('bob', 'a', {}, START + 10),
        event('ann', 'b', {}, START + 10),
        event('ann', 'a', {}, START + 5),
        event('ann', 'a', {}, START + 20),
        event('bob', 'a', {}, START),
      ]);
      const at = (userId: string, moment: number, after = 0) => ({ userId, at: START + moment, after });
      expect(
        await store.placesAt([
          at('ann', 0),
          at('ann', 10),
          at('ann', 11),
          at('ann', 10, ids[2]!),
          at('ann', 21),
          at('bob', 10),
          at('eve', 0),
        ]),
      ).toEqual([ids[0]! - 1, ids[2]! - 1, ids[4]! - 1, ids[4]! - 1, ids.at(-1)!, ids[1]! - 1, ids.at(-1)!]);
    });

    test('memberships are found with their time, and users that are marked', async () => {
      await using opened = await open();
      const { store } = opened;
      await store.putUsers([user('ann'), user('bob')]);
      await store.addMembers([{ segmentId: 's', userId: 'ann', since: START + 7 }]);
      await store.markDirty([mark('bob', 'attributes')]);
      expect(await store.membersSince(['ann', 'bob'])).toEqual([
        { userId: 'ann', segmentId: 's', since: START + 7 },
      ]);
      expect(await store.markedUsers(['ann', 'bob'])).toEqual(new Set(['bob']));
    });

    test('a query about a user sees nobody else, and at most a thousand rows', async () => {
      await using opened = await open();
      const { store } = opened;
      await store.putUsers([user('ann', { plan: 'pro' }), user('bob')]);
      await store.insertEvents(
        Array.from({ length: 1_200 }, (_, n) => event(n < 1_100 ? 'ann' : 'bob', 'visit', { n }, START + n)),
      );
      const ask = (sql: string, params: unknown[] = [], userId = 'ann') =>
        store.queryUser({ sql, params, userId });
      expect(await ask('select count(*) as `n` from `events`')).toEqual([{ n: 1_100 }]);
      expect(await ask('select count(*) as `n` from `events`', [], 'bob')).toEqual([{ n: 100 }]);
      expect(await ask('select `id` as `a`, `users`.`id` as `b` from `users`')).toEqual([
        { a: 'ann', b: 'ann' },
      ]);
      expect(await ask('select `id` from `users` where `id` = ?', ['bob'])).toEqual([]);
      const rows = await ask(
        'select `user_id` as `user`, `created_at` as `at` from `events` order by `created_at` desc',
      );
      expect(rows).toHaveLength(1_000);
      expect(rows[0]).toMatchObject({ user: 'ann' });
      await expect(ask('select `nonsense` from `users`')).rejects.toMatchObject({ code: 'flow_error' });
      await expect(ask('delete from `users`')).rejects.toMatchObject({ code: 'flow_error' });
      expect(await store.getUser('ann')).toBeDefined();
    });
  });
}
