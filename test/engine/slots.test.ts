import { expect, test } from 'bun:test';
import { SLOT_COUNT } from '../../src/core/hash.ts';
import { LEASE_MS, LeasedSlots } from '../../src/engine/cluster/slots.ts';
import type { LeaseNode, Leases, LeaseView } from '../../src/engine/ports/leases.ts';
import { testClock } from '../helpers/clock.ts';

/* How processes share the slots, over leases in memory whose time does not pass: who renews lives. */

test('one process takes every slot', async () => {
  const { join, owned } = sharing();
  const first = await join('first');
  await first.turn();
  expect(owned()).toEqual([SLOT_COUNT]);
  expect(first.leads()).toBe(true);
});

// 256 slots: of two each has 128, of three at most 86, of five at most 52.
test.each([2, 3, 5, 7])('%d processes have their fair share each, and not one slot more', async (count) => {
  const { join, owned } = sharing();
  const nodes = [await join('node-0')];
  await nodes[0]!.turn();
  for (let i = 1; i < count; i++) nodes.push(await join(`node-${i}`));
  for (let round = 0; round < 6; round++) for (const node of nodes) await node.turn();
  const fair = Math.ceil(SLOT_COUNT / count);
  expect(Math.max(...owned())).toBe(fair);
  expect(owned().reduce((sum, each) => sum + each, 0)).toBe(SLOT_COUNT);
  // What is left for the last is at most what the others are rounded up by.
  expect(Math.min(...owned())).toBe(SLOT_COUNT - fair * (count - 1));
  expect(nodes.map((node) => node.owned().length)).toEqual(owned());
});

test('a process with its fair share keeps all of it', async () => {
  const { join, releases } = sharing();
  const first = await join('first');
  await first.turn();
  const second = await join('second');
  for (let round = 0; round < 3; round++) for (const node of [first, second]) await node.turn();
  const before = first.owned();
  releases.length = 0;
  for (let round = 0; round < 3; round++) for (const node of [first, second]) await node.turn();
  expect(releases).toEqual([]);
  expect(first.owned()).toEqual(before);
  expect(before).toHaveLength(SLOT_COUNT / 2);
});

test('a process with one slot more than its fair share gives one up', async () => {
  const { join, owned, take } = sharing();
  const [first, second] = [await join('first'), await join('second')];
  const half = SLOT_COUNT / 2;
  const slots = Array.from({ length: SLOT_COUNT }, (_, slot) => slot);
  take('first', slots.slice(0, half + 1));
  take('second', slots.slice(half + 1));
  for (let round = 0; round < 4; round++) for (const node of [first, second]) await node.turn();
  expect(owned()).toEqual([half, half]);
  expect(second.owned()).toHaveLength(half);
});

test('slots are given up one renewal before they are released, so that what is under way can end', async () => {
  const { join, releases } = sharing();
  const first = await join('first');
  await first.turn();
  const second = await join('second');
  await second.turn();
  expect(second.owned()).toEqual([]);
  await first.turn();
  expect(first.owned()).toHaveLength(SLOT_COUNT / 2);
  expect(releases).toEqual([]);
  await first.turn();
  expect(releases).toEqual([SLOT_COUNT / 2]);
  await second.turn();
  expect(second.owned()).toHaveLength(SLOT_COUNT / 2);
  const all = [first, second].flatMap((node) => node.owned());
  expect(new Set(all).size).toBe(SLOT_COUNT);
});

test('a process that leaves owns nothing, and the other takes its slots', async () => {
  const { join } = sharing();
  const first = await join('first');
  await first.turn();
  const second = await join('second');
  for (let round = 0; round < 3; round++) for (const node of [first, second]) await node.turn();
  await first.leave();
  expect([first.owned(), first.holds(), first.leads()]).toEqual([[], false, false]);
  await second.turn();
  expect(second.owned()).toHaveLength(SLOT_COUNT);
});

test('slots that another process has by now are worked on no more', async () => {
  const { join, take } = sharing();
  const first = await join('first');
  await first.turn();
  take('somebody else', [0, 7]);
  await first.turn();
  expect(first.owned()).not.toContain(0);
  expect(first.owned()).not.toContain(7);
  expect(first.leads()).toBe(false);
});

test('what a former owner left is seen to before a slot is worked on', async () => {
  const { join } = sharing();
  const { promise: done, resolve } = Promise.withResolvers<void>();
  const first = await join('first', { leaseMs: 50, onAcquired: () => done });
  await first.turn();
  expect(first.owned()).toEqual([]);
  resolve();
  await done;
  await Bun.sleep(0);
  await first.turn();
  expect(first.owned()).toHaveLength(SLOT_COUNT);
});

test('a transaction is fenced with the slots of its users, each once, in order', async () => {
  const { join } = sharing();
  const { nodeId, slots } = (await join('first')).fence(['ada', 'bob', 'cid', 'ada']);
  expect(nodeId).toBe('first');
  expect([...slots]).toEqual([...new Set(slots)].sort((a, b) => a - b));
  expect(slots.length).toBeWithin(1, 4);
});

test('the time is that of the database, and goes on between renewals', async () => {
  const { join, clock } = sharing();
  const first = await join('first');
  expect(first.now()).toBeUndefined();
  await first.turn();
  const ahead = first.now()! - clock.now();
  // What passes here for real.
  expect(ahead).toBeWithin(-1, 5_000);
  clock.advance(3_600_000);
  await first.turn();
  expect(first.now()! - clock.now()).toBeWithin(-1, 5_000);
});

test('the lease is renewed five times while it holds', async () => {
  const { join, clock } = sharing();
  const next = await (await join('first')).turn();
  expect(next).toEqual({ at: clock.now() + LEASE_MS / 5 });
});

// --- internal ---

function sharing() {
  const clock = testClock();
  const nodes = new Map<string, LeaseNode>();
  const owners: (string | undefined)[] = Array(SLOT_COUNT).fill(undefined);
  /** How many slots each release gave up. */
  const releases: number[] = [];
  const slotsOf = (id: string) => owners.flatMap((owner, slot) => (owner === id ? [slot] : []));
  const leases: Leases = {
    async renew(node, ttlMs): Promise<LeaseView> {
      nodes.set(node.id, node);
      const living = [...nodes.values()].map((each) => ({
        ...each,
        expiresAt: clock.now() + ttlMs,
        slots: slotsOf(each.id),
      }));
      return { nodes: living, free: owners.filter((owner) => owner === undefined).length };
    },
    async acquire(nodeId, count) {
      const free = owners.flatMap((owner, slot) => (owner === undefined ? [slot] : [])).slice(0, count);
      for (const slot of free) owners[slot] = nodeId;
      return free;
    },
    async release(nodeId, slots) {
      releases.push(slots.length);
      for (const slot of slots) if (owners[slot] === nodeId) owners[slot] = undefined;
    },
    async leave(nodeId) {
      nodes.delete(nodeId);
      for (const slot of slotsOf(nodeId)) owners[slot] = undefined;
    },
  };
  const log = { info() {}, warn() {}, error() {} };
  return {
    clock,
    releases,
    /** A process; it takes nothing before its first step. */
    join: async (id: string, options: { leaseMs?: number; onAcquired?: () => Promise<void> } = {}) => {
      const { leaseMs, onAcquired = async () => {} } = options;
      const node = { id, name: id, startedAt: clock.now() };
      return new LeasedSlots({ leases, node, clock, log, leaseMs, onAcquired });
    },
    /** How many slots each process owns, as the leases say. */
    owned: () => [...nodes.keys()].map((id) => slotsOf(id).length),
    take: (id: string, slots: number[]) => {
      for (const slot of slots) owners[slot] = id;
    },
  };
}
