import { describe, expect, test } from 'bun:test';
import type { Opener } from '../conformance.ts';
import { event, mark, messageUpdate, newMessage, newRun, START, user } from './rows.ts';

export function users(open: Opener): void {
  describe('users', () => {
    test('come back as they were put, whatever is in them', async () => {
      await using opened = await open();
      const { store } = opened;
      const strange = user('ü\'"`\\%_?🙂', {
        text: 'a\'b"c\\d\n🙂',
        nested: { list: [1, null, true, 'x'] },
        big: 1e21,
      });
      await store.putUsers([strange]);
      expect(await store.getUser(strange.id)).toEqual(strange);
      expect(await store.lockUsers([strange.id, 'nobody'])).toEqual([strange]);
      expect(await store.lockUserIds([strange.id, 'nobody'])).toEqual([strange.id]);
      expect(await store.lockUserIds([])).toEqual([]);
      expect(await store.getUser('nobody')).toBeUndefined();
    });

    test('ids differ by case and accents', async () => {
      await using opened = await open();
      const { store } = opened;
      await store.putUsers([user('ann'), user('Ann'), user('änn')]);
      expect((await store.counts()).users).toBe(3);
    });

    test('putting a known user replaces attributes and updatedAt, not createdAt', async () => {
      await using opened = await open();
      const { store } = opened;
      await store.putUsers([user('ann', { a: 1 })]);
      await store.putUsers([user('ann', { b: 2 }, START + 5000), user('bob')]);
      expect(await store.getUser('ann')).toEqual({
        id: 'ann',
        attributes: { b: 2 },
        createdAt: START,
        updatedAt: START + 5000,
      });
      expect((await store.counts()).users).toBe(2);
    });

    test('lists may be empty, or long', async () => {
      await using opened = await open();
      const { store } = opened;
      await store.putUsers([]);
      await store.deleteUsers([]);
      expect(await store.insertEvents([])).toEqual([]);
      expect(await store.lockUsers([])).toEqual([]);
      expect(await store.knownEvents([])).toEqual(new Set());

      const many = Array.from({ length: 2345 }, (_, index) => user(`user-${index}`, { index }));
      await store.putUsers(many);
      expect((await store.counts()).users).toBe(2345);
      expect(await store.lockUsers(many.map(({ id }) => id))).toHaveLength(2345);
      const ids = await store.insertEvents(many.map(({ id }, index) => event(id, 'login', { index })));
      expect(new Set(ids).size).toBe(2345);
      expect((await store.eventsOfUser('user-2344', 10)).map(({ id }) => id)).toEqual([ids[2344]!]);
      await store.deleteUsers(many.slice(0, 2000).map(({ id }) => id));
      expect(await store.counts()).toMatchObject({ users: 345, events: 345 });
    });
  });

  test('rows may be long together', async () => {
    await using opened = await open();
    const { store } = opened;
    const note = 'long '.repeat(50_000);
    const many = Array.from({ length: 80 }, (_, index) => user(`user-${index}`, { note, index }));
    await store.putUsers(many);
    expect((await store.getUser('user-79'))?.attributes).toEqual({ note, index: 79 });
    expect((await store.counts()).users).toBe(80);
  });

  describe('events', () => {
    test('get ids in the order given, and come back latest first', async () => {
      await using opened = await open();
      const { store } = opened;
      await store.putUsers([user('ann')]);
      const first = event('ann', 'login', { n: 1 }, START + 1);
      const second = event('ann', 'purchase', { n: 2 }, START + 2);
      const ids = await store.insertEvents([first, second]);
      expect(ids[0]).toBeLessThan(ids[1]!);
      expect(await store.eventsOfUser('ann', 10)).toEqual([
        { ...second, id: ids[1]! },
        { ...first, id: ids[0]! },
      ]);
      expect(await store.eventsOfUser('ann', 1)).toHaveLength(1);
    });

    test('an id is never given twice, also not after its event is gone', async () => {
      await using opened = await open();
      const { store } = opened;
      await store.putUsers([user('ann')]);
      const [before] = await store.insertEvents([event('ann', 'login')]);
      await store.deleteUsers(['ann']);
      const [after] = await store.insertEvents([event('ann', 'login')]);
      expect(after).toBeGreaterThan(before!);
    });

    test('are known by user and message id, and refused a second time', async () => {
      await using opened = await open();
      const { store } = opened;
      const sent = { ...event('ann', 'login'), messageId: 'm1' };
      await store.insertEvents([sent, { ...sent, userId: 'bob' }, event('ann', 'login')]);
      const known = await store.knownEvents([
        { userId: 'ann', messageId: 'm1' },
        { userId: 'ann', messageId: 'm2' },
        { userId: 'eve', messageId: 'm1' },
      ]);
      expect(known).toEqual(new Set(['ann\nm1']));
      await expect(store.insertEvents([sent])).rejects.toMatchObject({ code: 'conflict' });
      expect((await store.counts()).events).toBe(3);
    });
  });

  describe('deleting a user', () => {
    test('removes everything about the user but the messages, which lose their address', async () => {
      await using opened = await open();
      const { store } = opened;
      await store.putUsers([user('ann'), user('bob')]);
      await store.insertEvents([event('ann', 'login'), event('bob', 'login')]);
      await store.markDirty([mark('ann', 'attributes')]);
      await store.addMembers([
        { segmentId: 'all', userId: 'ann', since: START },
        { segmentId: 'all', userId: 'bob', since: START },
      ]);
      await store.insertRuns([newRun('ann'), newRun('bob')]);
      const run = (await store.latestRuns(['ann']))[0]!;
      await store.sealJournal([{ runId: run.id, chunk: 0, text: '@x\n' }]);
      await store.insertMessages([
        newMessage('sent', 'ann'),
        newMessage('queued', 'ann'),
        newMessage('under-way', 'ann'),
        newMessage('other', 'bob'),
      ]);
      await store.saveMessages([
        messageUpdate('sent', { status: 'sent', sentAt: START }),
        messageUpdate('under-way'),
      ]);

      await store.deleteUsers(['ann', 'nobody']);

      expect(await store.getUser('ann')).toBeUndefined();
      expect(await store.eventsOfUser('ann', 10)).toEqual([]);
      expect(await store.runsOfUser('ann', 10)).toEqual([]);
      expect(await store.memberships(['ann'])).toEqual([]);
      expect(await store.dirtyUsers(10)).toEqual([]);
      const left = await store.listMessages({ userId: 'ann', limit: 10 });
      expect(
        left.map(({ id, status, to, subject, reason }) => ({ id, status, to, subject, reason })),
      ).toEqual([
        { id: 'under-way', status: 'sending', to: null, subject: null, reason: null },
        { id: 'sent', status: 'sent', to: null, subject: null, reason: null },
        { id: 'queued', status: 'skipped', to: null, subject: null, reason: 'the user was deleted' },
      ]);
      expect(await store.counts()).toMatchObject({
        users: 1,
        events: 1,
        runs: { pending: 1 },
        messages: { sent: 1, sending: 1, skipped: 1, queued: 1 },
      });
    });

    test('leaves no address behind when the message settles afterwards', async () => {
      await using opened = await open();
      const { store } = opened;
      await store.putUsers([user('ann'), user('bob')]);
      await store.insertMessages([newMessage('m1', 'ann'), newMessage('m2', 'bob')]);
      await store.saveMessages([messageUpdate('m1'), messageUpdate('m2')]);
      await store.deleteUsers(['ann']);
      const settled = { status: 'sent' as const, sentAt: START + 1 };
      await store.saveMessages([messageUpdate('m1', settled), messageUpdate('m2', settled)]);
      const found = await store.listMessages({ limit: 10 });
      expect(found.map(({ id, status, to, subject }) => ({ id, status, to, subject }))).toEqual([
        { id: 'm2', status: 'sent', to: 'ann@example.com', subject: 'Hello' },
        { id: 'm1', status: 'sent', to: null, subject: null },
      ]);
    });
  });

  describe('idempotency keys', () => {
    test('keep the answer until they are pruned', async () => {
      await using opened = await open();
      const { store } = opened;
      const row = { key: 'k1', requestHash: 'h', response: [{ ok: true }], createdAt: START };
      await store.putIdempotent([row, { ...row, key: 'k2', createdAt: START + 10 }]);
      const { createdAt: _, ...answer } = row;
      expect(await store.idempotent(['k1', 'none'])).toEqual([answer]);
      await store.pruneIdempotent(START + 10);
      expect((await store.idempotent(['k1', 'k2'])).map(({ key }) => key)).toEqual(['k2']);
    });
  });
}
