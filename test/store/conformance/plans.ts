import { describe, expect, test } from 'bun:test';
import type { Store } from '../../../src/engine/ports/store.ts';
import type { Opener } from '../conformance.ts';
import { newRun, runUpdate, START, user } from './rows.ts';

/** What a deployment's plan reads, and what putting it in force does to runs. */
export function plans(open: Opener): void {
  describe('plans', () => {
    test('users by their ids, page by page', async () => {
      await using opened = await open();
      const { store } = opened;
      const ids = ['ann', 'Bob', 'cid', 'ünal', '李'];
      await store.putUsers(ids.map((id) => user(id, { name: id })));
      const seen: string[] = [];
      for (let after = ''; ; ) {
        const page = await store.usersAfter(after, 2);
        if (page.length === 0) break;
        seen.push(...page);
        after = page.at(-1)!;
      }
      expect(seen).toHaveLength(ids.length);
      expect(new Set(seen)).toEqual(new Set(ids));
      const found = await store.usersById(['ünal', 'ann', 'nobody']);
      expect(new Map(found.map(({ id, attributes }) => [id, attributes]))).toEqual(
        new Map([
          ['ünal', { name: 'ünal' }],
          ['ann', { name: 'ann' }],
        ]),
      );
      expect(await store.usersById([])).toEqual([]);
    });

    test('live runs in groups of one history', async () => {
      await using opened = await open();
      const { store } = opened;
      const runs = await inFlight(store, 30);
      await store.saveRuns(
        runs.map(({ id }, i) =>
          runUpdate(id, {
            journalHash: i % 3 === 0 ? 'a' : 'b',
            status: i < 6 ? 'blocked' : 'sleeping',
            ...(i === 29 ? { status: 'completed', endedAt: START, wakeAt: null } : {}),
          }),
        ),
      );
      await store.pinRuns([runs[28]!.id, runs[29]!.id]);
      expect(await store.liveCampaigns()).toEqual(['welcome']);
      const whole = await store.liveRunGroups('welcome', 0, 100);
      expect(whole.last).toBeUndefined();
      const shown = whole.groups.map(({ journalHash, blocked, pinned, count }) => [
        journalHash.trim(),
        blocked,
        pinned,
        count,
      ]);
      expect(shown.sort()).toEqual(
        [
          ['a', false, false, 8],
          ['a', true, false, 2],
          ['b', false, false, 14],
          ['b', false, true, 1],
          ['b', true, false, 4],
        ].sort(),
      );
      expect(whole.groups.find(({ blocked }) => blocked)).toMatchObject({ deploymentId: 'd1' });
      expect(Math.min(...whole.groups.map(({ runId }) => runId))).toBe(runs[0]!.id);

      const group = whole.groups.find(({ count }) => count === 14)!;
      const members = await store.runsOfGroup('welcome', group, { after: 0, limit: 10 });
      expect(members).toHaveLength(10);
      expect(members[0]).toBe(group.runId);
      const others = await store.runsOfGroup('welcome', group, { after: members.at(-1)!, limit: 10 });
      expect(new Set([...members, ...others]).size).toBe(14);

      let counted = 0;
      for (let after: number | undefined = 0; after !== undefined; ) {
        const page = await store.liveRunGroups('welcome', after, 7);
        counted += page.groups.reduce((sum, { count }) => sum + count, 0);
        after = page.last;
      }
      expect(counted).toBe(29);
      expect(await store.liveRunGroups('other', 0, 7)).toEqual({ groups: [], last: undefined });
    });

    test('live runs in a range of ids', async () => {
      await using opened = await open();
      const { store } = opened;
      expect(await store.newestRun()).toBe(0);
      const runs = await inFlight(store, 5);
      const until = await store.newestRun();
      expect(until).toBe(runs.at(-1)!.id);
      await store.insertRuns([{ ...newRun('u0'), entry: 2 }]);
      await store.cancelRuns([runs[1]!.id], { ending: 'left', reason: 'left', at: START });
      const first = await store.liveRuns('welcome', { after: 0, until, limit: 2 });
      expect(first.map(({ id }) => id)).toEqual([runs[0]!.id, runs[2]!.id]);
      const rest = await store.liveRuns('welcome', { after: first.at(-1)!.id, until, limit: 10 });
      expect(rest.map(({ id }) => id)).toEqual([runs[3]!.id, runs[4]!.id]);
    });

    test('what is replayed of a run: its whole history, and the event it came by', async () => {
      await using opened = await open();
      const { store } = opened;
      await store.putUsers([user('ann', { plan: 'pro' })]);
      const [eventId] = await store.insertEvents([
        { userId: 'ann', name: 'signup', attributes: { via: 'web' }, createdAt: START, messageId: null },
      ]);
      await store.insertRuns([{ ...newRun('ann'), entryEventId: eventId! }]);
      const [run] = await store.dueRuns(START, 1);
      await store.sealJournal([{ runId: run!.id, chunk: 0, text: '@sealed\n' }]);
      await store.saveRuns([runUpdate(run!.id, { journal: '@open\n', chunks: 1 })]);
      expect(await store.replayableRuns([run!.id, 999_999])).toEqual([
        {
          id: run!.id,
          campaignId: 'welcome',
          userId: 'ann',
          entry: 1,
          status: expect.any(String),
          deploymentId: 'd1',
          enteredAt: START,
          journal: '@sealed\n@open\n',
          attributes: { plan: 'pro' },
          event: {
            id: eventId!,
            userId: 'ann',
            name: 'signup',
            attributes: { via: 'web' },
            createdAt: START,
            messageId: null,
          },
        },
      ]);
    });

    test('a run that is skipped has ended before it began', async () => {
      await using opened = await open();
      const { store } = opened;
      await store.putUsers([user('ann')]);
      await store.insertRuns([
        { ...newRun('ann'), skipped: { ending: 'skipped', reason: 'was there already' } },
      ]);
      expect(await store.dueRuns(START, 10)).toEqual([]);
      expect(await store.latestRuns(['ann'])).toMatchObject([{ status: 'cancelled', ending: 'skipped' }]);
      expect((await store.counts()).runs).toEqual({ cancelled: 1 });
      expect(await store.liveCampaigns()).toEqual([]);
    });

    test('whom an evaluation of everyone has yet to reach', async () => {
      await using opened = await open();
      const { store } = opened;
      const ids = Array.from({ length: 40 }, (_, i) => `u${i}`);
      await store.putUsers(ids.map((id) => user(id)));
      expect(await store.isSweeping()).toBe(false);
      expect(await store.unswept(ids)).toEqual(new Set());
      await store.startSweep();
      expect(await store.isSweeping()).toBe(true);
      expect(await store.unswept(ids)).toEqual(new Set(ids));
      const left = new Set(ids);
      while (true) {
        const batch = await store.nextSweep(7);
        if (!batch) break;
        await store.advanceSweep(batch.token);
        for (const id of batch.userIds) left.delete(id);
        expect(await store.unswept(ids)).toEqual(left);
      }
      expect(left.size).toBe(0);
      expect(await store.isSweeping()).toBe(false);
    });

    test('members of a segment as a whole, sizes, and events by name', async () => {
      await using opened = await open();
      const { store } = opened;
      await store.putUsers(['ann', 'bob'].map((id) => user(id)));
      const everyone = { id: 'all', sql: 'select `id` from `users` limit 10', params: [] };
      expect(await store.selectWhole(everyone)).toEqual(new Set(['ann', 'bob']));
      await store.insertEvents(
        ['buy', 'login', 'buy'].map((name, i) => ({
          userId: 'ann',
          name,
          attributes: {},
          createdAt: START + i,
          messageId: null,
        })),
      );
      expect(await store.eventCounts('ann')).toEqual([
        { name: 'buy', count: 2, lastAt: START + 2 },
        { name: 'login', count: 1, lastAt: START + 1 },
      ]);
      expect(await store.eventCounts('bob')).toEqual([]);
    });
  });
}

async function inFlight(store: Store, count: number) {
  const ids = Array.from({ length: count }, (_, i) => `u${i}`);
  await store.putUsers(ids.map((id) => user(id)));
  await store.insertRuns(ids.map((id) => newRun(id)));
  return (await store.dueRuns(START, count)).sort((a, b) => a.id - b.id);
}
