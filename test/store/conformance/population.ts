import type { Store } from '../../../src/engine/ports/store.ts';
import { event, user } from './rows.ts';

const at = (text: string) => Date.parse(`${text}Z`);

/** Five people and what they did, chosen so that every kind of value is there. Now is 2026-01-01 00:00. */
export async function populate(store: Store): Promise<string[]> {
  await store.putUsers([
    user(
      'ann',
      {
        ...{
          plan: 'pro',
          age: 30,
          winback: true,
          email: 'ann@example.com',
          tags: ['vip', 'beta'],
          score: 9.5,
        },
        ...{ address: { city: 'Oslo' }, note: null, signedUp: '2025-12-31' },
      },
      at('2025-12-31T00:00:00'),
    ),
    user(
      'bob',
      { plan: 'free', age: 17, winback: false, email: 'bob@Example.com', tags: [], signedUp: '2025-11-01' },
      at('2025-11-01T00:00:00'),
    ),
    user(
      'cid',
      { plan: 'Pro', age: '25', email: 'cid@other.org', address: { city: 'Bergen' }, name: "O'Brien" },
      at('2025-06-15T12:00:00'),
    ),
    user('dan', {}, at('2025-01-01T00:00:00')),
    user(
      'eve',
      { plan: 'free', age: 40, email: 'eve_100%@example.com', tags: ['vip'], winback: 'true', score: 2 },
      at('2025-12-01T00:00:00'),
    ),
  ]);
  await store.insertEvents([
    event('ann', 'login', { device: 'phone' }, at('2025-12-31T10:00:00')),
    event('ann', 'purchase', { value: 600, items: 2 }, at('2025-12-30T09:00:00')),
    event('ann', 'purchase', { value: 600.5, items: 1 }, at('2025-12-31T23:59:59.500')),
    event('bob', 'login', {}, at('2025-11-02T00:00:00')),
    event('bob', 'purchase', { value: 50, items: 5 }, at('2025-11-03T00:00:00')),
    event('cid', 'signup', { source: 'ad' }, at('2025-06-15T12:00:00')),
    event('cid', 'refund', { value: 10 }, at('2025-12-31T12:00:00')),
    event('eve', 'purchase', { value: '2000' }, at('2025-12-02T00:00:00')),
    event('eve', 'login', { device: 'desktop' }, at('2025-12-25T00:00:00')),
    event('eve', 'login', { device: 'phone' }, at('2025-12-26T00:00:00')),
  ]);
  await store.addMembers([{ segmentId: 'beta', userId: 'bob', since: at('2025-12-01T00:00:00') }]);
  return ['ann', 'bob', 'cid', 'dan', 'eve'];
}
