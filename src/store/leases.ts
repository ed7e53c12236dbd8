import { sql } from 'drizzle-orm';
import { bigint, datetime, int, mysqlTable, varchar } from 'drizzle-orm/mysql-core';
import { SegflowError } from '../core/errors.ts';
import type { Fence, LeaseNode, Leases, LeaseView } from '../engine/ports/leases.ts';
import type { Connection, Dialect, Driver } from './driver/driver.ts';
import { prepared, rows, run } from './driver/statement.ts';
import { fromTime, toTime } from './driver/times.ts';

/*
 * Which process works on which slots. A node is alive while its row's expires_at is ahead of the
 * database's clock. A slot is free when no living node owns it. A node that takes a slot raises the
 * slot's epoch.
 *
 * Invariant: a transaction with a fence holds a shared lock on its slots' rows from its first
 * statement to its end, and taking a slot updates the slot's row. So the new owner starts only
 * after the former owner's running transactions have ended, and from then on the former owner's
 * fences fail. A crashed node expires.
 */

/** Processes that share the database. */
const nodes = mysqlTable('nodes', {
  id: varchar('id', { length: 64 }).primaryKey(),
  name: varchar('name', { length: 255 }).notNull(),
  startedAt: datetime('started_at', { mode: 'date', fsp: 3 }).notNull(),
  /** On the database's clock. */
  expiresAt: datetime('expires_at', { mode: 'date', fsp: 3 }).notNull(),
});

/** Which node works on which slot. */
const slots = mysqlTable('slots', {
  slot: int('slot').primaryKey(),
  owner: varchar('owner', { length: 64 }),
  /** Raised whenever the owner changes. */
  epoch: bigint('epoch', { mode: 'number' }).notNull(),
});

interface On {
  connection: Connection;
  dialect: Dialect;
}

/** How long dead nodes are kept, for people who look into a failure. */
const FORGET = sql`now(3) - interval 1 hour`;

export function leasesOn(driver: Driver): Leases {
  const { dialect } = driver;
  const transaction = <T>(work: (on: On) => Promise<T>) =>
    driver.transaction((connection) => work({ connection, dialect }));
  return {
    async renew(node, ttlMs) {
      await transaction((on) =>
        run(on, putNode, {
          id: node.id,
          name: node.name,
          startedAt: toTime(node.startedAt),
          ttl: ttlMs * 1000,
        }),
      );
      return view({ connection: driver.reads, dialect });
    },

    acquire: (nodeId, count) =>
      transaction(async (on) => {
        const candidates = (await rows(on, freeSlots, {})).map((row) => Number(row.slot));
        if (candidates.length === 0) return [];
        // Other nodes take slots at the same time: only slots that are still free once locked are
        // ours.
        const locked = await rows(on, stillFree, { candidates, count });
        const taken = locked.map((row) => Number(row.slot));
        if (taken.length === 0) return [];
        await run(on, takeSlots, { taken, nodeId });
        return taken;
      }),

    async release(nodeId, list) {
      await transaction((on) => run(on, releaseSlots, { nodeId, list: [...list] }));
    },

    async leave(nodeId) {
      await transaction(async (on) => {
        await run(on, releaseAll, { nodeId });
        await run(on, dropNode, { nodeId });
        await run(on, forgetDead, {});
      });
    },
  };
}

/**
 * Call this first in a transaction. Throws `lease_lost` unless the node owns all of the fence's
 * slots.
 */
export async function checkFence(on: On, { nodeId, slots: list }: Fence): Promise<void> {
  if (list.length === 0) return;
  const owned = await rows(on, lockOwned, { list: [...list], nodeId });
  if (owned.length === new Set(list).size) return;
  throw new SegflowError('lease_lost', 'another process has taken over these users', {
    hint: 'That process does the work now.',
  });
}

async function view(on: On): Promise<LeaseView> {
  const living = await rows(on, livingNodes, {});
  const owned = new Map<string, number[]>();
  let free = 0;
  for (const row of await rows(on, owners, {})) {
    const slot = Number(row.slot);
    if (row.living === null) free++;
    else owned.set(String(row.owner), [...(owned.get(String(row.owner)) ?? []), slot]);
  }
  return {
    nodes: living.map((row): LeaseView['nodes'][number] => ({
      ...nodeOf(row),
      expiresAt: fromTime(String(row.expires_at)),
      slots: owned.get(String(row.id)) ?? [],
    })),
    free,
  };
}

function nodeOf(row: Record<string, unknown>): LeaseNode {
  return { id: String(row.id), name: String(row.name), startedAt: fromTime(String(row.started_at)) };
}

type None = Record<string, never>;
const set = sql.identifier;
const isLiving = sql`${nodes.expiresAt} > now(3)`;

const putNode = prepared<{ id: string; name: string; startedAt: string; ttl: number }>(
  (
    param,
    dialect,
  ) => sql`insert into ${nodes} (${set('id')}, ${set('name')}, ${set('started_at')}, ${set('expires_at')})
    values (${param('id')}, ${param('name')}, ${param('startedAt')}, now(3) + interval ${param('ttl')} microsecond)
    ${dialect.orUpdate([nodes.id], [[nodes.expiresAt, dialect.proposed(nodes.expiresAt)]])}`,
);

const livingNodes = prepared<None>(
  () => sql`select ${nodes.id}, ${nodes.name}, ${nodes.startedAt}, ${nodes.expiresAt} from ${nodes}
    where ${isLiving} order by ${nodes.startedAt}, ${nodes.id}`,
);

const owners = prepared<None>(
  () => sql`select ${slots.slot}, ${slots.owner}, ${nodes.id} as ${set('living')} from ${slots}
    left join ${nodes} on ${nodes.id} = ${slots.owner} and ${isLiving} order by ${slots.slot}`,
);

const noOwner = sql`(${slots.owner} is null or not exists (select 1 from ${nodes} where ${nodes.id} = ${slots.owner} and ${isLiving}))`;

const freeSlots = prepared<None>(
  () => sql`select ${slots.slot} from ${slots} where ${noOwner} order by ${slots.slot}`,
);

// Skips a slot in which a former owner still has an open transaction: waiting for it could cost
// this node its own lease.
const stillFree = prepared<{ candidates: number[]; count: number }>(
  (param, dialect) => sql`select ${slots.slot} from ${slots}
    where ${dialect.inList(slots.slot, param('candidates'))} and ${noOwner} order by ${slots.slot}
    limit ${param('count')} for update skip locked`,
);

const takeSlots = prepared<{ taken: number[]; nodeId: string }>(
  (
    param,
    dialect,
  ) => sql`update ${slots} set ${set('owner')} = ${param('nodeId')}, ${set('epoch')} = ${slots.epoch} + 1
    where ${dialect.inList(slots.slot, param('taken'))}`,
);

const releaseSlots = prepared<{ nodeId: string; list: number[] }>(
  (param, dialect) => sql`update ${slots} set ${set('owner')} = null, ${set('epoch')} = ${slots.epoch} + 1
    where ${dialect.inList(slots.slot, param('list'))} and ${slots.owner} = ${param('nodeId')}`,
);

const releaseAll = prepared<{ nodeId: string }>(
  (param) => sql`update ${slots} set ${set('owner')} = null, ${set('epoch')} = ${slots.epoch} + 1
    where ${slots.owner} = ${param('nodeId')}`,
);

const dropNode = prepared<{ nodeId: string }>(
  (param) => sql`delete from ${nodes} where ${nodes.id} = ${param('nodeId')}`,
);

const forgetDead = prepared<None>(() => sql`delete from ${nodes} where ${nodes.expiresAt} < ${FORGET}`);

const lockOwned = prepared<{ list: number[]; nodeId: string }>(
  (param, dialect) => sql`select ${slots.slot} from ${slots}
    where ${dialect.inList(slots.slot, param('list'))} and ${slots.owner} = ${param('nodeId')} order by ${slots.slot} lock in share mode`,
);
