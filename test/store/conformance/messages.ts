import { describe, expect, test } from 'bun:test';
import type { Opener } from '../conformance.ts';
import { event, messageUpdate, newMessage, newRun, START, user } from './rows.ts';

export function messages(open: Opener): void {
  describe('messages', () => {
    test('are due at once, with what sending them needs', async () => {
      await using opened = await open();
      const { store } = opened;
      await store.putUsers([user('ann', { email: 'ann@example.com' })]);
      await store.insertRuns([newRun('ann')]);
      const [run] = await store.dueRuns(START, 1);
      const purchase = event('ann', 'purchase', { value: 5 }, START - 1);
      const [eventId] = await store.insertEvents([purchase]);
      const step = newMessage('m1', 'ann', { campaignId: 'welcome', runId: run!.id, position: 0 });
      const order = newMessage('m2', 'ann', { template: 'order', eventId: eventId! });
      const orphan = newMessage('m3', 'gone');
      await store.insertMessages([step, order, orphan]);
      const [due, dueOrder, dueOrphan] = [step, order, orphan].map(
        ({ dueAt: _, options: _none, ...rest }) => rest,
      );
      const common = {
        status: 'queued',
        attempts: 0,
        toAddress: null,
        subject: null,
        options: null,
      } as const;
      expect(await store.dueMessages(START, 10)).toEqual([
        { ...due!, ...common, attributes: { email: 'ann@example.com' }, runStatus: 'pending', event: null },
        {
          ...dueOrder!,
          ...common,
          attributes: { email: 'ann@example.com' },
          runStatus: null,
          event: { ...purchase, id: eventId! },
        },
        { ...dueOrphan!, ...common, attributes: undefined, runStatus: null, event: null },
      ]);
      expect(await store.dueMessages(START - 1, 10)).toEqual([]);
      expect(await store.nextAttempt()).toBe(START);
    });

    test('keep the place in the queue that they should have had', async () => {
      await using opened = await open();
      const { store } = opened;
      await store.insertMessages([newMessage('m1', 'ann'), newMessage('m2', 'ann', { dueAt: START - 5000 })]);
      expect((await store.dueMessages(START, 10)).map(({ id }) => id)).toEqual(['m2', 'm1']);
      expect(await store.nextAttempt()).toBe(START - 5000);
    });

    test('of one step or one event’s template exist once', async () => {
      await using opened = await open();
      const { store } = opened;
      await store.insertMessages([
        newMessage('m1', 'ann', { runId: 1, position: 0 }),
        newMessage('m2', 'ann', { runId: 1, position: 0 }),
        newMessage('m3', 'ann', { runId: 1, position: 1 }),
        newMessage('m4', 'ann', { eventId: 7 }),
        newMessage('m5', 'ann', { eventId: 7 }),
        newMessage('m6', 'ann', { eventId: 7, template: 'other' }),
      ]);
      await store.insertMessages([newMessage('m7', 'ann', { runId: 1, position: 1 })]);
      const found = await store.listMessages({ limit: 10 });
      expect(found.map(({ id }) => id)).toEqual(['m6', 'm4', 'm3', 'm1']);
      expect((await store.counts()).messages).toEqual({ queued: 4 });
    });

    test('that settled stay as they are', async () => {
      await using opened = await open();
      const { store } = opened;
      await store.putUsers([user('ann')]);
      await store.insertMessages(['m1', 'm2', 'm3'].map((id) => newMessage(id, 'ann')));
      expect(await store.saveMessages(['m1', 'm2'].map((id) => messageUpdate(id)))).toEqual(
        new Set(['m1', 'm2']),
      );
      expect((await store.dueMessages(START, 10)).map(({ id }) => id)).toEqual(['m3']);
      await store.saveMessages([
        messageUpdate('m1', { status: 'sent', sentAt: START + 1, providerId: 'p1' }),
        messageUpdate('m2', { status: 'failed', reason: 'refused' }),
      ]);
      const written = await store.saveMessages([
        messageUpdate('m1', { status: 'queued', nextAttemptAt: START }),
        messageUpdate('m2', { status: 'sent' }),
        messageUpdate('m3', { status: 'queued', nextAttemptAt: START + 50, reason: 'try later' }),
      ]);
      expect(written).toEqual(new Set(['m3']));
      const found = await store.listMessages({ limit: 10 });
      expect(
        found.map(({ id, status, reason, providerId, sentAt }) => ({
          id,
          status,
          reason,
          providerId,
          sentAt,
        })),
      ).toEqual([
        { id: 'm3', status: 'queued', reason: 'try later', providerId: null, sentAt: null },
        { id: 'm2', status: 'failed', reason: 'refused', providerId: null, sentAt: null },
        { id: 'm1', status: 'sent', reason: null, providerId: 'p1', sentAt: START + 1 },
      ]);
      expect(await store.nextAttempt()).toBe(START + 50);
      expect((await store.counts()).messages).toEqual({ sent: 1, failed: 1, queued: 1 });
    });

    test('settled ones are found by their step', async () => {
      await using opened = await open();
      const { store } = opened;
      await store.insertMessages([
        newMessage('m1', 'ann', { runId: 1, position: 0 }),
        newMessage('m2', 'ann', { runId: 1, position: 1 }),
        newMessage('m3', 'ann', { runId: 2, position: 0 }),
      ]);
      await store.saveMessages([
        messageUpdate('m1', { status: 'sent' }),
        messageUpdate('m2', { status: 'skipped', reason: 'no address' }),
      ]);
      const found = await store.settledMessages([
        { runId: 1, position: 1 },
        { runId: 2, position: 0 },
        { runId: 3, position: 0 },
      ]);
      expect(found).toEqual([{ id: 'm2', runId: 1, position: 1, status: 'skipped', reason: 'no address' }]);
    });

    test('queued ones of a run are skipped, others not', async () => {
      await using opened = await open();
      const { store } = opened;
      await store.insertMessages([
        newMessage('m1', 'ann', { runId: 1, position: 0 }),
        newMessage('m2', 'ann', { runId: 1, position: 1 }),
        newMessage('m3', 'ann', { runId: 2, position: 0 }),
      ]);
      await store.saveMessages([messageUpdate('m1')]);
      await store.skipMessagesOf([1], 'left the campaign');
      const found = await store.listMessages({ limit: 10 });
      expect(found.map(({ id, status, reason }) => ({ id, status, reason }))).toEqual([
        { id: 'm3', status: 'queued', reason: null },
        { id: 'm2', status: 'skipped', reason: 'left the campaign' },
        { id: 'm1', status: 'sending', reason: null },
      ]);
      expect((await store.counts()).messages).toEqual({ queued: 1, skipped: 1, sending: 1 });
    });

    test('left sending by a crash become unknown', async () => {
      await using opened = await open();
      const { store } = opened;
      await store.insertMessages(['m1', 'm2'].map((id) => newMessage(id, 'ann')));
      await store.saveMessages([messageUpdate('m1')]);
      expect(await store.unsettle(START + 60)).toBe(1);
      expect(await store.unsettle(START + 99)).toBe(0);
      expect(await store.dueMessages(START + 60, 10)).toMatchObject([
        { id: 'm2', status: 'queued' },
        { id: 'm1', status: 'unknown', attempts: 1 },
      ]);
      expect((await store.counts()).messages).toEqual({ queued: 1, unknown: 1 });
    });

    test('are listed latest first, filtered, in pages', async () => {
      await using opened = await open();
      const { store } = opened;
      const list = Array.from({ length: 10 }, (_, index) =>
        newMessage(`m${index}`, index % 2 ? 'ann' : 'bob', {
          // Pairs share a time.
          createdAt: START + Math.floor(index / 2),
          campaignId: index < 5 ? 'welcome' : null,
          template: index < 3 ? 'tips' : 'hello',
        }),
      );
      await store.insertMessages(list);
      const pages: string[][] = [];
      for (let before: string | undefined; ; ) {
        const page = await store.listMessages({ limit: 3, ...(before === undefined ? {} : { before }) });
        if (page.length === 0) break;
        pages.push(page.map(({ id }) => id));
        before = page.at(-1)!.id;
      }
      expect(pages).toEqual([['m9', 'm8', 'm7'], ['m6', 'm5', 'm4'], ['m3', 'm2', 'm1'], ['m0']]);
      const ids = async (filter: object) =>
        (await store.listMessages({ limit: 10, ...filter })).map(({ id }) => id);
      expect(await ids({ userId: 'ann', campaignId: 'welcome' })).toEqual(['m3', 'm1']);
      expect(await ids({ template: 'tips' })).toEqual(['m2', 'm1', 'm0']);
      expect(await ids({ status: 'sent' })).toEqual([]);
      // An empty page would be taken for the end.
      await expect(ids({ before: 'unheard-of' })).rejects.toMatchObject({
        code: 'invalid_input',
        message: 'before: there is no message "unheard-of"',
        details: [{ path: 'before' }],
      });
    });
  });
}
