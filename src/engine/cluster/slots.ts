import type { Clock } from '../../core/clock.ts';
import { messageOf } from '../../core/errors.ts';
import { SLOT_COUNT, slotOf } from '../../core/hash.ts';
import type { Fence, LeaseNode, Leases, LeaseView, Slots } from '../ports/leases.ts';
import type { Log } from '../ports/log.ts';
import type { Next } from './worker.ts';

/**
 * How long a lease holds after a renewal. A node that dies is replaced within this time plus one
 * renewal.
 */
export const LEASE_MS = 10_000;
const RENEWALS_A_LEASE = 5;

/** Which slots this process may work on. */
export interface SlotOwner {
  owned(): Slots;
  /**
   * The fence for a transaction about these users; undefined when no other process could own their
   * slots.
   */
  fence(userIds: Iterable<string>): Fence | undefined;
  /** Whether the lease definitely still holds, by this process's own clocks. */
  holds(): boolean;
  /** Whether this process owns slot 0. Its owner does the work that only one process may do. */
  leads(): boolean;
}

/** The owner of every slot, for a process that has the store to itself. */
export const everySlot: SlotOwner = {
  owned: () => 'all',
  fence: () => undefined,
  holds: () => true,
  leads: () => true,
};

/** One of `of` parts of the slots that an owner has at any time. */
export function partOf(slots: SlotOwner, { part, of }: { part: number; of: number }): SlotOwner {
  return {
    owned: () => {
      const owned = slots.owned();
      if (owned === 'all') throw new Error('what is not shared has no parts');
      return owned.filter((slot) => slot % of === part);
    },
    fence: (userIds) => slots.fence(userIds),
    holds: () => slots.holds(),
    leads: () => slots.leads(),
  };
}

/**
 * This process's share of the slots, on a store that several processes use.
 *
 * A slot is free → acquired → worked on → (given up → released) | lost. Every renewal reports which
 * nodes are alive. A node with more than its fair share gives slots up: it stops working on them at
 * once and releases them at the next renewal, so that work in progress can finish. A node with less
 * acquires free slots. A node that could not renew in time stops working, by its own clocks, until
 * it has renewed; by the database's clock its slots are free, and the epoch raised with each
 * acquisition makes every commit of the former owner fail. A crash is the same as not renewing.
 */
export class LeasedSlots implements SlotOwner {
  readonly nodeId: string;
  #leases: Leases;
  #node: LeaseNode;
  #clock: Clock;
  #log: Log;
  #onAcquired: (slots: number[]) => Promise<void>;
  #owned = new Set<number>();
  /** Acquired slots whose former owner's leftovers are still being handled. */
  #taking = new Set<number>();
  #leaving = new Set<number>();
  #validUntil = { monotonic: 0, wall: 0 };
  /** How far the database's clock is ahead of this process's monotonic one. */
  #ahead: number | undefined;
  #view: LeaseView | undefined;
  #leaseMs: number;

  constructor(options: {
    leases: Leases;
    node: LeaseNode;
    clock: Clock;
    log: Log;
    /** Default LEASE_MS. All nodes must agree. */
    leaseMs?: number | undefined;
    /** Called with slots just acquired, before any work on them. */
    onAcquired: (slots: number[]) => Promise<void>;
  }) {
    this.nodeId = options.node.id;
    this.#leases = options.leases;
    this.#node = options.node;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#onAcquired = options.onAcquired;
    this.#leaseMs = options.leaseMs ?? LEASE_MS;
  }

  owned(): readonly number[] {
    return this.holds() ? [...this.#owned] : [];
  }

  fence(userIds: Iterable<string>): Fence {
    return { nodeId: this.nodeId, slots: [...new Set([...userIds].map(slotOf))].sort((a, b) => a - b) };
  }

  // The monotonic clock of a stopped process keeps running. That of a suspended machine does not,
  // but its wall clock jumps.
  holds(): boolean {
    return performance.now() < this.#validUntil.monotonic && Date.now() < this.#validUntil.wall;
  }

  leads(): boolean {
    return this.holds() && this.#owned.has(0);
  }

  /**
   * The database's time as of the last renewal, which every process uses; undefined before the
   * first.
   */
  now(): number | undefined {
    return this.#ahead === undefined ? undefined : Math.floor(performance.now() + this.#ahead);
  }

  /** The living nodes and their slots at the last renewal. */
  get view(): LeaseView | undefined {
    return this.#view;
  }

  async turn(): Promise<Next> {
    const asked = { monotonic: performance.now(), wall: Date.now() };
    const view = await this.#leases.renew(this.#node, this.#leaseMs);
    const { nodes, free } = view;
    this.#view = view;
    this.#validUntil = { monotonic: asked.monotonic + this.#leaseMs, wall: asked.wall + this.#leaseMs };
    const own = nodes.find(({ id }) => id === this.nodeId);
    if (own) this.#ahead = own.expiresAt - this.#leaseMs - asked.monotonic;
    const mine = new Set(own?.slots);
    for (const slots of [this.#owned, this.#taking]) {
      for (const slot of slots) if (!mine.has(slot)) slots.delete(slot);
    }

    const given = [...this.#leaving].filter((slot) => mine.has(slot));
    this.#leaving.clear();
    if (given.length > 0) await this.#leases.release(this.nodeId, given);
    for (const slot of given) mine.delete(slot);

    // A turn that was cut short acquired these: the store knows that they are ours.
    const found = [...mine].filter((slot) => !this.#owned.has(slot) && !this.#taking.has(slot));
    if (found.length > 0) await this.#take(found, nodes.length);

    const fair = Math.ceil(SLOT_COUNT / Math.max(nodes.length, 1));
    if (mine.size > fair) {
      for (const slot of [...this.#owned].slice(fair)) {
        this.#owned.delete(slot);
        this.#leaving.add(slot);
      }
    } else if (mine.size < fair && free > 0) {
      const acquired = await this.#leases.acquire(this.nodeId, fair - mine.size);
      if (acquired.length > 0) await this.#take(acquired, nodes.length);
    }
    return { at: this.#clock.now() + this.#leaseMs / RENEWALS_A_LEASE };
  }

  /** The former owner may still hold locks for a while: the lease is renewed in the meantime. */
  async #take(slots: number[], nodes: number): Promise<void> {
    this.#log.info(`took ${slots.length} slot(s) of ${SLOT_COUNT}; ${nodes} node(s) live`);
    for (const slot of slots) this.#taking.add(slot);
    const taken = this.#takeOver(slots);
    const { promise: late, resolve } = Promise.withResolvers<'late'>();
    const timer = setTimeout(() => resolve('late'), this.#leaseMs / RENEWALS_A_LEASE);
    try {
      if ((await Promise.race([taken, late])) === 'late') {
        taken.catch((error) => this.#log.warn(`slots are not taken over yet: ${messageOf(error)}`));
      }
    } finally {
      clearTimeout(timer);
    }
  }

  async #takeOver(slots: number[]): Promise<void> {
    try {
      await this.#onAcquired(slots);
      for (const slot of slots) if (this.#taking.has(slot)) this.#owned.add(slot);
    } finally {
      for (const slot of slots) this.#taking.delete(slot);
    }
  }

  /** Gives up every slot, because the process ends. */
  async leave(): Promise<void> {
    this.#owned.clear();
    this.#taking.clear();
    this.#validUntil = { monotonic: 0, wall: 0 };
    await this.#leases.leave(this.nodeId);
  }
}
