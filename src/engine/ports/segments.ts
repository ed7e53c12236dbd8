import type { QueryFacts } from '../../sql/facts/query-facts.ts';
import type { Slots } from './leases.ts';
import type { NewMark } from './users.ts';

/** A segment's SELECT in MySQL's dialect, with its parameters. */
export interface SegmentSql {
  id: string;
  sql: string;
  params: unknown[];
}

export interface DirtyMark extends NewMark {
  /**
   * Grows each time the mark is set. A mark is cleared only if it has not been set again since it
   * was read.
   */
  seq: number;
  /** The user's events up to this id came before the cause. */
  afterEvent: number;
}

export interface SegmentStatements {
  /** Checks that the store can run this SELECT. Throws `store_unsupported` or `invalid_config` with the reason. */
  inspectSegment(segment: SegmentSql): Promise<QueryFacts>;
  /** The subset of `userIds` that the segment selects. */
  evaluateSegment(
    segment: SegmentSql,
    facts: Pick<QueryFacts, 'ownRowsOnly'>,
    userIds: string[],
  ): Promise<Set<string>>;
  /** Marks the users whose stored membership differs from what the segment selects now, with the cause `segment`. Returns how many. */
  markSegmentChanges(segment: SegmentSql): Promise<number>;
  /** All marks of up to `limit` users in these slots, oldest first. */
  dirtyUsers(limit: number, slots?: Slots): Promise<DirtyMark[]>;
  /** All marks of these users. */
  marksOf(userIds: string[]): Promise<DirtyMark[]>;
  clearDirty(marks: DirtyMark[]): Promise<void>;
  /** Whether the user waits for an evaluation. */
  isDirty(userId: string): Promise<boolean>;
  memberships(userIds: string[]): Promise<{ userId: string; segmentId: string }[]>;
  addMembers(rows: { segmentId: string; userId: string; since: number }[]): Promise<void>;
  removeMembers(rows: { segmentId: string; userId: string }[]): Promise<void>;
  setEvaluated(segmentId: string, at: number): Promise<void>;
  /** Marks the users of these runs. */
  usersOfRuns(ids: number[]): Promise<string[]>;
  /** Marks the recipients of these messages. */
  usersOfMessages(ids: string[]): Promise<string[]>;
  /** Starts or restarts an evaluation of every user (after a deployment). */
  startSweep(): Promise<void>;
  /**
   * The next users of the running sweep, or undefined without one. Pass `token` to advanceSweep.
   */
  nextSweep(limit: number, slots?: Slots): Promise<{ userIds: string[]; token: SweepToken } | undefined>;
  /** Records that the users nextSweep gave with `token` were evaluated. */
  advanceSweep(token: SweepToken): Promise<void>;
}

export interface SweepToken {
  slot: number;
  /** Number of the sweep. A newer sweep invalidates the token. */
  sweep: number;
  /** Last user evaluated, or null when the slot is done. */
  after: string | null;
  /** Other slots that the batch finishes. */
  alsoDone?: number[];
}
