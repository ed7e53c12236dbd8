import type { Json, JsonObject } from '../../src/core/json.ts';
import { parseJson } from '../../src/core/json-text.ts';
import type { EventRow, UserRow } from '../../src/engine/ports/users.ts';
import { type Random, randomOf } from './random.ts';

/** When everything is evaluated. */
export const NOW = Date.parse('2026-06-15T12:00:00Z');

/** People, what they did, and which paths they have values at. */
export interface Population {
  seed: number;
  users: UserRow[];
  events: Omit<EventRow, 'id'>[];
  userPaths: Path[];
  eventPaths: Path[];
  /** Values that occur, for queries to compare with. */
  samples: Json[];
}

/** A path and what is usually found there. `sums`: adding such values in any order gives the same double. */
export interface Path {
  path: string;
  kind: Kind;
}

export type Kind = keyof typeof VALUES;

const USERS = 40;
const EVENTS = 150;

export const EVENT_NAMES = ['purchase', 'login', 'Purchase', 'signup', 'straße', 'page view'];

export function makePopulation(seed: number): Population {
  const random = randomOf(seed);
  const userPaths = paths(random, USER_PATHS);
  const eventPaths = paths(random, EVENT_PATHS);
  const samples: Json[] = [];
  const attributes = (of: Path[]): JsonObject => {
    const object: JsonObject = {};
    for (const { path, kind } of of) {
      if (random.chance(0.12)) continue;
      const found = makeValue(random, random.chance(0.12) ? 'mixed' : kind);
      if (samples.length < 300) samples.push(found);
      place(object, path, found);
    }
    // What the API accepts, as it reads it.
    return parseJson(new TextEncoder().encode(JSON.stringify(object))) as JsonObject;
  };
  const ids = random.chance(0.5) ? IDS : IDS.slice(0, 24);
  const users: UserRow[] = [];
  for (let index = 0; users.length < USERS; index++) {
    const id = index < ids.length ? ids[index]! : `user-${index}`;
    const createdAt = time(random);
    users.push({
      id,
      attributes: attributes(userPaths),
      createdAt,
      updatedAt: createdAt + random.below(5) * 86_400_000,
    });
  }
  const events = Array.from({ length: EVENTS }, () => ({
    name: random.chance(0.4) ? 'purchase' : random.pick(EVENT_NAMES),
    // Some have no events at all, and some events are of nobody.
    userId: random.chance(0.02) ? 'nobody' : users[random.below(USERS - 6)]!.id,
    createdAt: time(random),
    attributes: attributes(eventPaths),
    messageId: null,
  }));
  return { seed, users, events, userPaths, eventPaths, samples };
}

/** A value of a kind, as JSON. */
export function makeValue(random: Random, kind: Kind): Json {
  return (VALUES[kind] as (random: Random) => Json)(random);
}

// --- internal ---

const USER_PATHS = [
  'plan',
  'age',
  'score',
  'vip',
  'credit',
  'name',
  'tags',
  'address.city',
  'address.zip',
  'since',
  'odd key',
  'deep.a',
];
const EVENT_PATHS = ['value', 'sku', 'ok', 'at', 'items', 'device'];

const IDS = [
  ...[
    'ann',
    'Ann',
    'ANN',
    'änn',
    'Änn',
    'bob',
    'b%b',
    'b_b',
    "o'neil",
    'back\\slash',
    'straße',
    'strasse',
    '😀',
    'a b',
  ],
  ...[
    '10',
    '9',
    '010',
    '1e1',
    '-5',
    '0',
    'true',
    'null',
    '2026-06-15',
    'pro',
    'x'.repeat(60),
    'ω',
    'é',
    'e\u0301',
    '"q"',
  ],
];

const PLANS = [
  'pro',
  'Pro',
  'PRO',
  'pro ',
  ' pro',
  'free',
  'team',
  '',
  ' ',
  'straße',
  'STRASSE',
  'ünï',
  'ÜNÏ',
  '😀',
  'a😀b',
  '"pro"',
  'p%o',
  'p_o',
  'pro\n',
  'null',
  'true',
  'pro\t',
  'p\\o',
];
const NUMERIC_TEXTS = [
  '0',
  '1',
  '5',
  '10',
  '9',
  '60',
  '100',
  '-1',
  '1.5',
  '01',
  '007',
  '1e2',
  ' 7',
  '7 ',
  '+3',
  '.5',
  '5.',
  '12abc',
  'abc',
  '',
  '-',
  '1,000',
  '0x1F',
  '9007199254740993',
  '0.1',
  '0.30',
  '1e300',
  '1e-400',
  'Infinity',
  'NaN',
  '９',
  '--1',
  '1 2',
];
const NUMBERS = [
  0, 1, -1, 2, 3, 5, 10, 17, 34, 60, 99, 100, 101, 500, 1000, 1500, 0.5, 1.5, 2.5, -2.5, 3.25, 9.75, 0.1, 0.2,
  0.3, 99.99, 1.005, 2.675, 1e-7, 123456.789, -0.001, 2147483647, 2147483648, 9007199254740991,
  -9007199254740991, 1e15,
];
const MONEY = [0, 1, 5, 10, 99.5, 100, 250, 400, 600, 600.25, 999.75, 1000, 1500, -50, 12.5];
const MONEY_TEXTS = ['1500', '12.50', '0', '99.50', '600', '', 'abc', '1e2', '7 ', '-3'];
const DATES = [
  '2026-06-15',
  '2026-06-01',
  '2026-05-15',
  '2024-02-29',
  '2025-12-31',
  '2026-01-01',
  '1999-12-31',
];
// None before the year 1000: the manuals of MySQL and MariaDB vouch for no earlier ones.
const DATE_TEXTS = [
  ...DATES,
  '2026-06-15 12:00:00',
  '2026-06-15T12:00:00Z',
  '2026-06-15T12:00:00.123Z',
  '2026-06-15T14:00:00+02:00',
  '2026-06-15 11:59:59.9996',
  '2026-6-5',
  '26-06-15',
  '20260615',
  '20260615120000',
  '2026/06/15',
  '2026.06.15',
  '2023-02-29',
  '2026-13-01',
  '2026-00-10',
  '0000-00-00',
  '2026-06-31',
  '2026-06-15 25:00:00',
  '2026-06-15 12:61',
  '2026-06-15 12:00',
  '2026-06',
  '2026',
  '15.06.2026',
  '06/15/2026',
  'yesterday',
  '',
  ' 2026-06-15',
  '2026-06-15 ',
  '2026-06-15x',
  '12:30:00',
  '12:30',
  '-01:00:00',
  '9999-12-31',
  '1000-01-01',
  '1781524800',
  '2026-06-15T12:00:00.000+00:00',
  '2026-06-15 12:00:00.5',
];
const DOUBLE_ODDS = [true, false, 1, 0, 'true', 'false', '1', '0', null, '', 'yes'];

const pickers = {
  plan: (random: Random): Json => random.pick(PLANS),
  number: (random: Random): Json => (random.chance(0.85) ? random.pick(NUMBERS) : random.pick(NUMERIC_TEXTS)),
  numericText: (random: Random): Json =>
    random.chance(0.8) ? random.pick(NUMERIC_TEXTS) : random.pick(NUMBERS),
  money: (random: Random): Json =>
    random.chance(0.85) ? random.pick(MONEY) : random.chance(0.7) ? random.pick(MONEY_TEXTS) : null,
  boolean: (random: Random): Json => (random.chance(0.7) ? random.chance(0.5) : random.pick(DOUBLE_ODDS)),
  date: (random: Random): Json => (random.chance(0.6) ? random.pick(DATES) : random.pick(DATE_TEXTS)),
  text: (random: Random): Json =>
    random.chance(0.9)
      ? `${random.pick(PLANS)}${random.pick(['', '', ' ', '-', '@example.com'])}${random.pick(['', '', 'x', 'Ünï', 'ß'])}`
      : 'lang '.repeat(random.between(20, 400)),
};

const VALUES = {
  ...pickers,
  array: (random: Random): Json =>
    random.chance(0.8)
      ? Array.from({ length: random.below(4) }, () =>
          random.pick<Json>(['a', 'b', 'vip', 1, 2.5, true, null, 'ü', ['a'], { a: 1 }]),
        )
      : random.pick<Json>(['a', 1, null, {}, '["a"]']),
  object: (random: Random): Json =>
    random.chance(0.7)
      ? { b: makeValue(random, 'number'), c: [makeValue(random, 'plan'), { d: random.chance(0.5) }] }
      : random.pick<Json>([null, [], 'text', 5, {}, { b: null }]),
  mixed: (random: Random): Json =>
    makeValue(
      random,
      random.pick([
        'plan',
        'number',
        'numericText',
        'boolean',
        'date',
        'array',
        'object',
        'nothing',
      ] as const),
    ),
  nothing: (): Json => null,
};

const USUAL: Record<string, Kind[]> = {
  plan: ['plan'],
  age: ['number'],
  score: ['number', 'numericText'],
  vip: ['boolean'],
  credit: ['money', 'numericText'],
  name: ['text', 'plan'],
  tags: ['array'],
  'address.city': ['text'],
  'address.zip': ['numericText'],
  since: ['date'],
  'odd key': ['mixed'],
  'deep.a': ['object'],
  value: ['money'],
  sku: ['array', 'plan'],
  ok: ['boolean'],
  at: ['date'],
  items: ['number'],
  device: ['plan'],
};

function paths(random: Random, names: string[]): Path[] {
  return names.map((path) => ({ path, kind: random.chance(0.9) ? random.pick(USUAL[path]!) : 'mixed' }));
}

function place(object: JsonObject, path: string, found: Json): void {
  const keys = path.split('.');
  let inner = object;
  for (const key of keys.slice(0, -1)) {
    inner[key] ??= {};
    inner = inner[key] as JsonObject;
  }
  inner[keys.at(-1)!] = found;
}

/** Moments at which a boundary lies more often than elsewhere. */
function time(random: Random): number {
  const days = random.pick([0, 0, 1, 7, 30, 31, 90, 365, 366, 167, 470, 1000]);
  const edges = [0, 0, 1, -1, 999, -999, 12 * 3_600_000, 11 * 3_600_000 + 3_599_999, -12 * 3_600_000];
  const at = NOW - days * 86_400_000 - random.pick(edges);
  return random.chance(0.75) ? at : at - random.below(86_400_000);
}
