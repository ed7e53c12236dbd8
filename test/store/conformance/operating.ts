import { describe, expect, test } from 'bun:test';
import type { Manifest } from '../../../src/engine/ports/manifest.ts';
import type { Opener } from '../conformance.ts';
import { event, newMessage, newRun, runUpdate, START, user } from './rows.ts';

export function operating(open: Opener): void {
  describe('pauses', () => {
    test('take runs and messages out of what is due, without losing their place', async () => {
      await using opened = await open();
      const { store } = opened;
      await store.putUsers([user('ann'), user('bob')]);
      await store.insertRuns([newRun('ann'), newRun('bob', { campaignId: 'other', wakeAt: START + 50 })]);
      await store.insertMessages([
        newMessage('m1', 'ann', { campaignId: 'welcome' }),
        newMessage('m2', 'ann', { campaignId: 'other', dueAt: START - 5 }),
        newMessage('m3', 'ann', { eventId: 7 }),
      ]);
      await store.putPause({ campaignId: 'welcome', cause: 'manual', reason: 'a', pausedAt: START });
      await store.putPause({ campaignId: 'welcome', cause: 'manual', reason: 'b', pausedAt: START + 1 });
      expect(await store.pauses()).toEqual([
        { campaignId: 'welcome', cause: 'manual', reason: 'b', pausedAt: START },
      ]);
      expect((await store.dueRuns(START + 100, 10)).map(({ userId }) => userId)).toEqual(['bob']);
      expect(await store.nextWake()).toBe(START + 50);
      expect((await store.dueMessages(START, 10)).map(({ id }) => id)).toEqual(['m2', 'm3']);
      await store.putPause({ campaignId: '*', cause: 'manual', reason: 'all', pausedAt: START });
      expect(await store.dueRuns(START + 100, 10)).toEqual([]);
      expect(await store.nextWake()).toBeUndefined();
      expect(await store.dueMessages(START, 10)).toEqual([]);
      expect(await store.nextAttempt()).toBeUndefined();
      expect(await store.removePause('*')).toBe(true);
      expect(await store.removePause('*')).toBe(false);
      await store.removePause('welcome');
      expect((await store.dueRuns(START + 100, 10)).map(({ userId }) => userId)).toEqual(['ann', 'bob']);
      expect(await store.nextAttempt()).toBe(START - 5);
    });
  });

  describe('priorities', () => {
    test('come before the time, and options stay with the message', async () => {
      await using opened = await open();
      const { store } = opened;
      const options = { subject: 'Hi', props: { a: [1, null] } };
      await store.insertMessages([
        newMessage('m1', 'ann', { dueAt: START - 10 }),
        newMessage('m2', 'ann', { priority: 5 }),
        newMessage('m3', 'ann', { priority: -5, dueAt: START - 20 }),
        newMessage('m4', 'ann', { priority: 5, dueAt: START - 1, options }),
        newMessage('m5', 'ann', { priority: 9, createdAt: START + 10 }),
      ]);
      const due = await store.dueMessages(START, 10);
      expect(due.map(({ id }) => id)).toEqual(['m4', 'm2', 'm1', 'm3']);
      expect(due.map((message) => message.options)).toEqual([options, null, null, null]);
      expect((await store.dueMessages(START, 3)).map(({ id }) => id)).toEqual(['m4', 'm2', 'm1']);
      expect(await store.nextAttempt()).toBe(START - 20);
    });
  });

  describe('runs that are stuck', () => {
    test('are due again: the blocked all at once, others by run, user or campaign', async () => {
      await using opened = await open();
      const { store } = opened;
      const ids = ['ann', 'bob', 'cid', 'dan', 'eve'];
      await store.putUsers(ids.map((id) => user(id)));
      await store.insertRuns(ids.map((id) => newRun(id, { campaignId: id === 'eve' ? 'other' : 'welcome' })));
      const due = await store.dueRuns(START, 10);
      const [ann, bob, cid, dan, eve] = due.map(({ id }) => id);
      const failed = {
        status: 'failed',
        wakeAt: null,
        endedAt: START,
        ending: 'failed',
        reason: 'no',
      } as const;
      await store.saveRuns([
        runUpdate(ann!, { status: 'blocked', wakeAt: null, reason: 'other code' }),
        runUpdate(bob!, failed),
        runUpdate(cid!, failed),
        runUpdate(dan!, { wakeAt: null }),
        runUpdate(eve!, failed),
      ]);
      expect(await store.wakeBlocked(START + 1)).toBe(1);
      expect((await store.dueRuns(START + 1, 10)).map(({ id, status }) => [id, status])).toEqual([
        [ann!, 'blocked'],
      ]);
      const retry = (filter: Parameters<typeof store.retryRuns>[0]) =>
        store.retryRuns(filter, { at: START + 2, limit: 10 });
      expect(await retry({ runId: bob! })).toEqual([bob!]);
      expect(await retry({ runId: dan! })).toEqual([]);
      expect(await retry({ userId: 'ann' })).toEqual([ann!]);
      expect(await retry({ campaignId: 'other' })).toEqual([eve!]);
      expect(await retry({})).toEqual([cid!]);
      expect(await retry({})).toEqual([]);
      expect((await store.counts()).runs).toEqual({ pending: 4, sleeping: 1 });
      expect((await store.latestRuns(['bob']))[0]).toMatchObject({
        status: 'pending',
        endedAt: null,
        ending: null,
      });
      const [again] = await store.runsOfUser('bob', 1);
      expect(again).toMatchObject({ retries: 1, reason: null });
      expect(await store.lockRuns([bob!, dan!, 99])).toEqual(new Set([bob!, dan!]));
    });
  });

  describe('entries', () => {
    test('know the event behind them, begin when they are told to, and convert once', async () => {
      await using opened = await open();
      const { store } = opened;
      await store.putUsers([user('ann'), user('bob')]);
      const [eventId] = await store.insertEvents([event('ann', 'purchase', { n: 1 })]);
      await store.activate('d1', EMPTY, START);
      await store.insertRuns([newRun('ann', { entryEventId: eventId!, wakeAt: START + 30 }), newRun('bob')]);
      expect((await store.dueRuns(START, 10)).map(({ userId }) => userId)).toEqual(['bob']);
      const [, ann] = await store.dueRuns(START + 30, 10);
      expect(ann).toMatchObject({
        enteredAt: START,
        event: { id: eventId, name: 'purchase', attributes: { n: 1 } },
      });
      expect(await store.convertRuns([ann!.id], START + 5)).toBe(1);
      expect(await store.convertRuns([ann!.id], START + 9)).toBe(0);
      expect((await store.latestRuns(['ann']))[0]).toMatchObject({
        ...{
          enteredAt: START,
          convertedAt: START + 5,
          endedAt: null,
          entryEventId: eventId,
          deploymentId: 'd1',
        },
      });
      expect((await store.counts()).campaigns).toEqual([{ id: 'welcome', entered: 2, converted: 1 }]);
      await store.deleteUsers(['ann']);
      expect((await store.counts()).campaigns).toEqual([{ id: 'welcome', entered: 1, converted: 0 }]);
    });

    test('a journal that began anew has no sealed parts', async () => {
      await using opened = await open();
      const { store } = opened;
      await store.putUsers([user('ann')]);
      await store.insertRuns([newRun('ann')]);
      const [run] = await store.dueRuns(START, 1);
      await store.sealJournal([{ runId: run!.id, chunk: 0, text: 'old\n' }]);
      await store.saveRuns([runUpdate(run!.id, { chunks: 1, journal: 'new\n', wakeAt: START })]);
      expect((await store.dueRuns(START, 1))[0]!.journal).toBe('old\nnew\n');
      await store.dropSealed([run!.id]);
      await store.sealJournal([{ runId: run!.id, chunk: 0, text: 'fresh\n' }]);
      expect((await store.dueRuns(START, 1))[0]!.journal).toBe('fresh\nnew\n');
    });
  });
}

const EMPTY: Manifest = {
  templates: [],
  segments: [],
  transactions: [],
  confirm: false,
  campaigns: [
    {
      id: 'welcome',
      segments: [],
      excludeSegments: [],
      behavior: 'static',
      reentry: 'once',
      exitWhen: null,
      goal: null,
      priority: 0,
      spreadMs: 0,
    },
  ],
};
