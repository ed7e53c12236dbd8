import type { BuiltQuery } from '../../src/config/queries/segment-query.ts';
import { built, type Disagreement, madeSmall } from './disagreement.ts';
import { makeDrizzleQuery } from './drizzle-queries.ts';
import { makePopulation, type Population } from './population.ts';
import { makeQuery } from './queries.ts';
import { randomOf, seedOf } from './random.ts';
import {
  type Answer,
  answered,
  askAll,
  contradictsItself,
  disagree,
  type FuzzedStore,
  failsByValues,
  openStores,
  type StoreName,
} from './stores.ts';
import { type Node, sizeOf } from './tree.ts';

export interface FuzzOptions {
  seed: number;
  stores: readonly StoreName[];
  /** Stops after so many pairs were compared, or so much time. */
  pairs?: number;
  milliseconds?: number;
  /** Queries for each population. */
  queries?: number;
  /** So many different disagreements are made small; the others are only counted. */
  most?: number;
  /** In a third of the queries, the share of operands that are of another type than belongs there (default 0.3). With 0 queries are also less deep. */
  wild?: number;
  log?(line: string): void;
}

export type Reasons = Map<string, { times: number; sql: string }>;

export interface FuzzResult {
  seconds: number;
  populations: number;
  queries: number;
  /** Query × population, answered alike by all of two or three stores. */
  agreed: Record<'all' | 'two', number>;
  /** Agreed where somebody is a member and somebody is not. */
  telling: number;
  /** Refused by MySQL alone, which means that others accept too much. */
  acceptedTooMuch: number;
  /** Answered by one store alone, or by none. */
  refusedByAllButOne: number;
  /** By store: how often each reason was given, and a query. */
  refused: Record<string, Reasons>;
  failed: Record<string, Reasons>;
  /** MySQL failed because of the values, so that there is no right answer. */
  withoutAnswer: number;
  /** Queries to which MySQL gives one answer or another, depending on how many people it is asked about: its own mistakes. */
  undecided: string[];
  /** Pairs about which stores disagreed; of some the smallest form. */
  disagreed: number;
  disagreements: Disagreement[];
}

/** Asks all stores random questions about random people. */
export async function fuzz(options: FuzzOptions): Promise<FuzzResult> {
  const {
    seed,
    pairs = Number.POSITIVE_INFINITY,
    milliseconds = Number.POSITIVE_INFINITY,
    queries = 400,
    most = 20,
    wild = 0.3,
  } = options;
  const stores = await openStores(options.stores);
  const result = emptyResult(stores.map(({ name }) => name));
  const started = performance.now();
  const over = () =>
    result.agreed.all + result.agreed.two >= pairs || performance.now() - started >= milliseconds;
  const kinds = new Set<string>();
  let logged = started;
  try {
    while (!over()) {
      const populationSeed = seedOf(seed, result.populations++);
      const population = makePopulation(populationSeed);
      await Promise.all(stores.map((store) => store.populate(population)));
      const found: Node[] = [];
      let next = 0;
      const worker = async () => {
        while (next < queries && !over()) {
          const querySeed = seedOf(populationSeed, next++);
          const root = queryOf(querySeed, population, wild);
          const query = await readable(root, result);
          if (!query) continue;
          const answers = await askAll(stores, query, querySeed % 16 === 0 ? 3 : undefined);
          if (disagree(answers) && (await undecided(stores, query))) {
            result.queries++;
            result.undecided.push(query.sql);
          } else {
            count(result, answers, query.sql);
            if (disagree(answers)) found.push(root);
          }
        }
      };
      await Promise.all(Array.from({ length: 4 }, worker));
      result.disagreed += found.length;
      found.sort((a, b) => sizeOf(a) - sizeOf(b));
      for (const root of found.slice(0, SHRUNK)) {
        if (result.disagreements.length >= most) break;
        const small = await madeSmall(root, { population, stores, kinds });
        if (small) {
          result.disagreements.push(small);
          options.log?.(`${JSON.stringify(small)}`);
        }
      }
      result.seconds = (performance.now() - started) / 1000;
      if (performance.now() - logged > 10_000) {
        logged = performance.now();
        options.log?.(summary(result));
      }
    }
  } finally {
    await Promise.all(stores.map((store) => store[Symbol.asyncDispose]()));
  }
  result.seconds = (performance.now() - started) / 1000;
  return result;
}

/** Each day another one, in UTC. */
export function seedOfToday(): number {
  return Number(new Date().toISOString().slice(0, 10).replaceAll('-', ''));
}

/** The result in a few lines. */
export function summary(result: FuzzResult): string {
  const { agreed, seconds, queries } = result;
  return [
    `${queries} queries in ${seconds.toFixed(0)} s (${(queries / seconds).toFixed(0)}/s), ${result.populations} populations:`,
    `${agreed.all + agreed.two} pairs agreed (${agreed.all} on all stores, ${agreed.two} on two; ${result.telling} with some members and some not),`,
    `${result.refusedByAllButOne} refused by all but one, ${result.acceptedTooMuch} refused by MySQL and not by others,`,
    `${result.withoutAnswer} without an answer by MySQL, ${result.undecided.length} undecided by MySQL, ${result.disagreed} disagreed (${result.disagreements.length} kinds);`,
    `refused: ${totals(result.refused)}; failed: ${totals(result.failed)}`,
  ].join(' ');
}

export function queryOf(seed: number, population: Population, wild: number): Node {
  const random = randomOf(seed);
  const taste = {
    random,
    population,
    depth: random.pick(wild > 0 ? [1, 1, 2, 2, 3, 4] : [1, 1, 2]),
    illTyped: random.pick([0, wild / 6, wild]),
  };
  return random.chance(0.2) ? makeDrizzleQuery(taste) : makeQuery(taste);
}

// --- internal ---

function totals(by: Record<string, Reasons>): string {
  const sum = (reasons: Reasons) => [...reasons.values()].reduce((all, { times }) => all + times, 0);
  return Object.entries(by)
    .map(([name, reasons]) => `${name} ${sum(reasons)}`)
    .join(', ');
}

/** Disagreements about one population that are made small: more are mostly of the same kinds. */
const SHRUNK = 12;

function emptyResult(stores: StoreName[]): FuzzResult {
  return {
    ...{
      seconds: 0,
      populations: 0,
      queries: 0,
      telling: 0,
      refusedByAllButOne: 0,
      acceptedTooMuch: 0,
      withoutAnswer: 0,
      disagreed: 0,
    },
    agreed: { all: 0, two: 0 },
    refused: Object.fromEntries(stores.map((name) => [name, new Map()])),
    failed: Object.fromEntries(stores.map((name) => [name, new Map()])),
    disagreements: [],
    undecided: [],
  };
}

/** The query, unless the reader refuses it, which is for all stores alike. */
async function readable(root: Node, result: FuzzResult): Promise<BuiltQuery | undefined> {
  try {
    return await built(root);
  } catch (error) {
    result.queries++;
    result.refusedByAllButOne++;
    const reason = kindOfReason((error as Error).message);
    const times = (result.refused.reader?.get(reason)?.times ?? 0) + 1;
    result.refused.reader ??= new Map();
    result.refused.reader.set(reason, { times, sql: '' });
    return undefined;
  }
}

function kindOfReason(reason: string): string {
  return reason
    .replace(/\(line .*/s, '')
    .replace(/['"`].*?['"`]|\d+|\$[.\w"]*/gs, '…')
    .slice(0, 120);
}

async function undecided(stores: FuzzedStore[], query: BuiltQuery): Promise<boolean> {
  const mysql = stores.find(({ name }) => name === 'mysql');
  return mysql !== undefined && contradictsItself(await mysql.ask(query, Number.POSITIVE_INFINITY));
}

function count(result: FuzzResult, answers: Map<StoreName, Answer>, sql: string): void {
  result.queries++;
  for (const [name, answer] of answers) {
    if (answer.kind === 'members') continue;
    const reason = kindOfReason(answer.reason);
    const reasons = result[answer.kind][name]!;
    reasons.set(reason, { times: (reasons.get(reason)?.times ?? 0) + 1, sql });
  }
  if (disagree(answers)) return;
  if (failsByValues(answers.get('mysql'))) {
    result.withoutAnswer++;
    return;
  }
  if (answers.get('mysql')?.kind === 'refused' && answered(answers) > 0) result.acceptedTooMuch++;
  const told = answered(answers);
  if (told >= 2) {
    result.agreed[told === answers.size ? 'all' : 'two']++;
    const members = [...answers.values()].find(({ kind }) => kind === 'members');
    if (members?.kind === 'members' && members.members !== '' && members.members.split('|').length < 40)
      result.telling++;
  } else result.refusedByAllButOne++;
}
