import { describe, expect, test } from 'bun:test';
import { slotOf } from '../../../src/core/hash.ts';
import type { Opener } from '../conformance.ts';
import { newRun, runUpdate, START, user } from './rows.ts';

export function runs(open: Opener): void {
  describe('runs', () => {
    test('are due at once, with what their flow needs', async () => {
      await using opened = await open();
      const { store } = opened;
      await store.putUsers([user('ann', { plan: 'pro' })]);
      await store.insertRuns([newRun('ann')]);
      expect(await store.dueRuns(START, 10)).toMatchObject([
        {
          id: expect.any(Number),
          campaignId: 'welcome',
          userId: 'ann',
          entry: 1,
          status: 'pending',
          deploymentId: 'd1',
          enteredAt: START,
          wakeAt: START,
          position: 0,
          journal: '',
          sealed: 0,
          chunks: 0,
          journalHash: '',
          attributes: { plan: 'pro' },
          awaits: null,
          pinned: false,
          event: null,
        },
      ]);
      expect(await store.dueRuns(START - 1, 10)).toEqual([]);
      expect(await store.nextWake()).toBe(START);
    });

    test('are due by their time, the earliest first', async () => {
      await using opened = await open();
      const { store } = opened;
      const ids = ['ann', 'bob', 'cid'];
      await store.putUsers(ids.map((id) => user(id)));
      await store.insertRuns(ids.map((id) => newRun(id)));
      const found = await store.dueRuns(START, 10);
      await store.saveRuns(
        found.map((run, index) =>
          runUpdate(run.id, { wakeAt: [START + 300, START + 100, START + 200][index]! }),
        ),
      );
      expect((await store.dueRuns(START + 250, 10)).map(({ userId }) => userId)).toEqual(['bob', 'cid']);
      expect((await store.dueRuns(START + 500, 1)).map(({ userId }) => userId)).toEqual(['bob']);
      expect(await store.nextWake()).toBe(START + 100);
      await store.saveRuns(found.map((run) => runUpdate(run.id, { status: 'running', wakeAt: null })));
      expect(await store.nextWake()).toBeUndefined();
    });

    test('of several campaigns are due in one order, those of a paused one left out', async () => {
      await using opened = await open();
      const { store } = opened;
      const ids = Array.from({ length: 9 }, (_, index) => `u${index}`);
      await store.putUsers(ids.map((id) => user(id)));
      await store.insertRuns(
        ids.map((id, index) =>
          newRun(id, { campaignId: ['a', 'b', 'c'][index % 3]!, wakeAt: START + 10 - index }),
        ),
      );
      const due = async (now: number, limit: number, slots?: number[]) =>
        (await store.dueRuns(now, limit, slots)).map(({ userId }) => userId);
      expect(await due(START + 9, 3)).toEqual(['u8', 'u7', 'u6']);
      const dueOf = async (campaigns: string[], limit: number, slots?: number[]) =>
        (await store.dueRuns(START + 8, limit, slots, campaigns)).map(({ userId }) => userId);
      expect(await dueOf(['a'], 10)).toEqual(['u6', 'u3']);
      expect(await dueOf(['a', 'c'], 3)).toEqual(['u8', 'u6', 'u5']);
      expect(await dueOf(['a', 'c'], 9, [slotOf('u3'), slotOf('u4')])).toEqual(['u3']);
      await store.putPause({ campaignId: 'c', cause: 'manual', reason: 'x', pausedAt: START });
      expect(await due(START + 9, 3)).toEqual(['u7', 'u6', 'u4']);
      expect(await dueOf(['a', 'c'], 3)).toEqual(['u6', 'u3']);
      expect(await due(START + 9, 10)).toEqual(['u7', 'u6', 'u4', 'u3', 'u1']);
      expect(await due(START + 4, 10)).toEqual(['u7', 'u6']);
      expect(await due(START + 9, 10, [slotOf('u4'), slotOf('u8')])).toEqual(['u4']);
      expect(await store.nextWake()).toBe(START + 3);
      expect(await store.nextWake([slotOf('u4'), slotOf('u8')])).toBe(START + 6);
      for (const campaignId of ['a', 'b']) {
        await store.putPause({ campaignId, cause: 'manual', reason: 'x', pausedAt: START });
      }
      expect(await due(START + 9, 10)).toEqual([]);
      expect(await store.nextWake()).toBeUndefined();
    });

    test('saved many at once keep their values apart', async () => {
      await using opened = await open();
      const { store } = opened;
      const ids = Array.from({ length: 777 }, (_, index) => `user-${index}`);
      await store.putUsers(ids.map((id) => user(id)));
      await store.insertRuns(ids.map((id) => newRun(id)));
      const due = await store.dueRuns(START, 1000);
      const written = await store.saveRuns(
        due.map((run, index) =>
          runUpdate(run.id, { journal: `@${index}\n`, position: index, wakeAt: START + index }),
        ),
      );
      expect(written.size).toBe(777);
      const again = await store.dueRuns(START + 777, 1000);
      expect(again.map(({ journal }) => journal)).toEqual(due.map((_, index) => `@${index}\n`));
      expect(again.every((run, index) => run.position === index && run.wakeAt === START + index)).toBe(true);
      expect((await store.counts()).runs).toEqual({ sleeping: 777 });
    });

    test('that ended stay as they ended', async () => {
      await using opened = await open();
      const { store } = opened;
      await store.putUsers([user('ann'), user('bob')]);
      await store.insertRuns([newRun('ann'), newRun('bob')]);
      const [ann, bob] = await store.dueRuns(START, 10);
      await store.cancelRuns([ann!.id], { ending: 'left', reason: 'left', at: START + 5 });
      const written = await store.saveRuns([runUpdate(ann!.id), runUpdate(bob!.id)]);
      expect(written).toEqual(new Set([bob!.id]));
      expect(await store.runsOfUser('ann', 10)).toEqual([
        {
          ...{
            id: ann!.id,
            campaignId: 'welcome',
            userId: 'ann',
            entry: 1,
            status: 'cancelled',
            deploymentId: 'd1',
          },
          ...{
            enteredAt: START,
            endedAt: START + 5,
            wakeAt: null,
            awaits: null,
            pinned: false,
            convertedAt: null,
            reason: 'left',
            ending: 'left',
            retries: 0,
            journal: '',
          },
        },
      ]);
      await store.saveRuns([runUpdate(bob!.id, { status: 'completed', wakeAt: null, endedAt: START + 9 })]);
      await store.cancelRuns([ann!.id, bob!.id], { ending: 'left', reason: 'again', at: START + 20 });
      expect((await store.runsOfUser('bob', 1))[0]).toMatchObject({
        status: 'completed',
        endedAt: START + 9,
      });
      expect((await store.counts()).runs).toEqual({ cancelled: 1, completed: 1 });
      expect(await store.dueRuns(START + 100_000, 10)).toEqual([]);
    });

    test('the latest of each campaign is known', async () => {
      await using opened = await open();
      const { store } = opened;
      await store.insertRuns([
        newRun('ann'),
        newRun('ann', { entry: 2 }),
        newRun('ann', { campaignId: 'other' }),
        newRun('bob'),
      ]);
      const latest = await store.latestRuns(['ann', 'eve']);
      expect(latest.map(({ campaignId, entry }) => `${campaignId} ${entry}`).sort()).toEqual([
        'other 1',
        'welcome 2',
      ]);
      await expect(store.insertRuns([newRun('ann', { entry: 2 })])).rejects.toMatchObject({
        code: 'conflict',
      });
      expect((await store.runsOfUser('ann', 2)).map(({ campaignId }) => campaignId)).toEqual([
        'other',
        'welcome',
      ]);
    });

    test('read their sealed journal before the rest', async () => {
      await using opened = await open();
      const { store } = opened;
      await store.putUsers([user('ann'), user('bob')]);
      await store.insertRuns([newRun('ann'), newRun('bob')]);
      const [ann] = await store.dueRuns(START, 10);
      const chunks = ['@a\n>wait 1d -\n', `@b\n<${JSON.stringify('ü🙂'.repeat(1000))}\n`];
      await store.sealJournal(chunks.map((text, chunk) => ({ runId: ann!.id, chunk, text })));
      await store.sealJournal([{ runId: ann!.id, chunk: 1, text: 'a repeated seal changes nothing' }]);
      await store.saveRuns([runUpdate(ann!.id, { chunks: 2, journal: '@c\n', wakeAt: START })]);
      const due = await store.dueRuns(START, 10);
      const whole = `${chunks.join('')}@c\n`;
      expect(due.find(({ id }) => id === ann!.id)).toMatchObject({
        journal: whole,
        sealed: whole.length - 3,
        chunks: 2,
      });
      expect(due.find(({ userId }) => userId === 'bob')).toMatchObject({ journal: '', sealed: 0 });
      expect((await store.runsOfUser('ann', 1))[0]!.journal).toBe(whole);
    });

    test('only running ones are woken', async () => {
      await using opened = await open();
      const { store } = opened;
      const ids = ['ann', 'bob', 'cid'];
      await store.putUsers(ids.map((id) => user(id)));
      await store.insertRuns(ids.map((id) => newRun(id)));
      const [ann, bob, cid] = await store.dueRuns(START, 10);
      await store.saveRuns([
        runUpdate(ann!.id, { status: 'running', wakeAt: null }),
        runUpdate(bob!.id, { status: 'sleeping', wakeAt: START + 1000 }),
        runUpdate(cid!.id, { status: 'completed', wakeAt: null, endedAt: START }),
      ]);
      await store.wakeRuns([ann!.id, bob!.id, cid!.id], START + 1);
      expect((await store.dueRuns(START + 500, 10)).map(({ userId }) => userId)).toEqual(['ann']);
    });
  });
}
