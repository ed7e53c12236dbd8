import type { JsonObject } from '../../core/json.ts';
import type { PauseCause, RunEnding, RunStatus } from '../../schema/index.ts';
import type { Slots } from './leases.ts';
import type { EventRow } from './users.ts';

export interface RunHead {
  id: number;
  campaignId: string;
  userId: string;
  entry: number;
  status: RunStatus;
}

/** A run that has not ended. */
export interface LiveRun extends RunHead {
  /** The event that caused the entry. */
  entryEventId: number | null;
}

/** A run with the data that decide whether its user may enter again and whether it converted. */
export interface LatestRun extends RunHead {
  enteredAt: number;
  endedAt: number | null;
  convertedAt: number | null;
  entryEventId: number | null;
  /** The user's events up to this id came before the entry. */
  entryAfterEvent: number;
  deploymentId: string;
  ending: RunEnding | null;
}

export interface NewRun {
  campaignId: string;
  userId: string;
  entry: number;
  deploymentId: string;
  enteredAt: number;
  /** When it begins. Default: at once. */
  wakeAt?: number;
  /** The event that caused the entry. */
  entryEventId?: number | null;
  /** The user's events up to this id came before the entry. */
  afterEvent: number;
  /**
   * Why the run ends before it begins. Such a run only records that the user does not enter, or
   * left at once.
   */
  skipped?: { ending: RunEnding; reason: string };
  /** When the goal was reached, if it was reached before the run begins. */
  convertedAt?: number;
}

/** A due run with everything its flow needs. */
export interface DueRun extends RunHead {
  deploymentId: string;
  enteredAt: number;
  wakeAt: number;
  position: number;
  /** The whole journal, sealed chunks included. */
  journal: string;
  /** Length of the part of `journal` that is sealed. */
  sealed: number;
  chunks: number;
  journalHash: string;
  attributes: JsonObject;
  /** See waits/awaits; null while the run waits only for a time or a message. */
  awaits: string | null;
  pinned: boolean;
  retries: number;
  /** The event that caused the entry. */
  event: EventRow | null;
  /** See the schema. */
  afterEvent: number;
  afterTime: number | null;
}

export interface RunUpdate {
  id: number;
  status: RunStatus;
  deploymentId: string;
  wakeAt: number | null;
  position: number;
  /** The unsealed part of the journal. */
  journal: string;
  journalHash: string;
  chunks: number;
  reason: string | null;
  endedAt: number | null;
  /** Null exactly when endedAt is. */
  ending: RunEnding | null;
  afterEvent: number;
  afterTime: number | null;
  /** Default null. */
  awaits?: string | null;
}

export interface RunStatements {
  /** The latest run of each of these users in each campaign. */
  latestRuns(userIds: string[]): Promise<LatestRun[]>;
  /** Inserts pending runs. */
  insertRuns(rows: NewRun[]): Promise<void>;
  /** Cancels the runs among `ids` that have not ended. */
  cancelRuns(ids: number[], end: { ending: RunEnding; reason: string; at: number }): Promise<void>;
  /** Runs with wakeAt <= now, the earliest first, of all campaigns or of these; not those of paused campaigns. */
  dueRuns(now: number, limit: number, slots?: Slots, campaigns?: string[]): Promise<DueRun[]>;
  /** The earliest wakeAt, ignoring paused campaigns. */
  nextWake(slots?: Slots): Promise<number | undefined>;
  /** Writes the updates of runs that have not ended since they were read (a cancelled run stays cancelled). Returns the ids written. */
  saveRuns(updates: RunUpdate[]): Promise<Set<number>>;
  sealJournal(rows: { runId: number; chunk: number; text: string }[]): Promise<void>;
  /** Removes the sealed parts of these runs' journals. */
  dropSealed(runIds: number[]): Promise<void>;
  /** Makes running runs due at `at` (their message was settled). */
  wakeRuns(ids: number[], at: number): Promise<void>;
  /** The subset of `ids` that has not ended, locked until the transaction ends. */
  lockRuns(ids: number[]): Promise<Set<number>>;
  /** Sets convertedAt where it is null. Returns how many. */
  convertRuns(ids: number[], at: number): Promise<number>;
  /** Makes every blocked run due at `at`. Returns how many. */
  wakeBlocked(at: number): Promise<number>;
  /**
   * Makes up to `limit` failed and blocked runs pending and due again, and counts the retry. Skips
   * runs whose user has entered again since. Returns their ids.
   */
  retryRuns(filter: RetryFilter, options: { at: number; limit: number }): Promise<number[]>;
}

export interface RetryFilter {
  runId?: number;
  userId?: string;
  campaignId?: string;
}

/** Statements for runs that wait for more than a time. */
export interface AwaitStatements {
  /** The live runs of these users that await something, locked until the transaction ends. */
  awaitingRuns(userIds: string[]): Promise<AwaitingRun[]>;
  /** The same without a lock. */
  readAwaitingRuns(userIds: string[]): Promise<AwaitingRun[]>;
  /** Writes what live runs wait for and when they are due. */
  saveAwaits(rows: { id: number; awaits: string; wakeAt: number | null }[]): Promise<void>;
  /** Events of these users and names whose ids are greater than the least `after`, by user and id. */
  eventsAfter(queries: { userId: string; name: string; after: number }[]): Promise<EventRow[]>;
  /**
   * For each query, the place in the user's events at the moment `at`: the id before the first
   * event after `after` that happened at that moment or later; without one, the newest id of all
   * events.
   */
  placesAt(queries: { userId: string; after: number; at: number }[]): Promise<number[]>;
  /** The segments of these users, and since when. */
  membersSince(userIds: string[]): Promise<{ userId: string; segmentId: string; since: number }[]>;
  /** The subset of `userIds` that is marked for an evaluation. */
  markedUsers(userIds: string[]): Promise<Set<string>>;
  /**
   * The rows of a SELECT in MySQL's dialect that sees only this user's rows: objects by column
   * name, at most 1,000.
   * @throws `flow_error` when the store refuses the query.
   */
  queryUser(query: { sql: string; params: unknown[]; userId: string }): Promise<JsonObject[]>;
}

export interface AwaitingRun {
  id: number;
  userId: string;
  awaits: string;
  wakeAt: number | null;
}

export interface PauseRow {
  /** A campaign's id, or `*` for everything; then no mail is sent at all. */
  campaignId: string;
  cause: PauseCause;
  reason: string;
  pausedAt: number;
}

export interface PauseStatements {
  /** Pauses it, or replaces cause and reason when it is paused already. */
  putPause(row: PauseRow): Promise<void>;
  /** Returns whether it was paused. */
  removePause(campaignId: string): Promise<boolean>;
  pauses(): Promise<PauseRow[]>;
}
