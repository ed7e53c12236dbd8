import {
  and,
  avg,
  between,
  count,
  countDistinct,
  desc,
  eq,
  exists,
  gt,
  gte,
  inArray,
  isNotNull,
  isNull,
  like,
  lt,
  lte,
  max,
  min,
  ne,
  not,
  notExists,
  notInArray,
  or,
  type SQL,
  sql,
  sum,
} from 'drizzle-orm';
import { alias, type QueryBuilder } from 'drizzle-orm/mysql-core';
import { events, users } from '../../src/schema/index.ts';
import { Expressions, eventScope, type Taste, userScope } from './expressions.ts';
import { EVENT_NAMES, NOW } from './population.ts';
import type { Node, Parameter } from './tree.ts';

/** A query made with Drizzle's builder, as people write it. Its random expressions are what the shrinker works on. */
export function makeDrizzleQuery(taste: Taste): Node {
  const { random, population } = taste;
  const expressions = new Expressions({ ...taste, depth: Math.min(taste.depth, 2) });
  const usersScope = userScope('users', { population });
  const eventsScope = eventScope('events', { population });
  const ofUsers = () => expressions.of('bool', usersScope);
  const ofEvents = () => expressions.of('bool', eventsScope, 1);
  const money = (form = '{sum}') => expressions.filled(form, eventsScope);
  const compare = random.pick([eq, ne, gt, gte, lt, lte]);
  const name = random.pick(EVENT_NAMES);
  const time = () =>
    new Date(NOW - random.pick([0, 1, 30, 90, 365]) * 86_400_000 + random.pick([0, 0, 1, -1]));
  const number = (): Parameter =>
    random.pick([100, '100', 1000, 99.5, 0, 1, 600n, '12.50', '1e2', true, null, 'abc', '']);
  const text = () => random.pick(['pro', 'Pro', 'pro ', '10', '', 'true', 'straße', '2026-06-15']);
  const ids = () => population.users.filter(() => random.chance(0.2)).map(({ id }) => id);
  const ofUser = (db: QueryBuilder) => db.select({ id: users.id }).from(users);
  const purchases = (db: QueryBuilder) =>
    db.select({ id: events.userId }).from(events).where(eq(events.name, name)).groupBy(events.userId);
  const past = alias(events, 'past');
  const pastScope = eventScope('past', { population, outer: usersScope });
  const at = time();
  const [amount, other] = [number(), number()];
  const list = [text(), text(), random.chance(0.5) ? number() : text()];
  const some = ids();
  const threshold = random.between(0, 4);
  const negated = random.chance(0.3);

  const families: (() => [holes: Node[], build: (db: QueryBuilder, holes: SQL[]) => unknown])[] = [
    () => [
      [ofUsers(), ofUsers(), ofUsers()],
      (db, [a, b, c]) => ofUser(db).where(negated ? and(a, or(b, not(c!))) : or(and(a, b), c)),
    ],
    () => [[], (db) => ofUser(db).where(compare(users.createdAt, at))],
    () => [
      [ofUsers()],
      (db, [a]) =>
        ofUser(db).where(and(a, between(users.createdAt, new Date(at.getTime() - 40 * 86_400_000), at))),
    ],
    () => [
      [ofUsers()],
      (db, [a]) => ofUser(db).where(or(a, (negated ? notInArray : inArray)(users.id, [...some, 'ann']))),
    ],
    () => [[], (db) => ofUser(db).where(like(users.id, `%${list[0]}%`))],
    () => [[money()], (db, [a]) => purchases(db).having(compare(sum(a!), amount as string))],
    () => [[money('{cents}')], (db, [a]) => purchases(db).having(compare(avg(a!), amount as string))],
    () => [[], (db) => purchases(db).having(compare(count(), threshold))],
    () => [
      [expressions.of('text', eventsScope, 1)],
      (db, [a]) => purchases(db).having(compare(countDistinct(a!), threshold)),
    ],
    () => [
      [],
      (db) => purchases(db).having(compare(negated ? max(events.createdAt) : min(events.createdAt), at)),
    ],
    () => [
      [random.pick([money(), money('{cents}')])],
      (db, [a]) => {
        const totals = db
          .select({
            userId: events.userId,
            total: sum(a!).as('total'),
            last: max(events.createdAt).as('last'),
          })
          .from(events)
          .where(eq(events.name, name))
          .groupBy(events.userId)
          .as('totals');
        const joined = db.select({ id: users.id }).from(users);
        const on = eq(totals.userId, users.id);
        return (negated ? joined.leftJoin(totals, on) : joined.innerJoin(totals, on)).where(
          threshold === 0
            ? isNull(totals.total)
            : threshold === 1
              ? compare(sql`${totals.last}`, at)
              : compare(totals.total, amount as string),
        );
      },
    ],
    () => [
      [
        expressions.of(
          random.pick(['json', 'text', 'num', 'dec', 'bool', 'datetime', 'date', 'int']),
          usersScope,
          1,
        ),
      ],
      (db, [a]) => {
        const t = db
          .select({ id: users.id, it: sql`${a}`.as('it') })
          .from(users)
          .as('t');
        const condition = [
          compare(t.it, amount),
          compare(t.it, list[0]),
          inArray(t.it, list),
          notInArray(t.it, list.slice(0, 2)),
          between(t.it, amount, other),
          negated ? isNull(t.it) : isNotNull(t.it),
        ][(threshold + list[0]!.toString().length) % 6];
        return db.select({ id: t.id }).from(t).where(condition);
      },
    ],
    () => [
      [expressions.of('bool', pastScope, 2)],
      (db, [a]) =>
        ofUser(db).where(
          (negated ? notExists : exists)(
            db
              .select({ one: sql`1` })
              .from(past)
              .where(and(eq(past.userId, users.id), eq(past.name, name), a)),
          ),
        ),
    ],
    () => [
      [ofEvents()],
      (db, [a]) =>
        ofUser(db).where(
          (negated ? notInArray : inArray)(users.id, db.select({ id: events.userId }).from(events).where(a)),
        ),
    ],
    () => [
      [ofEvents()],
      (db, [a]) => {
        const counted = db.$with('counted').as(
          db
            .select({ userId: events.userId, times: count().as('times') })
            .from(events)
            .where(a)
            .groupBy(events.userId),
        );
        return db
          .with(counted)
          .select({ id: users.id })
          .from(users)
          .leftJoin(counted, eq(counted.userId, users.id))
          .where(compare(sql`coalesce(${counted.times}, 0)`, threshold));
      },
    ],
    () => [
      [ofUsers(), ofUsers()],
      (db, [a, b]) => {
        const [left, right] = [ofUser(db).where(a), ofUser(db).where(b)];
        return threshold < 2
          ? left.union(right)
          : threshold === 2
            ? left.intersect(right)
            : left.except(right);
      },
    ],
    () => [
      [ofUsers()],
      (db, [a]) =>
        ofUser(db)
          .where(a)
          .orderBy(negated ? desc(users.id) : users.id)
          .limit(threshold + 1)
          .offset(threshold),
    ],
    () => [
      [ofUsers(), ofEvents()],
      (db, [a, b]) =>
        db
          .selectDistinct({ id: users.id })
          .from(users)
          .innerJoin(events, and(eq(events.userId, users.id), b))
          .where(a),
    ],
    () => [
      [expressions.of(random.pick(['json', 'text', 'num']), usersScope, 1)],
      (db, [a]) => ofUser(db).where(inArray(sql`${a}`, list)),
    ],
    () => [
      [expressions.of(random.pick(['json', 'text', 'num', 'bool', 'int', 'dec', 'datetime']), usersScope, 1)],
      (db, [a]) => ofUser(db).where(compare(sql`${a}`, amount)),
    ],
    () => [
      [ofEvents()],
      (db, [a]) =>
        db
          .selectDistinct({ id: events.userId })
          .from(events)
          .innerJoin(past, and(eq(past.userId, events.userId), eq(past.name, name)))
          .where(and(a, compare(events.createdAt, past.createdAt))),
    ],
  ];
  const [parts, build] = random.pick(families)();
  return { sort: 'query', parts, build };
}
