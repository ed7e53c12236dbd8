import { expect, test } from 'bun:test';
import { and, eq, gt, inArray, sql } from 'drizzle-orm';
import { buildSegmentQuery } from '../../src/config/queries/segment-query.ts';
import type { SegmentDb, SegmentQuery } from '../../src/config/types.ts';
import * as schema from '../../src/schema/index.ts';
import { comparedValues } from '../../src/testing/compared-values.ts';

const { users, events } = schema;

async function compared(...evaluators: ((db: SegmentDb) => SegmentQuery)[]) {
  const queries = await Promise.all(evaluators.map((evaluator) => buildSegmentQuery(evaluator, 0)));
  const { attributes, eventAttributes, events: names } = comparedValues(queries);
  const plain = (paths: typeof attributes) =>
    Object.fromEntries([...paths].map(([path, { equal, thresholds }]) => [path, [...equal, ...thresholds]]));
  return {
    attributes: plain(attributes),
    events: [...names],
    eventAttributes: Object.fromEntries([...eventAttributes].map(([name, paths]) => [name, plain(paths)])),
  };
}

const where = (condition: ReturnType<typeof sql>) => (db: SegmentDb) =>
  db.select({ id: users.id }).from(users).where(condition);

test('literals, parameters and lists that attributes are compared with', async () => {
  const { attributes } = await compared(
    where(sql`${users.attributes}->'$.winback' = true`),
    where(
      sql`${users.attributes}->>'$.plan' in ('pro', ${'team'}) and ${users.attributes}->'$.age' >= ${18}`,
    ),
    where(sql`json_extract(${users.attributes}, '$.address.country') = 'DE'`),
    where(sql`cast(${users.attributes}->>'$.visits' as signed) < 3`),
    where(sql`JSON_UNQUOTE(${users.attributes}->'$.city') <> 'O''Hara'`),
  );
  expect(attributes).toEqual({
    winback: [true],
    plan: ['pro', 'team'],
    age: [18],
    'address.country': ['DE'],
    visits: [3],
    city: ["O'Hara"],
  });
});

test('names of events, with what of theirs is compared', async () => {
  const found = await compared(
    (db) =>
      db
        .select({ id: users.id })
        .from(users)
        .innerJoin(events, eq(events.userId, users.id))
        .where(eq(events.name, 'purchase'))
        .groupBy(users.id)
        .having(sql`sum(${events.attributes}->'$.value') > 1000`),
    (db) =>
      db
        .select({ id: events.userId })
        .from(events)
        .where(and(inArray(events.name, ['login', 'visit']), gt(events.createdAt, new Date(0)))),
  );
  expect(found.events).toEqual(['purchase', 'login', 'visit']);
  expect(found.eventAttributes).toEqual({ purchase: { value: [1000] } });
});
