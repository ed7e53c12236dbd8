import type { Json, JsonObject } from '../../core/json.ts';

export interface UserRow {
  id: string;
  attributes: JsonObject;
  createdAt: number;
  updatedAt: number;
}

export interface NewEvent {
  userId: string;
  name: string;
  attributes: JsonObject;
  createdAt: number;
  messageId: string | null;
}

export interface EventRow extends NewEvent {
  id: number;
}

/**
 * Why a user must be evaluated: the attributes changed, an event happened, or a sweep found that
 * the user's membership of a segment changed.
 */
export type DirtyCause = 'attributes' | 'event' | 'segment';

/**
 * A reason to evaluate a user, with its place in the user's events: after the event with this id.
 */
export interface NewMark {
  userId: string;
  cause: DirtyCause;
  /** Name of the event, id of the segment; '' for `attributes`. */
  subject: string;
  afterEvent: number;
}

export interface UserStatements {
  getUser(id: string): Promise<UserRow | undefined>;
  /** The existing users among `ids`, locked until the transaction ends. */
  lockUsers(ids: string[]): Promise<UserRow[]>;
  /** The same when the attributes do not matter. */
  lockUserIds(ids: string[]): Promise<string[]>;
  /** Inserts the users, or replaces their attributes and updatedAt. */
  putUsers(users: UserRow[]): Promise<void>;
  /**
   * Removes the users with their events, memberships, runs and dirty marks. Their messages stay as
   * the ledger, without the address.
   */
  deleteUsers(ids: string[]): Promise<void>;
  /** Inserts and returns the new ids, in the order given. */
  insertEvents(events: NewEvent[]): Promise<number[]>;
  /** The subset of `pairs` that was stored before, as `userId\nmessageId`. */
  knownEvents(pairs: { userId: string; messageId: string }[]): Promise<Set<string>>;
  /**
   * The id of the newest event of all users; 0 without events. A locked user cannot have a newer
   * one.
   */
  lastEventId(): Promise<number>;
  /** Sets marks. An existing mark keeps its place. */
  markDirty(marks: NewMark[]): Promise<void>;
  /** The stored answers of idempotency keys. */
  idempotent(keys: string[]): Promise<{ key: string; requestHash: string; response: Json }[]>;
  putIdempotent(
    rows: { key: string; requestHash: string; response: Json; createdAt: number }[],
  ): Promise<void>;
  /** Forgets idempotency keys older than `before`. */
  pruneIdempotent(before: number): Promise<void>;
}
