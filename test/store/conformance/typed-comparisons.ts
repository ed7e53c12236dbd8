import { describe, expect, test } from 'bun:test';
import type { JsonObject } from '../../../src/core/json.ts';
import type { Opener } from '../conformance.ts';

const AT = Date.parse('2026-06-15T00:00:00Z');

/** People whose credit is a number, a lesser one, a text, and none at all; plans with and without a space behind. */
const PEOPLE: Record<string, JsonObject> = {
  rich: { credit: 500, plan: 'pro' },
  poor: { credit: 5, plan: 'pro ' },
  text: { credit: '60', plan: 'free' },
  none: {},
};

const plans = "(select id, attributes->'$.plan' as plan from users) as t";
const totals =
  "(select user_id, sum(attributes->>'$.value') as total from events where name = 'purchase' group by user_id) as t";

/** What a comparison means is decided by the types of both sides, wherever these come from: as MySQL answers. */
const QUERIES: [sql: string, params: unknown[], members: string][] = [
  ["select id from users where coalesce(attributes->>'$.credit', 0) >= 100", [], 'rich'],
  ["select id from users where (attributes->>'$.credit') > 100", [], 'rich'],
  ["select id from users where attributes->>'$.credit' > (50 + 50)", [], 'rich'],
  ["select id from users where attributes->>'$.credit' > 50 + 9", [], 'rich text'],
  ["select id from users where case when slot >= 0 then attributes->>'$.credit' end > 59", [], 'rich text'],
  ["select id from users where (select attributes->>'$.credit') > 59", [], 'rich text'],
  ["select id from users where cast(attributes->>'$.credit' as signed) >= ?", ['100'], 'rich'],
  ["select id from users where attributes->>'$.credit' > ?", ['100'], 'poor rich text'],
  [
    "select user_id from events where name = 'purchase' group by user_id having max(attributes->>'$.value') > 1000",
    [],
    'rich',
  ],
  [`select users.id from users join ${totals} on t.user_id = users.id where t.total > ?`, ['1000'], 'rich'],
  ["select user_id from events group by user_id having max(created_at) <= '2026-06-15'", [], 'poor'],
  [`select t.id from ${plans} where t.plan = ?`, ['pro'], 'rich'],
  ["select id from users where attributes->>'$.plan' = 'pro'", [], 'poor rich'],
  ["select id from users where attributes->'$.plan' = 'pro'", [], 'rich'],
  ['select id from users where 0.1 + 0.2 = 0.3', [], 'none poor rich text'],
  ["select id from users where concat(id, ' ') = id", [], 'none poor rich text'],
];

export function typedComparisons(open: Opener): void {
  describe('typed comparisons', () => {
    test.each(QUERIES)('%s', async (sql, params, members) => {
      await using opened = await open();
      const { store } = opened;
      const ids = Object.keys(PEOPLE);
      await store.putUsers(ids.map((id) => ({ id, attributes: PEOPLE[id]!, createdAt: AT, updatedAt: AT })));
      await store.insertEvents(
        [
          { userId: 'rich', value: '1500', createdAt: AT + 1000 },
          { userId: 'poor', value: '900', createdAt: AT },
          { userId: 'text', value: '30', createdAt: AT + 1000 },
        ].map(({ value, ...event }) => ({
          ...{ ...event, name: 'purchase', messageId: null },
          attributes: { value },
        })),
      );
      const segment = { id: 'tested', sql, params };
      const facts = await store.inspectSegment(segment);
      expect([...(await store.evaluateSegment(segment, facts, ids))].toSorted()).toEqual(members.split(' '));
    });
  });
}
