import {
  bigint,
  char,
  datetime,
  index,
  int,
  json,
  mysqlTable,
  primaryKey,
  text,
  tinyint,
  uniqueIndex,
  varchar,
} from 'drizzle-orm/mysql-core';

/*
 * The database as Drizzle MySQL tables. Segments are written against these on every store. Times
 * that people query are DATETIME(3) in UTC; schedule columns (`wakeAt`, `nextAttemptAt`) are epoch
 * milliseconds. `slot` (0–255, a hash of the user's id) decides which process works on the row.
 */

/** Longest user id, in characters. */
export const MAX_USER_ID = 255;
/** Longest id of a segment, campaign, template or transaction, and longest event name, in characters. */
export const MAX_NAME = 128;

const userId = () => varchar('user_id', { length: MAX_USER_ID });
const name = (column: string) => varchar(column, { length: MAX_NAME });
const time = (column: string) => datetime(column, { mode: 'date', fsp: 3 });
const millis = (column: string) => bigint(column, { mode: 'number' });
const slot = () => int('slot').notNull();

/** Users, with their attributes. */
export const users = mysqlTable(
  'users',
  {
    id: varchar('id', { length: MAX_USER_ID }).primaryKey(),
    attributes: json('attributes').$type<Record<string, unknown>>().notNull(),
    createdAt: time('created_at').notNull(),
    updatedAt: time('updated_at').notNull(),
    slot: slot(),
  },
  (t) => [index('users_slot').on(t.slot, t.id)],
);

/** What users did. Append-only. */
export const events = mysqlTable(
  'events',
  {
    id: bigint('id', { mode: 'number' }).autoincrement().primaryKey(),
    name: name('name').notNull(),
    userId: userId().notNull(),
    createdAt: time('created_at').notNull(),
    attributes: json('attributes').$type<Record<string, unknown>>().notNull(),
    /**
     * The sender's own id of the event, unique per user; an event with a known id is not stored
     * again.
     */
    messageId: varchar('message_id', { length: MAX_USER_ID }),
  },
  (t) => [
    index('events_user').on(t.userId, t.name, t.createdAt),
    index('events_name').on(t.name, t.createdAt),
    uniqueIndex('events_message').on(t.userId, t.messageId),
  ],
);

/** The segments of the active deployment. */
export const segments = mysqlTable('segments', {
  id: name('id').primaryKey(),
  /** The SELECT that the evaluator built at the last deployment, in MySQL's dialect. */
  query: text('query').notNull(),
  /** 1 when time alone can change the members. */
  timeDependent: tinyint('time_dependent').notNull(),
  deploymentId: varchar('deployment_id', { length: 40 }).notNull(),
  /** When the segment was last evaluated for everyone. */
  evaluatedAt: time('evaluated_at'),
});

/** The members of the segments, and since when. */
export const segmentMembers = mysqlTable(
  'segment_members',
  {
    segmentId: name('segment_id').notNull(),
    userId: userId().notNull(),
    since: time('since').notNull(),
  },
  (t) => [primaryKey({ columns: [t.segmentId, t.userId] }), index('segment_members_user').on(t.userId)],
);

/** The campaigns of the active deployment. */
export const campaigns = mysqlTable('campaigns', {
  id: name('id').primaryKey(),
  behavior: varchar('behavior', { length: 16 }).$type<'static' | 'dynamic'>().notNull(),
  deploymentId: varchar('deployment_id', { length: 40 }).notNull(),
});

/**
 * pending: entered, but not started. running: waits for its message to be settled. sleeping: waits
 * for a time, an event or a segment. blocked: the code no longer follows the run's history; the run
 * waits for code that does.
 */
export type RunStatus = 'pending' | 'running' | 'sleeping' | 'blocked' | 'completed' | 'failed' | 'cancelled';

/**
 * Why a run ended.
 *
 * | value | |
 * | --- | --- |
 * | completed | its flow came to its end |
 * | exited | its flow called `rt.exit`; `reason` is what it gave |
 * | failed | its flow failed; `reason` says how |
 * | left | the user left the campaign's segments |
 * | exit_event, exit_segment | the campaign's `exitWhen` |
 * | removed | a deployment no longer has the campaign |
 * | cancelled, restarted | a deployment, as chosen with `--in-flight` |
 * | skipped | the user was kept out when the campaign was deployed, with `--existing=skip`: it never began |
 */
export type RunEnding =
  | 'completed'
  | 'exited'
  | 'failed'
  | 'left'
  | 'exit_event'
  | 'exit_segment'
  | 'removed'
  | 'cancelled'
  | 'restarted'
  | 'skipped';

/** One user's run of one campaign: its state and its history. */
export const runs = mysqlTable(
  'runs',
  {
    id: bigint('id', { mode: 'number' }).autoincrement().primaryKey(),
    campaignId: name('campaign_id').notNull(),
    userId: userId().notNull(),
    /** 1 for the user's first run of the campaign, 2 for the second, … */
    entry: int('entry').notNull(),
    status: varchar('status', { length: 16 }).$type<RunStatus>().notNull(),
    /** The deployment whose code the run follows. */
    deploymentId: varchar('deployment_id', { length: 40 }).notNull(),
    enteredAt: time('entered_at').notNull(),
    endedAt: time('ended_at'),
    /**
     * When the engine advances the run next, epoch milliseconds; null while the run waits for a
     * message, or has ended.
     */
    wakeAt: millis('wake_at'),
    /**
     * What the run waits for besides a time, as JSON: an event, a segment, a time of day (see
     * engine/awaits).
     */
    awaits: text('awaits'),
    /**
     * 1 when the run stays on its deployment's code even if newer code would follow its history.
     */
    pinned: tinyint('pinned').notNull(),
    /** The event that caused the entry. */
    entryEventId: bigint('entry_event_id', { mode: 'number' }),
    /**
     * The user's events up to this id came before the entry; `goal` and `exitWhen` look only at
     * later events.
     */
    entryAfterEvent: bigint('entry_after_event', { mode: 'number' }).notNull(),
    /**
     * The flow has passed the user's events up to this id; its next wait sees only later events.
     */
    afterEvent: bigint('after_event', { mode: 'number' }).notNull(),
    /**
     * Set after a wait for a time, epoch milliseconds: of the later events, the flow has also
     * passed those before this moment.
     */
    afterTime: millis('after_time'),
    /** When the campaign's goal was reached. */
    convertedAt: time('converted_at'),
    /** Commands yielded so far. */
    position: int('position').notNull(),
    /** Recent part of the journal (see flow/journal). */
    journal: text('journal').notNull(),
    /** How many sealed chunks precede `journal`. */
    chunks: int('chunks').notNull(),
    journalHash: char('journal_hash', { length: 14 }).notNull(),
    /** Why the run failed, is blocked or ended, in words; see `ending`. */
    reason: text('reason'),
    /** Why the run ended; null while it is live. */
    ending: varchar('ending', { length: 16 }).$type<RunEnding>(),
    /** How often the run was retried. A retried pending run continues where it failed. */
    retries: int('retries').notNull(),
    slot: slot(),
  },
  (t) => [
    uniqueIndex('runs_entry').on(t.campaignId, t.userId, t.entry),
    index('runs_user').on(t.userId),
    index('runs_due').on(t.wakeAt),
  ],
);

export type MessageStatus = 'queued' | 'sending' | 'sent' | 'failed' | 'skipped' | 'unknown';

/** Every email that Segflow was told to send, and its outcome. */
export const messages = mysqlTable(
  'messages',
  {
    id: varchar('id', { length: 40 }).primaryKey(),
    userId: userId().notNull(),
    /** Id of the template, or of the transaction. */
    template: name('template').notNull(),
    /** The campaign's id; null for a transaction. */
    campaignId: name('campaign_id'),
    runId: bigint('run_id', { mode: 'number' }),
    /** Position in the run of the command that sends the email. */
    position: int('position'),
    /** The event, for a transaction. */
    eventId: bigint('event_id', { mode: 'number' }),
    deploymentId: varchar('deployment_id', { length: 40 }).notNull(),
    status: varchar('status', { length: 16 }).$type<MessageStatus>().notNull(),
    /** Among due messages, those with a higher priority are sent first. */
    priority: int('priority').notNull(),
    /** What the flow passed with the email, as JSON: props, subject. */
    options: text('options'),
    toAddress: varchar('to_address', { length: 320 }),
    subject: text('subject'),
    /** How often the provider was asked to send the message. */
    attempts: int('attempts').notNull(),
    /**
     * When to try next, or for `unknown`, when to ask the provider; epoch milliseconds, null once
     * settled.
     */
    nextAttemptAt: millis('next_attempt_at'),
    /** The provider's id of the message. */
    providerId: varchar('provider_id', { length: 128 }),
    /** Why the message failed, was skipped or is delayed. */
    reason: text('reason'),
    createdAt: time('created_at').notNull(),
    sentAt: time('sent_at'),
    slot: slot(),
  },
  (t) => [
    uniqueIndex('messages_step').on(t.runId, t.position),
    uniqueIndex('messages_event').on(t.eventId, t.template),
    index('messages_user').on(t.userId, t.createdAt),
    index('messages_created').on(t.createdAt),
    index('messages_due').on(t.priority, t.nextAttemptAt),
  ],
);

/** Every configuration ever pushed. */
export const deployments = mysqlTable('deployments', {
  /** Hash of the code: the same code has the same id. */
  id: varchar('id', { length: 40 }).primaryKey(),
  code: text('code').notNull(),
  /** The captured environment, encrypted. */
  environment: text('environment').notNull(),
  manifest: json('manifest').notNull(),
  /** Where it was pushed from: `{ by, host, commit, message }`, each where known. */
  origin: json('origin').$type<Record<string, string>>().notNull(),
  createdAt: time('created_at').notNull(),
  /** When the deployment last became active; the one with the latest time is active. */
  activatedAt: time('activated_at'),
});

/**
 * Why something is paused: a person paused it; it failed repeatedly; the secret of the pushed
 * environment was lost.
 */
export type PauseCause = 'manual' | 'failing' | 'secret_lost';

/** The paused campaign's id, or `*` for everything. */
export const pauses = mysqlTable('pauses', {
  campaignId: name('campaign_id').primaryKey(),
  /** The reason in words, with the person's name when a person paused it. */
  reason: text('reason').notNull(),
  cause: varchar('cause', { length: 16 }).$type<PauseCause>().notNull(),
  pausedAt: time('paused_at').notNull(),
});
