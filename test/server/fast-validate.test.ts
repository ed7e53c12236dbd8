import { expect, test } from 'bun:test';
import type { Json } from '../../src/core/json.ts';
import { batchSchema, eventSchema, userBodySchema } from '../../src/protocol/api.ts';
import { fastBatch, fastEvent, fastUserBody } from '../../src/server/http/fast-validate.ts';
import { pick, random, randomJson } from './random-json.ts';

const IDS = ['u', 'a b', 'käthe', '😀'.repeat(100), 'x'.repeat(255), '...', 'constructor'];
const BAD_IDS = [
  '',
  ' a',
  'a ',
  '.',
  '..',
  'a\tb',
  '\u0085',
  '\u007f',
  'x'.repeat(256),
  5,
  null,
  {},
  [],
  true,
];
const TIMES = ['2026-01-01T00:00:00Z', '2026-01-01T00:00:00.123456Z', '2024-02-29T23:59:59+05:30'];
const BAD_TIMES = [
  '2026-02-30T00:00:00Z',
  '2026-01-01',
  '2026-01-01T00:00:00',
  '2026-01-01T24:00:00Z',
  'now',
  5,
  null,
  '',
];
const BAD_ATTRIBUTES = [null, 5, 'x', [], true];

/** Mostly what a sender means; each field may be absent, wrong or too much. */
function field(next: () => number, good: () => unknown, bad: readonly unknown[]): unknown {
  const chance = next();
  if (chance < 0.02) return undefined;
  return chance < 0.06 ? pick(next, bad) : good();
}

function randomEvent(next: () => number): Record<string, unknown> {
  const event: Record<string, unknown> = {
    userId: field(next, () => pick(next, IDS), BAD_IDS),
    name: field(next, () => pick(next, ['purchase', 'x'.repeat(128), 'a b']), [
      ...BAD_IDS.slice(0, 3),
      'x'.repeat(129),
      5,
      null,
    ]),
  };
  if (next() < 0.7) event.attributes = field(next, () => ({ a: randomJson(next) }), BAD_ATTRIBUTES);
  if (next() < 0.4)
    event.messageId = field(next, () => pick(next, IDS), ['', 'x'.repeat(256), ' a', 5, null]);
  if (next() < 0.4) event.createdAt = field(next, () => pick(next, TIMES), BAD_TIMES);
  if (next() < 0.03) event[pick(next, ['extra', 'type', 'id', 'toString', ''])] = randomJson(next);
  return event;
}

function randomOperation(next: () => number): unknown {
  const kind = next();
  if (kind < 0.02) return randomJson(next);
  const type = next() < 0.98 ? undefined : pick(next, ['', 'Event', 5, null, 'constructor']);
  if (kind < 0.5) return { type: type ?? 'event', ...randomEvent(next) };
  const id = field(next, () => pick(next, IDS), BAD_IDS);
  if (kind < 0.6) return { type: type ?? 'delete', id, ...(next() < 0.05 ? { attributes: {} } : {}) };
  const attributes = field(next, () => ({ a: randomJson(next) }), BAD_ATTRIBUTES);
  return { type: type ?? 'user', id, attributes, ...(next() < 0.03 ? { name: 'x' } : {}) };
}

/** As it arrives: through JSON. */
const arrived = (value: unknown) => JSON.parse(JSON.stringify(value) ?? 'null') as Json;

test.each([
  [
    'a batch',
    batchSchema,
    fastBatch,
    (next: () => number) => ({
      operations: Array.from({ length: Math.floor(next() * 5) }, () => randomOperation(next)),
      ...(next() < 0.02 ? { x: 1 } : {}),
    }),
  ],
  ['an event', eventSchema, fastEvent, randomEvent],
  [
    'a user',
    userBodySchema,
    fastUserBody,
    (next: () => number) => ({
      attributes: field(next, () => ({ a: randomJson(next) }), BAD_ATTRIBUTES),
      ...(next() < 0.05 ? { id: 'x' } : {}),
    }),
  ],
] as const)(
  '%s: the fast check accepts exactly what the schema accepts, and gives the same',
  (_name, schema, fast, make) => {
    let accepted = 0;
    let refused = 0;
    for (let seed = 0; seed < 4000; seed++) {
      const value = arrived(make(random(seed)));
      const slow = schema.safeParse(structuredClone(value));
      const quick = fast(value);
      expect({ seed, value, accepted: quick !== undefined }).toEqual({ seed, value, accepted: slow.success });
      if (slow.success) {
        expect<unknown>({ seed, quick }).toEqual({ seed, quick: slow.data });
        accepted++;
      } else refused++;
    }
    expect(accepted).toBeGreaterThan(500);
    expect(refused).toBeGreaterThan(200);
  },
);

test('what is no batch at all is left to the schema', () => {
  for (const value of [
    null,
    5,
    'x',
    [],
    [[]],
    { operations: {} },
    { operations: null },
    { operations: [[]] },
    {},
  ]) {
    expect(fastBatch(value)).toBeUndefined();
  }
});

test('as many operations as the schema takes, no more', () => {
  const operations = Array.from({ length: 1001 }, () => ({ type: 'delete', id: 'a' }));
  expect(fastBatch({ operations: operations.slice(1) })?.operations).toHaveLength(1000);
  expect(fastBatch({ operations })).toBeUndefined();
});
