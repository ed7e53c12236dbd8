import type { QueryBuilder } from 'drizzle-orm/mysql-core';
import { type BuiltQuery, buildSegmentQuery } from '../../src/config/queries/segment-query.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { NOW, type Population } from './population.ts';
import { shrinkList, shrinkQuery } from './shrink.ts';
import { type Answer, askAll, contradictsItself, disagree, type FuzzedStore } from './stores.ts';
import { type Node, written } from './tree.ts';

/** A query about which stores disagree, and the people it is about. */
export interface Disagreement extends Case {
  answers: Record<string, Answer>;
}

/** As it stands in found.json. */
export interface Case extends BuiltQuery {
  /** Times in ISO 8601. */
  users: { id: string; attributes: JsonObject; createdAt: string; updatedAt: string }[];
  events: { userId: string; name: string; attributes: JsonObject; createdAt: string }[];
}

export function built(root: Node): Promise<BuiltQuery> {
  return buildSegmentQuery((db: QueryBuilder) => written(root, db), NOW);
}

/** The case made small; undefined when one of its kind is among `kinds`, to which it is added. Leaves the stores with the population. */
export async function madeSmall(
  root: Node,
  at: { population: Population; stores: FuzzedStore[]; kinds: Set<string> },
): Promise<Disagreement | undefined> {
  const { stores, kinds } = at;
  const fails = async (candidate: Node) => {
    try {
      const answers = await askAll(stores, await built(candidate));
      if (!disagree(answers)) return false;
      const mysql = stores.find(({ name }) => name === 'mysql');
      return !contradictsItself(await mysql?.ask(await built(candidate), Number.POSITIVE_INFINITY));
    } catch {
      return false;
    }
  };
  // What only fails when it is asked in other ways stays as it is.
  const node = (await fails(root)) ? await shrinkQuery(root, { fails, tries: 400 }) : root;
  const query = await built(node);
  const kind = kindOf(query.sql);
  if (kinds.has(kind)) return undefined;
  kinds.add(kind);
  const people = await fewPeople(query, at);
  await populate(stores, people);
  const answers = await askAll(stores, query, 3);
  const mysql = stores.find(({ name }) => name === 'mysql');
  const contradicts = contradictsItself(await mysql?.ask(query, Number.POSITIVE_INFINITY));
  await populate(stores, at.population);
  if (contradicts) return undefined;
  return {
    ...query,
    answers: Object.fromEntries(answers),
    users: people.users.map((user) => ({
      ...user,
      createdAt: iso(user.createdAt),
      updatedAt: iso(user.updatedAt),
    })),
    events: people.events.map(({ messageId: _, ...event }) => ({
      ...event,
      createdAt: iso(event.createdAt),
    })),
  };
}

/** The people of a case. */
export function peopleOf({ users, events }: Case): People {
  return {
    users: users.map((user) => ({
      ...user,
      createdAt: Date.parse(user.createdAt),
      updatedAt: Date.parse(user.updatedAt),
    })),
    events: events.map((event) => ({ ...event, createdAt: Date.parse(event.createdAt), messageId: null })),
  };
}

// --- internal ---

type People = Pick<Population, 'users' | 'events'>;

async function populate(stores: FuzzedStore[], people: People): Promise<void> {
  await Promise.all(stores.map((store) => store.populate(people)));
}

/** Users, then events, then attributes are left out. */
async function fewPeople(
  query: BuiltQuery,
  at: { population: Population; stores: FuzzedStore[] },
): Promise<People> {
  let { users, events } = at.population as People;
  const fails = async (people: People) => {
    await populate(at.stores, people);
    return disagree(await askAll(at.stores, query, 3));
  };
  users = await shrinkList(users, { fails: (some) => fails({ users: some, events }), tries: 40 });
  events = await shrinkList(events, { fails: (some) => fails({ users, events: some }), tries: 60 });
  const whole = [...users, ...events];
  const keys = whole.flatMap(({ attributes }, index) =>
    Object.keys(attributes).map((key) => ({ index, key })),
  );
  const withKeys = (some: typeof keys): People => {
    const kept = whole.map((item, index) => ({
      ...item,
      attributes: Object.fromEntries(
        some.filter((one) => one.index === index).map(({ key }) => [key, item.attributes[key]!]),
      ),
    }));
    return {
      users: kept.slice(0, users.length) as People['users'],
      events: kept.slice(users.length) as People['events'],
    };
  };
  if (whole.length > 8) return { users, events };
  return withKeys(await shrinkList(keys, { fails: (some) => fails(withKeys(some)), tries: 40 }));
}

/** What is alike in disagreements that have one cause: the query without its constants, quotes and the names of tables. */
function kindOf(sql: string): string {
  return sql
    .replace(/'(?:[^'\\]|''|\\.)*'|\d+(?:\.\d+)?|\?/g, '·')
    .replace(/`/g, '')
    .replace(/\b(?:users|events|past|[uetwa]|x·|u·)\./g, '');
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
