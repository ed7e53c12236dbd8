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
   * Where it was pushed from: `by`, `host`, `commit`, `message`, and the person who last rolled
   * back to it: `rolledBackBy`, `rolledBackFrom`. Each only if known.
   */
  origin: Record<string, string>;
  createdAt: number;
  activatedAt: number | null;
}

export interface DeploymentStatements {
  activeDeployment(): Promise<DeploymentRow | undefined>;
  /**
   * A token for the deployment in force: changes each time one is put in force, '' before the
   * first. Within a transaction no other deployment can be put in force until the transaction ends.
   */
  revision(): Promise<string>;
  deployment(id: string): Promise<DeploymentRow | undefined>;
  /** Inserts the deployment or, when its code is known, replaces its environment and manifest. */
  putDeployment(row: DeploymentRow): Promise<void>;
  /**
   * Activates it at `at`: replaces the rows of segments and campaigns, and removes members of
   * removed segments. The caller cancels runs of removed campaigns.
   */
  activate(id: string, manifest: Manifest, at: number): Promise<void>;
  /** Live runs of campaigns that are not among `campaignIds`. */
  liveRunsOutside(campaignIds: string[], limit: number): Promise<RunHead[]>;
  listDeployments(limit: number): Promise<Omit<DeploymentRow, 'code' | 'environment'>[]>;
}

/** Live runs with the same history: one of them represents all when new code is tried. */
export interface RunGroup {
  deploymentId: string;
  pinned: boolean;
  blocked: boolean;
  journalHash: string;
  count: number;
  /** Id of the first run. */
  runId: number;
}

/** A run with everything that a replay needs. */
export interface ReplayableRun extends RunHead {
  deploymentId: string;
  enteredAt: number;
  journal: string;
  attributes: JsonObject;
  event: EventRow | null;
}

/**
 * Statements for planning a deployment and for carrying it out. Each reads a bounded number of
 * rows.
 */
export interface PlanStatements {
  /** The ids of the next users, in the order of their ids. */
  usersAfter(after: string, limit: number): Promise<string[]>;
  usersById(ids: string[]): Promise<UserRow[]>;
  /** Everyone the segment selects now, for segments that depend on more than a user's own rows. */
  selectWhole(segment: SegmentSql): Promise<Set<string>>;
  /** How many users are stored as members. */
  segmentSizes(): Promise<Map<string, number>>;
  /** Whether an evaluation of every user is running. */
  isSweeping(): Promise<boolean>;
  /** The subset of `userIds` that the evaluation of every user has not reached yet. */
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
