import type { JsonObject } from '../../core/json.ts';
import type { Manifest } from './manifest.ts';
import type { LiveRun, RunHead } from './runs.ts';
import type { SegmentSql } from './segments.ts';
import type { EventRow, UserRow } from './users.ts';

export interface DeploymentRow {
  id: string;
  code: string;
  /** Encrypted: the captured environment and the mail provider's settings. */
  environment: string;
  manifest: Manifest;
  /**
   * Where it was pushed from: `by`, `host`, `commit`, `message`, and who returned to it last, if anybody: `rolledBackBy`,
   * `rolledBackFrom`. Each where known.
   */
  origin: Record<string, string>;
  createdAt: number;
  activatedAt: number | null;
}

export interface DeploymentStatements {
  activeDeployment(): Promise<DeploymentRow | undefined>;
  /**
   * Names which deployment is in force since when: changes each time one is put in force, '' before the first. Within a
   * transaction no other can be put in force until it ends.
   */
  revision(): Promise<string>;
  deployment(id: string): Promise<DeploymentRow | undefined>;
  /** Inserts the deployment or, when its code is known, replaces its environment and manifest. */
  putDeployment(row: DeploymentRow): Promise<void>;
  /**
   * Makes it the active one at `at`: replaces the rows of segments and campaigns, removes members of segments that are gone.
   * Runs of campaigns that are gone are cancelled by the caller.
   */
  activate(id: string, manifest: Manifest, at: number): Promise<void>;
  /** Live runs of campaigns that are not among `campaignIds`. */
  liveRunsOutside(campaignIds: string[], limit: number): Promise<RunHead[]>;
  listDeployments(limit: number): Promise<Omit<DeploymentRow, 'code' | 'environment'>[]>;
}

/** Live runs that followed the same history: one of them stands for all when new code is tried on it. */
export interface RunGroup {
  deploymentId: string;
  pinned: boolean;
  blocked: boolean;
  journalHash: string;
  count: number;
  /** The first of them. */
  runId: number;
}

/** A run with what replaying it needs. */
export interface ReplayableRun extends RunHead {
  deploymentId: string;
  enteredAt: number;
  journal: string;
  attributes: JsonObject;
  event: EventRow | null;
}

/** For what a deployment would do, and for doing it. Each looks at a bounded number of rows. */
export interface PlanStatements {
  /** The ids of the next users, in the order of their ids. */
  usersAfter(after: string, limit: number): Promise<string[]>;
  usersById(ids: string[]): Promise<UserRow[]>;
  /** Everyone the segment selects now. For segments that do not depend on a user's own rows alone. */
  selectWhole(segment: SegmentSql): Promise<Set<string>>;
  /** How many users are stored as members. */
  segmentSizes(): Promise<Map<string, number>>;
  /** Whether an evaluation of every user is under way. */
  isSweeping(): Promise<boolean>;
  /** Those of `userIds` whom the evaluation of every user has yet to reach. */
  unswept(userIds: string[]): Promise<Set<string>>;
  /** Ids of campaigns that have live runs. */
  liveCampaigns(): Promise<string[]>;
  /** The next `limit` live runs of the campaign after the run `after`, in groups. `last` is undefined once there are no more. */
  liveRunGroups(
    campaignId: string,
    after: number,
    limit: number,
  ): Promise<{ groups: RunGroup[]; last: number | undefined }>;
  /** The ids of the next runs of a group of the campaign's after the run `after`. */
  runsOfGroup(
    campaignId: string,
    group: Omit<RunGroup, 'count' | 'runId'>,
    page: { after: number; limit: number },
  ): Promise<number[]>;
  /** The next live runs of the campaign after the run `after` and up to the run `until`. */
  liveRuns(campaignId: string, range: { after: number; until: number; limit: number }): Promise<LiveRun[]>;
  /** The id of the newest run, 0 when there is none. */
  newestRun(): Promise<number>;
  pinRuns(ids: number[]): Promise<void>;
  replayableRuns(ids: number[]): Promise<ReplayableRun[]>;
  /** How many events the user has, by name, and when the last of each was. */
  eventCounts(userId: string): Promise<{ name: string; count: number; lastAt: number }[]>;
}
