import {
  bigint,
  char,
  customType,
  datetime,
  index,
  int,
  mysqlTable,
  primaryKey,
  text,
  tinyint,
  varchar,
} from 'drizzle-orm/mysql-core';
import { MAX_NAME, MAX_USER_ID } from '../../schema/index.ts';

/*
 * Tables for the engine's own bookkeeping. They are not part of the public schema and may change in
 * any version.
 */

const blob = customType<{ data: Uint8Array }>({ dataType: () => 'mediumblob' });
const seq = (name: string) => bigint(name, { mode: 'number' }).notNull();

/** One row: the installation's id, and the active revision ('' before the first push). */
export const instance = mysqlTable('instance', {
  id: char('id', { length: 32 }).primaryKey(),
  revision: varchar('revision', { length: 64 }).notNull(),
});

/** Facts about the instance as a whole, by name: see instance-state. */
export const instanceState = mysqlTable('instance_state', {
  name: varchar('name', { length: 64 }).primaryKey(),
  /** JSON. */
  value: text('value').notNull(),
});

/** Users to evaluate, with the cause. */
export const dirtyUsers = mysqlTable(
  'dirty_users',
  {
    userId: varchar('user_id', { length: MAX_USER_ID }).notNull(),
    /** See DirtyCause, in engine/ports/users. */
    cause: varchar('cause', { length: MAX_NAME + 16 }).notNull(),
    /** The event's name or the segment's id; '' for other causes. */
    subject: varchar('subject', { length: MAX_NAME }).notNull(),
    slot: int('slot').notNull(),
    /**
     * `seq` when the mark was first set: its place in the queue. Repeating the mark does not change
     * it.
     */
    firstSeq: seq('first_seq'),
    /** Grows each time the mark is set. */
    seq: seq('seq'),
    /** The user's events up to this id precede the cause. */
    afterEvent: bigint('after_event', { mode: 'number' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.userId, t.cause, t.subject] }), index('dirty_users_first').on(t.firstSeq)],
);

/** The evaluation of all users that a deployment starts: one row per slot. */
export const sweeps = mysqlTable('sweeps', {
  slot: int('slot').primaryKey(),
  /** The sweep's number; 0 before the first. */
  sweep: int('sweep').notNull(),
  /** The last user evaluated; '' at the start. */
  after: varchar('after', { length: MAX_USER_ID }).notNull(),
  done: tinyint('done').notNull(),
});

export const idempotencyKeys = mysqlTable(
  'idempotency_keys',
  {
    key: varchar('key', { length: 255 }).primaryKey(),
    requestHash: char('request_hash', { length: 64 }).notNull(),
    response: text('response').notNull(),
    createdAt: datetime('created_at', { mode: 'date', fsp: 3 }).notNull(),
  },
  (t) => [index('idempotency_keys_created').on(t.createdAt)],
);

/** Sealed parts of runs' journals, compressed. */
export const journalChunks = mysqlTable(
  'journal_chunks',
  {
    runId: bigint('run_id', { mode: 'number' }).notNull(),
    chunk: int('chunk').notNull(),
    data: blob('data').notNull(),
  },
  (t) => [primaryKey({ columns: [t.runId, t.chunk] })],
);

/**
 * Row counts by kind, kept so that nothing has to count millions of rows. The count is the sum over
 * the shards.
 */
export const counters = mysqlTable(
  'counters',
  {
    name: varchar('name', { length: MAX_NAME + 16 }).notNull(),
    shard: int('shard').notNull(),
    value: bigint('value', { mode: 'number' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.name, t.shard] })],
);
