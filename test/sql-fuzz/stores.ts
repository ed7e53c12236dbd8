import type { BuiltQuery } from '../../src/config/queries/segment-query.ts';
import { SegflowError } from '../../src/core/errors.ts';
import type { SegmentSql } from '../../src/engine/ports/segments.ts';
import type { Store } from '../../src/engine/ports/store.ts';
import { openStore } from '../../src/store/open.ts';
import { testClock } from '../helpers/clock.ts';
import { EmptyStores } from '../store/database.ts';
import { NOW, type Population } from './population.ts';

export type StoreName = 'sqlite' | 'mariadb' | 'mysql';

/** What a store makes of a query: its members, in order; or why it refuses it at push; or how it fails when it runs. */
export type Answer =
  | { kind: 'members'; members: string }
  | { kind: 'refused'; reason: string }
  | { kind: 'failed'; reason: string };

/** A store whose people can be exchanged. */
export interface FuzzedStore extends AsyncDisposable {
  readonly name: StoreName;
  populate(people: Pick<Population, 'users' | 'events'>): Promise<void>;
  /** `ways`: the members are also asked for as a whole, and this many people one by one. */
  ask(query: BuiltQuery, ways?: number): Promise<Answer>;
}

/** Opens the stores of these names; without the URL of a server, a server's store is left out. */
export async function openStores(names: readonly StoreName[]): Promise<FuzzedStore[]> {
  const stores = names.map((name) => {
    if (name === 'sqlite') return fuzzed(name, { open: openEmbedded, end: async () => {} });
    const url = process.env[`SEGFLOW_TEST_${name.toUpperCase()}_URL`];
    if (url === undefined) return undefined;
    const databases = new EmptyStores(url);
    return fuzzed(name, {
      open: async () => (await databases.open(testClock(NOW))).store,
      end: () => databases[Symbol.asyncDispose](),
    });
  });
  return stores.filter((store) => store !== undefined);
}

export async function askAll(
  stores: readonly FuzzedStore[],
  query: BuiltQuery,
  ways?: number,
): Promise<Map<StoreName, Answer>> {
  const answers = await Promise.all(stores.map((store) => store.ask(query, ways)));
  return new Map(stores.map(({ name }, index) => [name, answers[index]!]));
}

/** Whether answers differ so that one of them is wrong. */
export function disagree(answers: ReadonlyMap<StoreName, Answer>): boolean {
  if (failsByValues(answers.get('mysql'))) return false;
  const given = [...answers.values()].filter(({ kind }) => kind !== 'refused');
  return new Set(given.map((answer) => (answer.kind === 'members' ? answer.members : answer.kind))).size > 1;
}

/** Whether a store gives one answer or another, depending on how it is asked. */
export function contradictsItself(answer: Answer | undefined): boolean {
  return answer?.kind === 'members' && answer.members.includes(CONTRADICTS);
}

/** Whether MySQL fails because of the values: a number out of its range, a subquery of two rows. Then no answer is right. */
export function failsByValues(answer: Answer | undefined): boolean {
  return answer?.kind === 'failed' && /ER_DATA_OUT_OF_RANGE|ER_SUBQUERY_NO_1_ROW/.test(answer.reason);
}

/** How many stores answered with members. */
export function answered(answers: ReadonlyMap<StoreName, Answer>): number {
  return [...answers.values()].filter(({ kind }) => kind === 'members').length;
}

// --- internal ---

function openEmbedded(): Promise<Store> {
  return openStore({ memory: true, clock: testClock(NOW) });
}

function fuzzed(name: StoreName, by: { open(): Promise<Store>; end(): Promise<void> }): FuzzedStore {
  let store: Store | undefined;
  let everyone: string[] = [];
  /** Asked only when a query fails, since most do not: a push would have refused it. */
  const refusal = async (segment: SegmentSql): Promise<Answer | undefined> => {
    try {
      await store!.inspectSegment(segment);
      return undefined;
    } catch (error) {
      if (!SegflowError.is(error) || !REFUSALS.includes(error.code)) return failure(error);
      return { kind: 'refused', reason: reasonOf(error) };
    }
  };
  return {
    name,
    async populate({ users, events }) {
      await store?.close();
      store = await by.open();
      await store.putUsers(users);
      await store.insertEvents(events);
      everyone = users.map(({ id }) => id);
    },
    async ask(query, ways) {
      const segment = { id: 'fuzzed', ...query };
      try {
        const found = members(await store!.evaluateSegment(segment, OWN_ROWS, everyone), everyone);
        if (ways !== undefined) {
          const whole = members(await store!.selectWhole(segment), everyone);
          if (whole !== found)
            return { kind: 'members', members: `${found}${CONTRADICTS} as a whole ${whole}` };
          for (const id of everyone.slice(0, ways)) {
            const alone = await store!.evaluateSegment(segment, OWN_ROWS, [id]);
            if (alone.has(id) !== found.split('|').includes(id))
              return {
                kind: 'members',
                members: `${found}${CONTRADICTS} alone ${id} is ${alone.has(id) ? 'in' : 'out'}`,
              };
          }
        }
        return { kind: 'members', members: found };
      } catch (error) {
        return (await refusal(segment)) ?? failure(error);
      }
    },
    async [Symbol.asyncDispose]() {
      await store?.close();
      await by.end();
    },
  };
}

const CONTRADICTS = '; but';
/** The store looks itself whether the segment is so. */
const OWN_ROWS = { readsClock: false, ownRowsOnly: true, readsEvents: true } as Parameters<
  Store['evaluateSegment']
>[1];
const REFUSALS = ['invalid_config', 'store_unsupported'];

function members(found: ReadonlySet<string>, everyone: string[]): string {
  return everyone.filter((id) => found.has(id)).join('|');
}

function failure(error: unknown): Answer {
  return { kind: 'failed', reason: reasonOf(error) };
}

/** With what the database said where the message keeps it to itself. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  const why = cause instanceof Error && cause.message !== message ? ` (${reasonOf(cause)})` : '';
  return message.replace(/^segment "fuzzed": /, '') + why;
}
