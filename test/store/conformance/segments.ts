import { describe, expect, test } from 'bun:test';
import type { SegmentSql } from '../../../src/engine/ports/segments.ts';
import type { Store } from '../../../src/engine/ports/store.ts';
import { factsOf } from '../../../src/sql/facts/facts.ts';
import { readQuery } from '../../../src/sql/read/read-query.ts';
import type { Opener } from '../conformance.ts';
import { event, mark, START, user } from './rows.ts';

const ALL: SegmentSql = { id: 'all', sql: 'select `id` from `users`', params: [] };
const FIRST_TWO: SegmentSql = { id: 'first', sql: 'select id from users order by id limit 2', params: [] };
const PRO: SegmentSql = {
  id: 'pro',
  sql: "select id from users where attributes->>'$.plan' = ?",
  params: ['pro'],
};

export function segments(open: Opener): void {
  describe('dirty users', () => {
    test('come oldest first, with all their marks', async () => {
      await using opened = await open();
      const { store } = opened;
      await store.markDirty([mark('zoe', 'attributes')]);
      await store.markDirty([mark('ann', 'event login'), mark('ann', 'event login')]);
      await store.markDirty([mark('zoe', 'segment all')]);
      const marks = await store.dirtyUsers(10);
      expect(marks.map(({ userId, cause, subject }) => `${userId} ${cause} ${subject}`)).toEqual([
        'zoe attributes ',
        'zoe segment all',
        'ann event login',
      ]);
      expect((await store.dirtyUsers(1)).map(({ userId }) => userId)).toEqual(['zoe', 'zoe']);
      expect((await store.counts()).dirtyUsers).toBe(2);
    });

    test('a mark set again since it was read is not cleared, and keeps its place', async () => {
      await using opened = await open();
      const { store } = opened;
      await store.markDirty([mark('ann', 'attributes')]);
      await store.markDirty([mark('bob', 'attributes')]);
      const read = await store.dirtyUsers(10);
      await store.markDirty([mark('ann', 'attributes')]);
      const again = await store.dirtyUsers(10);
      expect(again[0]!.userId).toBe('ann');
      expect(again[0]!.seq).toBeGreaterThan(read[0]!.seq);
      await store.clearDirty(read);
      expect(await store.dirtyUsers(10)).toEqual([again[0]!]);
      expect(await store.isDirty('ann')).toBe(true);
      expect(await store.isDirty('bob')).toBe(false);
      await store.clearDirty(again);
      expect(await store.isDirty('ann')).toBe(false);
    });
  });

  describe('members', () => {
    test('are added once, and counted', async () => {
      await using opened = await open();
      const { store } = opened;
      const rows = ['ann', 'bob'].map((userId) => ({ segmentId: 'all', userId, since: START }));
      await store.addMembers([...rows, { segmentId: 'pro', userId: 'ann', since: START }]);
      await store.addMembers(rows);
      expect(new Set((await store.memberships(['ann', 'eve'])).map(({ segmentId }) => segmentId))).toEqual(
        new Set(['all', 'pro']),
      );
      await store.removeMembers([
        { segmentId: 'all', userId: 'ann' },
        { segmentId: 'all', userId: 'nobody' },
      ]);
      expect(await store.memberships(['ann'])).toEqual([{ userId: 'ann', segmentId: 'pro' }]);
      await withSegments(store, [ALL, PRO]);
      expect(sizes(await store.counts())).toEqual({ all: 1, pro: 1 });
    });
  });

  describe('evaluation', () => {
    test('gives those of the users that the segment selects', async () => {
      await using opened = await open();
      const { store } = opened;
      await store.putUsers(
        ['ann', 'bob', 'cid'].map((id) => user(id, { plan: id === 'bob' ? 'pro' : 'free' })),
      );
      const facts = await store.inspectSegment(PRO);
      expect(facts).toMatchObject({ tables: ['users'], clock: [], eventNames: [], ownRowsOnly: true });
      expect(await store.evaluateSegment(PRO, facts, ['ann', 'bob', 'nobody'])).toEqual(new Set(['bob']));
      expect(await store.evaluateSegment(PRO, facts, ['ann'])).toEqual(new Set());
      expect(await store.evaluateSegment(PRO, facts, [])).toEqual(new Set());
    });

    test('looks at everyone where membership depends on others', async () => {
      await using opened = await open();
      const { store } = opened;
      await store.putUsers(['ann', 'bob', 'cid'].map((id) => user(id)));
      const facts = await store.inspectSegment(FIRST_TWO);
      expect(facts.ownRowsOnly).toBe(false);
      expect(await store.evaluateSegment(FIRST_TWO, facts, ['bob', 'cid'])).toEqual(new Set(['bob']));
    });

    test('sees what the transaction it runs in has written', async () => {
      await using opened = await open();
      const { store } = opened;
      const facts = await store.inspectSegment(PRO);
      await store.transaction(async (tx) => {
        await tx.putUsers([user('ann', { plan: 'pro' })]);
        expect(await tx.evaluateSegment(PRO, facts, ['ann'])).toEqual(new Set(['ann']));
      });
    });

    test('marks the users whose membership changed', async () => {
      await using opened = await open();
      const { store } = opened;
      for (const segment of [PRO, FIRST_TWO]) {
        await store.putUsers(
          ['ann', 'bob', 'cid', 'dan'].map((id) => user(id, { plan: id < 'c' ? 'pro' : 'free' })),
        );
        await store.addMembers(
          ['bob', 'cid'].map((userId) => ({ segmentId: segment.id, userId, since: START })),
        );
        expect(await store.markSegmentChanges(segment)).toBe(2);
        const marks = await store.dirtyUsers(10);
        expect(marks.map(({ userId, cause, subject }) => `${userId} ${cause} ${subject}`)).toEqual([
          `ann segment ${segment.id}`,
          `cid segment ${segment.id}`,
        ]);
        await store.clearDirty(marks);
      }
    });

    test('marks nobody when nothing changed, and finds changes among many', async () => {
      await using opened = await open();
      const { store } = opened;
      const many = Array.from({ length: 2500 }, (_, index) => user(`user-${index}`));
      await store.putUsers(many);
      await store.addMembers(many.slice(7).map(({ id }) => ({ segmentId: 'all', userId: id, since: START })));
      expect(await store.markSegmentChanges(ALL)).toBe(7);
      await store.addMembers(
        many.slice(0, 7).map(({ id }) => ({ segmentId: 'all', userId: id, since: START })),
      );
      expect(await store.markSegmentChanges(ALL)).toBe(0);
    });

    test('remembers when a segment was evaluated', async () => {
      await using opened = await open();
      const { store } = opened;
      await withSegments(store, [ALL]);
      expect((await store.counts()).segments).toEqual([{ id: 'all', size: 0, evaluatedAt: null }]);
      await store.setEvaluated('all', START + 5);
      expect((await store.counts()).segments).toEqual([{ id: 'all', size: 0, evaluatedAt: START + 5 }]);
    });
  });

  describe('a segment is refused', () => {
    const refused: [sql: string, code: string, says: RegExp][] = [
      ['select id, attributes from users', 'invalid_config', /2 columns \(id, attributes\)/],
      ['delete from users', 'invalid_config', /not a SELECT/],
      ['select id from users; drop table users', 'invalid_config', /more than one statement/],
      ['select id from people', 'invalid_config', /no table people/],
      ['select id from users where plan = 1', 'invalid_config', /no column plan/],
      ['select users.id from users join events on user_id = users.id where id = 1', 'invalid_config', /id/],
      ['select id from users where id = ?', 'invalid_config', /1 placeholders.*0 parameters/],
      ["select id from users where id = 'x", 'invalid_config', /never ends/],
      ['select id from users where (id = 1', 'invalid_config', /never closed|"\)" is expected/],
      ['select id from users where frobnicate(id)', '', /FROBNICATE\(\)/],
      ['select id from users where', '', /syntax|incomplete|at the end/],
    ];
    test.each(refused)('%s', async (sql, code, says) => {
      await using opened = await open();
      const failure = await opened.store
        .inspectSegment({ id: 'wrong', sql, params: [] })
        .catch((error) => error);
      expect(failure).toMatchObject({
        code: code === '' ? expect.stringMatching(/^(?:invalid_config|store_unsupported)$/) : code,
      });
      expect(failure.message).toMatch(says);
      expect(failure.message).toContain('segment "wrong"');
    });

    test('and no parameter is in the message', async () => {
      await using opened = await open();
      const wrong = {
        id: 'wrong',
        sql: 'select id from users where nope = ?',
        params: ['secret@example.com'],
      };
      const failure = await opened.store.inspectSegment(wrong).catch((error) => error);
      expect(failure.message).not.toContain('secret');
    });
  });

  test('the engine’s events make the seed’s big spenders', async () => {
    await using opened = await open();
    const { store } = opened;
    await store.putUsers(['ann', 'bob'].map((id) => user(id)));
    await store.insertEvents([
      event('ann', 'purchase', { value: 600 }),
      event('ann', 'purchase', { value: 600.5 }),
      event('ann', 'login', { value: 9000 }),
      event('bob', 'purchase', { value: 999 }),
      event('bob', 'refund', { value: 500 }),
    ]);
    const spenders = {
      id: 'big-spenders',
      sql: "select `users`.`id` from `users` inner join `events` on `events`.`user_id` = `users`.`id` where `events`.`name` = ? group by `users`.`id` having sum(`events`.`attributes`->'$.value') > 1000",
      params: ['purchase'],
    };
    const facts = await store.inspectSegment(spenders);
    expect(facts).toMatchObject({
      tables: ['events', 'users'],
      clock: [],
      eventNames: ['purchase'],
      ownRowsOnly: true,
    });
    expect(await store.evaluateSegment(spenders, facts, ['ann', 'bob'])).toEqual(new Set(['ann']));
  });
}

async function withSegments(store: Store, list: SegmentSql[]): Promise<void> {
  const segments = list.map(({ id, sql, params }) => ({
    ...{ id, sql, params, timeDependent: false, volatile: false, triggers: {} },
    facts: factsOf(readQuery('select id from users', [])),
  }));
  await store.activate(
    'd1',
    { templates: [], segments, campaigns: [], transactions: [], confirm: false },
    START,
  );
}

function sizes(counts: { segments: { id: string; size: number }[] }): Record<string, number> {
  return Object.fromEntries(counts.segments.map(({ id, size }) => [id, size]));
}
