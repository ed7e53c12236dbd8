import type { JsonObject } from '../../src/core/json.ts';
import type { Store } from '../../src/engine/ports/store.ts';

/** When the corpus is evaluated. */
export const NOW = Date.parse('2026-06-15T12:00:00Z');

const at = (text: string) => Date.parse(`${text.length === 10 ? `${text}T00:00:00` : text}Z`);

/** People with the values that people have, and some that nobody should have but somebody always does. */
const PEOPLE: Record<string, { since: string; attributes: JsonObject }> = {
  ann: {
    since: '2026-06-14T08:00:00',
    attributes: {
      ...{ name: 'Ann', email: 'ann@example.com', plan: 'pro', vip: true, age: 34, score: 9.5 },
      ...{ tags: ['a', 'b'], address: { city: 'Oslo', zip: '0150' }, signedUpOn: '2026-06-01', visits: 12 },
    },
  },
  bob: {
    since: '2026-05-15T12:00:00',
    attributes: {
      ...{ name: 'bob', email: 'bob@Example.com', plan: 'free', vip: false, age: 17, score: 2 },
      ...{ tags: [], address: { city: 'Bergen' }, signedUpOn: '2026-05-15', visits: 3, referrer: 'ann' },
    },
  },
  // Numbers where there should be booleans, text where there should be numbers.
  cid: {
    since: '2026-01-31T23:59:59.999',
    attributes: {
      name: 'Cid',
      email: 'cid@other.org',
      plan: 'Pro',
      vip: 1,
      age: '25',
      tags: ['vip', 'a'],
      visits: '40',
    },
  },
  dan: {
    since: '2025-06-15T12:00:00',
    attributes: { name: 'Dan', email: 'dan@example.com', plan: null, vip: 'true', age: null, tags: null },
  },
  // Nothing at all.
  eve: { since: '2024-02-29T10:00:00', attributes: {} },
  fay: {
    since: '2026-06-15T11:59:59',
    attributes: {
      name: '',
      email: 'fay_100%@example.com',
      plan: '',
      vip: 0,
      age: 0,
      score: -1.5,
      tags: 'a',
      visits: 0,
    },
  },
  gus: {
    since: '2026-06-01T00:00:00',
    attributes: {
      name: 'Ünïcödé 🙂',
      email: 'gus@example.com',
      plan: 'PRO',
      vip: '1',
      age: 1000,
      tags: ['🙂', 'ü'],
    },
  },
  hal: {
    since: '2025-12-31T23:30:00',
    attributes: {
      ...{ name: 'O\'Hal "\\"', email: 'hal@example.com', plan: 'pro', vip: null, age: 34, score: 10 },
      ...{
        address: { city: 'São Paulo' },
        deep: { a: { b: [1, { c: true }] } },
        'odd key': 'yes',
        visits: 12,
      },
    },
  },
  // The wrong kinds of things.
  ivy: {
    since: '2026-03-01T00:00:00',
    attributes: { name: 'ivy', plan: { name: 'pro' }, vip: [], age: [30], tags: { a: 1 }, score: '9.5' },
  },
  Ann: {
    since: '2026-06-08T12:00:00',
    attributes: { name: 'ANN', email: 'ann@EXAMPLE.COM', plan: 'team', vip: true, age: 50.5 },
  },
  "o'neil": {
    since: '2026-02-28T00:00:00',
    attributes: { name: 'Neil', plan: 'team', vip: false, age: -3, visits: 7 },
  },
  'änn%_': {
    since: '2026-04-30T00:00:00',
    attributes: { name: 'Änn', plan: 'free', vip: true, age: 34, visits: 1 },
  },
};

const EVENTS: [userId: string, name: string, when: string, attributes?: JsonObject][] = [
  ['ann', 'login', '2026-06-15T11:00:00', { device: 'phone' }],
  ['ann', 'login', '2026-06-01T09:00:00', { device: 'desktop' }],
  ['ann', 'purchase', '2026-06-10T10:00:00', { value: 600, items: 2, sku: ['x', 'y'] }],
  ['ann', 'purchase', '2026-06-12T10:00:00', { value: 600.5, items: 1, sku: ['z'] }],
  ['bob', 'login', '2026-05-16T12:00:00', { device: 'phone' }],
  ['bob', 'purchase', '2026-05-17T12:00:00', { value: 99.99, coupon: true }],
  ['bob', 'refund', '2026-05-18T12:00:00', { value: 99.99 }],
  ['cid', 'purchase', '2026-02-01T00:00:00', { value: '1500', coupon: 'SPRING' }],
  ['cid', 'login', '2026-06-14T12:00:00', { device: 'tablet' }],
  ['dan', 'login', '2025-06-16T00:00:00', {}],
  ['dan', 'purchase', '2025-07-01T00:00:00', { value: null }],
  ['fay', 'signup', '2026-06-15T11:59:59', { source: 'ad' }],
  ['gus', 'purchase', '2026-06-02T00:00:00', { value: 400, coupon: false }],
  ['gus', 'purchase', '2026-06-03T00:00:00', { value: 400 }],
  ['gus', 'purchase', '2026-06-04T00:00:00', { value: 400 }],
  ['gus', 'Purchase', '2026-06-05T00:00:00', { value: 5000 }],
  ['hal', 'purchase', '2026-01-01T00:00:00', { items: 3 }],
  ['hal', 'login', '2026-03-15T00:00:00', { device: 'Phone' }],
  ['Ann', 'login', '2026-06-15T12:00:00', { device: 'phone' }],
  ["o'neil", 'purchase', '2026-03-01T00:00:00', { value: -50 }],
  ['änn%_', 'login', '2026-05-01T00:00:00', { device: 'phone', ok: true }],
];

/** Fills an empty store. Returns everyone's ids. */
export async function populate(store: Store): Promise<string[]> {
  await store.putUsers(
    Object.entries(PEOPLE).map(([id, { since, attributes }]) => ({
      ...{ id, attributes, createdAt: at(since), updatedAt: at(since) },
    })),
  );
  await store.insertEvents(
    EVENTS.map(([userId, name, when, attributes = {}]) => ({
      ...{ userId, name, attributes, createdAt: at(when), messageId: null },
    })),
  );
  await store.addMembers([
    { segmentId: 'beta', userId: 'bob', since: at('2026-06-01') },
    { segmentId: 'beta', userId: 'hal', since: at('2026-01-01') },
  ]);
  return Object.keys(PEOPLE);
}
