import type { Json, JsonObject } from '../core/json.ts';
import type { MessageStatus, RunStatus } from '../schema/index.ts';

/*
 * What the engine needs from the outside: a store, a host that runs the pushed code, and a mailer. Adapters in store/, host/ and
 * email/ implement these; app.ts wires them. All times are epoch milliseconds, UTC. One file, though long: it is the contract
 * between the parts, and is read as a whole.
 */

// --- Store ---------------------------------------------------------------------------------------

export interface Store extends Statements {
  /**
   * Runs `work` in one write transaction: durable once it resolves, undone when it rejects. A conflict that the database
   * reports as retryable (a deadlock) runs `work` again, so `work` has no effects but its statements. With a `fence` it
   * rejects with `lease_lost` unless the node still owns those slots, and keeps others from taking them until it has ended.
   */
  transaction<T>(work: (tx: Statements) => Promise<T>, fence?: Fence): Promise<T>;
  /** How processes share this store; undefined when one process has it to itself. */
  readonly leases: Leases | undefined;
  close(): Promise<void>;
}

/** Slots that a process may work on. */
export type Slots = 'all' | readonly number[];

export interface Fence {
  nodeId: string;
  /** The slots of the users that the transaction is about. */
  slots: readonly number[];
}

/**
 * Which process works on which slots, by the database's clock. A node that does not renew its lease in time has lost its
 * slots: whoever acquires them raises their epoch, and what the former owner still tries to commit is refused.
 */
export interface Leases {
  /** Renews the lease of the node (and enters it) for `ttlMs` from now, and tells who lives and what each owns. */
  renew(node: LeaseNode, ttlMs: number): Promise<LeaseView>;
  /** Takes up to `count` slots that no living node owns. Returns those taken. */
  acquire(nodeId: string, count: number): Promise<number[]>;
  /** Gives up these slots, as far as the node owns them. */
  release(nodeId: string, slots: readonly number[]): Promise<void>;
  /** Gives up everything: the node ends. */
  leave(nodeId: string): Promise<void>;
}

export interface LeaseNode {
  id: string;
  /** For people: host name and process id. */
  name: string;
  startedAt: number;
}

export interface LeaseView {
  /** Living nodes, the asking one among them. */
  nodes: (LeaseNode & { expiresAt: number; slots: number[] })[];
  /** How many slots no living node owns. */
  free: number;
}

/** Statements by area. Lists may be empty (no effect) or of any length: the store splits them. */
export interface Statements
  extends UserStatements,
    SegmentStatements,
    RunStatements,
    AwaitStatements,
    PauseStatements,
    MessageStatements,
    DeploymentStatements,
    PlanStatements,
    ReadStatements {
  /** The database's clock. */
  now(): Promise<number>;
  /** The installation's own id, made with the database: it stays with the data, wherever that moves. */
  instanceId(): Promise<string>;
}

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
 * Why a user is to be evaluated: `user` (attributes changed), `event:NAME`, or `segment:ID` (a sweep found that the
 * user's membership of that segment changed).
 */
export type DirtyCause = string;

export interface UserStatements {
  getUser(id: string): Promise<UserRow | undefined>;
  /** Those of `ids` that exist, locked until the transaction ends. */
  lockUsers(ids: string[]): Promise<UserRow[]>;
  /** Inserts the users, or replaces their attributes and updatedAt. */
  putUsers(users: UserRow[]): Promise<void>;
  /** Removes the users with their events, memberships, runs and dirty marks. Messages stay (they are the ledger), without their address. */
  deleteUsers(ids: string[]): Promise<void>;
  /** Inserts and returns the new ids, in the order given. */
  insertEvents(events: NewEvent[]): Promise<number[]>;
  /** Those of `pairs` that were stored before, as `userId\nmessageId`. */
  knownEvents(pairs: { userId: string; messageId: string }[]): Promise<Set<string>>;
  markDirty(marks: { userId: string; cause: DirtyCause }[]): Promise<void>;
  /** Answers kept for idempotency keys. */
  idempotent(keys: string[]): Promise<{ key: string; requestHash: string; response: Json }[]>;
  putIdempotent(
    rows: { key: string; requestHash: string; response: Json; createdAt: number }[],
  ): Promise<void>;
  /** Forgets idempotency keys older than `before`. */
  pruneIdempotent(before: number): Promise<void>;
}

/** A segment's SELECT in MySQL's dialect, with its parameters. */
export interface SegmentSql {
  id: string;
  sql: string;
  params: unknown[];
}

/** What the store found out about a segment's SELECT. */
export interface SegmentTraits {
  /** The SQL reads the clock, so time alone can change the members. */
  readsClock: boolean;
  /** Whether a user's membership depends on that user's own rows alone. When false it is evaluated whole. */
  ownRowsOnly: boolean;
  readsEvents: boolean;
}

export interface DirtyMark {
  userId: string;
  cause: DirtyCause;
  /** Grows each time the mark is set; a mark is only cleared as it was read. */
  seq: number;
}

export interface SegmentStatements {
  /** Checks that the store can run this SELECT. Throws `store_unsupported` or `invalid_config` with the reason. */
  inspectSegment(segment: SegmentSql): Promise<SegmentTraits>;
  /** Those of `userIds` that the segment selects. */
  evaluateSegment(segment: SegmentSql, traits: SegmentTraits, userIds: string[]): Promise<Set<string>>;
  /** Marks, as `segment:ID`, the users whose stored membership differs from what the segment selects now. Returns how many. */
  markSegmentChanges(segment: SegmentSql): Promise<number>;
  /** All marks of up to `limit` users in these slots, oldest first. */
  dirtyUsers(limit: number, slots?: Slots): Promise<DirtyMark[]>;
  clearDirty(marks: DirtyMark[]): Promise<void>;
  /** Whether the user waits for an evaluation. */
  isDirty(userId: string): Promise<boolean>;
  memberships(userIds: string[]): Promise<{ userId: string; segmentId: string }[]>;
  addMembers(rows: { segmentId: string; userId: string; since: number }[]): Promise<void>;
  removeMembers(rows: { segmentId: string; userId: string }[]): Promise<void>;
  setEvaluated(segmentId: string, at: number): Promise<void>;
  /** Begins, or begins anew, an evaluation of every user (after a deployment). */
  startSweep(): Promise<void>;
  /** The next users of the sweep under way, or undefined when there is none. `token` is handed to advanceSweep. */
  nextSweep(limit: number, slots?: Slots): Promise<{ userIds: string[]; token: SweepToken } | undefined>;
  /** Records that the users nextSweep gave with `token` were evaluated. */
  advanceSweep(token: SweepToken): Promise<void>;
}

export interface SweepToken {
  slot: number;
  /** Sweep number: one begun since makes the token void. */
  sweep: number;
  /** Last user evaluated, or null when the slot is done. */
  after: string | null;
  /** Other slots that the batch finishes. */
  alsoDone?: number[];
}

export interface RunHead {
  id: number;
  campaignId: string;
  userId: string;
  entry: number;
  status: RunStatus;
}

/** A run with what decides whether its user may enter again, and whether it converted. */
export interface LatestRun extends RunHead {
  enteredAt: number;
  endedAt: number | null;
  convertedAt: number | null;
  entryEventId: number | null;
  deploymentId: string;
  reason: string | null;
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
  /** Why it ends before it begins: only that the user is not to enter is on record. */
  skipped?: string;
}

/** A run that is due, with what its flow needs. */
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
  /** See engine/awaits; null while it waits for nothing but a time or a message. */
  awaits: string | null;
  pinned: boolean;
  reason: string | null;
  /** The event that caused the entry. */
  event: EventRow | null;
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
  /** Default null. */
  awaits?: string | null;
}

export interface RunStatements {
  /** The latest run of each of these users in each campaign. */
  latestRuns(userIds: string[]): Promise<LatestRun[]>;
  /** Inserts pending runs. */
  insertRuns(rows: NewRun[]): Promise<void>;
  /** Ends the runs among `ids` that have not ended, as cancelled. */
  cancelRuns(ids: number[], reason: string, at: number): Promise<void>;
  /** Runs with wakeAt <= now, the earliest first; not those of paused campaigns. */
  dueRuns(now: number, limit: number, slots?: Slots): Promise<DueRun[]>;
  /** The earliest wakeAt there is, but for paused campaigns. */
  nextWake(slots?: Slots): Promise<number | undefined>;
  /** Writes the updates of runs that have not ended since they were read (a cancelled run stays cancelled). Returns the ids written. */
  saveRuns(updates: RunUpdate[]): Promise<Set<number>>;
  sealJournal(rows: { runId: number; chunk: number; text: string }[]): Promise<void>;
  /** Removes the sealed parts of these runs' journals. */
  dropSealed(runIds: number[]): Promise<void>;
  /** Makes running runs due at `at` (their message was settled). */
  wakeRuns(ids: number[], at: number): Promise<void>;
  /** Those of `ids` that have not ended, locked until the transaction ends. */
  lockRuns(ids: number[]): Promise<Set<number>>;
  /** Sets convertedAt of those of `ids` that have none. Returns how many. */
  convertRuns(ids: number[], at: number): Promise<number>;
  /** Makes every blocked run due at `at`. Returns how many. */
  wakeBlocked(at: number): Promise<number>;
  /** Makes up to `limit` failed and blocked runs due again, as pending, with the reason RETRIED; not those that the user has entered anew since. Returns their ids. */
  retryRuns(filter: RetryFilter, options: { at: number; limit: number }): Promise<number[]>;
}

/** The reason of a run that was retried, until it is advanced. */
export const RETRIED = 'retried';

export interface RetryFilter {
  runId?: number;
  userId?: string;
  campaignId?: string;
}

/** What runs that wait for more than a time are to be told. */
export interface AwaitStatements {
  /** The live runs of these users that await something, locked until the transaction ends. */
  awaitingRuns(userIds: string[]): Promise<AwaitingRun[]>;
  /** Writes what live runs await, and when they are due. */
  saveAwaits(rows: { id: number; awaits: string; wakeAt: number | null }[]): Promise<void>;
  /** Events of these names and users that happened at or after the earliest `since`, by user in the order in which they happened. */
  eventsSince(queries: { userId: string; name: string; since: number }[]): Promise<EventRow[]>;
  /** The last event of this name by the user. */
  latestEvent(userId: string, name: string): Promise<EventRow | undefined>;
  /** Since when these users are in which segments. */
  membersSince(userIds: string[]): Promise<{ userId: string; segmentId: string; since: number }[]>;
  /** Those of `userIds` that are marked for an evaluation. */
  markedUsers(userIds: string[]): Promise<Set<string>>;
  /**
   * The rows of a SELECT in MySQL's dialect that sees only this user's rows: objects by column name, at most 1,000.
   * @throws `flow_error` when the store refuses it.
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
  /** A campaign's id, or `*` for everything: then no mail leaves at all. */
  campaignId: string;
  reason: string;
  pausedAt: number;
}

export interface PauseStatements {
  /** Pauses it, or replaces the reason when it is paused already. */
  putPause(row: PauseRow): Promise<void>;
  /** Returns whether it was paused. */
  removePause(campaignId: string): Promise<boolean>;
  pauses(): Promise<PauseRow[]>;
}

export interface NewMessage {
  id: string;
  userId: string;
  template: string;
  campaignId: string | null;
  runId: number | null;
  position: number | null;
  eventId: number | null;
  deploymentId: string;
  createdAt: number;
  /** When it should have left: its place in the queue. Not after createdAt. */
  dueAt: number;
  /** Of messages that are due, those of a higher priority leave first. Default 0. */
  priority?: number;
  options?: EmailOptions | null;
}

/** A message that is due, with what sending it needs. */
export interface DueMessage extends Omit<NewMessage, 'dueAt' | 'priority' | 'options'> {
  options: EmailOptions | null;
  status: MessageStatus;
  attempts: number;
  toAddress: string | null;
  subject: string | null;
  /** Undefined when the user is gone. */
  attributes: JsonObject | undefined;
  runStatus: RunStatus | null;
  event: EventRow | null;
}

export interface MessageUpdate {
  id: string;
  status: MessageStatus;
  attempts: number;
  nextAttemptAt: number | null;
  providerId: string | null;
  reason: string | null;
  toAddress: string | null;
  subject: string | null;
  sentAt: number | null;
  /** Write it only while the message is being sent for the time that `attempts` says: nobody has taken it over since. */
  stillSending?: boolean;
}

export interface MessageStatements {
  /** Inserts queued messages, due at once. A message whose run and position, or event and template, exist is not inserted again. */
  insertMessages(rows: NewMessage[]): Promise<void>;
  /** Queued and unknown messages with nextAttemptAt <= now, by priority, then the earliest first; not those of paused campaigns. */
  dueMessages(now: number, limit: number, slots?: Slots): Promise<DueMessage[]>;
  nextAttempt(slots?: Slots): Promise<number | undefined>;
  /** Writes the updates of messages that are not settled (sent, failed or skipped). Returns the ids written. */
  saveMessages(updates: MessageUpdate[]): Promise<Set<string>>;
  /** The messages that settled since their run began to wait for them, for those of `runIds`: by run and position. */
  settledMessages(steps: { runId: number; position: number }[]): Promise<SettledMessage[]>;
  /** Skips the queued messages of these runs. */
  skipMessagesOf(runIds: number[], reason: string): Promise<void>;
  /** Turns every `sending` message in these slots into `unknown`, to be asked about at `at`. Called when a process takes them over. Returns how many. */
  unsettle(at: number, slots?: Slots): Promise<number>;
}

export interface SettledMessage {
  id: string;
  runId: number;
  position: number;
  status: 'sent' | 'failed' | 'skipped';
  reason: string | null;
}

export interface DeploymentRow {
  id: string;
  code: string;
  /** Encrypted: the captured environment and the mail provider's settings. */
  environment: string;
  manifest: Manifest;
  /** Where it was pushed from: `by`, `host`, `commit`, `message`, each where known. */
  origin: Record<string, string>;
  createdAt: number;
  activatedAt: number | null;
}

export interface DeploymentStatements {
  activeDeployment(): Promise<DeploymentRow | undefined>;
  /**
   * Which activation is in force: changes with every one, '' before the first. Within a transaction no other activation
   * can commit until it ends.
   */
  activation(): Promise<string>;
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
  liveRuns(campaignId: string, range: { after: number; until: number; limit: number }): Promise<RunHead[]>;
  /** The id of the newest run, 0 when there is none. */
  newestRun(): Promise<number>;
  pinRuns(ids: number[]): Promise<void>;
  replayableRuns(ids: number[]): Promise<ReplayableRun[]>;
  /** How many events the user has, by name, and when the last of each was. */
  eventCounts(userId: string): Promise<{ name: string; count: number; lastAt: number }[]>;
}

/** For people who look, not for the engine. */
export interface ReadStatements {
  counts(): Promise<Counts>;
  listMessages(filter: MessageFilter): Promise<MessageView[]>;
  /** Runs of a user, latest first, each with its whole journal. */
  runsOfUser(userId: string, limit: number): Promise<RunView[]>;
  eventsOfUser(userId: string, limit: number): Promise<EventRow[]>;
}

export interface Counts {
  users: number;
  events: number;
  /** Users and sweep work waiting for an evaluation. */
  dirtyUsers: number;
  segments: { id: string; size: number; evaluatedAt: number | null }[];
  /** How many runs campaigns had, and how many of them reached the campaign's goal. */
  campaigns: { id: string; entered: number; converted: number }[];
  runs: Partial<Record<RunStatus, number>>;
  messages: Partial<Record<MessageStatus, number>>;
}

export interface MessageFilter {
  userId?: string;
  status?: MessageStatus;
  campaignId?: string;
  template?: string;
  /** Messages older than this one: for paging. */
  before?: string;
  limit: number;
}

export interface MessageView {
  id: string;
  userId: string;
  template: string;
  campaignId: string | null;
  runId: number | null;
  /** Position in the run of the command that sends it. */
  position: number | null;
  to: string | null;
  subject: string | null;
  status: MessageStatus;
  reason: string | null;
  attempts: number;
  providerId: string | null;
  createdAt: number;
  sentAt: number | null;
}

export interface RunView extends RunHead {
  deploymentId: string;
  enteredAt: number;
  endedAt: number | null;
  wakeAt: number | null;
  /** See engine/awaits. */
  awaits: string | null;
  pinned: boolean;
  convertedAt: number | null;
  reason: string | null;
  journal: string;
}

// --- Host ----------------------------------------------------------------------------------------

/** Pushed code with the environment variables it was pushed with. */
export interface Bundle {
  /** Hash of the code. */
  id: string;
  code: string;
  environment: Record<string, string>;
}

export interface Manifest {
  templates: string[];
  segments: ManifestSegment[];
  campaigns: ManifestCampaign[];
  transactions: { id: string; event: string }[];
  /** A push asks before it puts this in force. */
  confirm: boolean;
  /** What tells one version of an email or a flow from another: hashes by id. */
  contentHashes?: ContentHashes;
  /** Campaigns that those who qualified already when the deployment was made do not enter. */
  skipExisting?: string[];
}

export interface ContentHashes {
  templates: Record<string, string>;
  transactions: Record<string, string>;
  campaigns: Record<string, string>;
}

/** A campaign's rules, every default filled in. */
export interface ManifestCampaign {
  id: string;
  segments: string[];
  excludeSegments: string[];
  behavior: 'static' | 'dynamic';
  /** Who was in may enter again: never, whenever they come to qualify again, or then but no sooner than so long after their last entry. */
  reentry: 'once' | 'always' | { afterMs: number };
  /** Any of these ends a run. */
  exitWhen: { event?: string; segment?: string } | null;
  /** Any of these counts a conversion, `withinMs` after the entry at most; null: whenever. */
  goal: { event?: string; segment?: string; withinMs: number | null } | null;
  /** The higher goes first where campaigns compete. Default 0. */
  priority: number;
  /** Runs begin at a moment of their own within so long after the entry. Default 0: at once. */
  spreadMs: number;
}

export interface ManifestSegment {
  id: string;
  sql: string;
  params: unknown[];
  /** The evaluator builds other parameters at another time, or the SQL reads the clock. */
  timeDependent: boolean;
  /** The evaluator's SQL or parameters change with time: ask the host for them at each evaluation. */
  volatile: boolean;
  traits: SegmentTraits;
  triggers: { everyMs?: number; cron?: string; events?: string[] };
}

/** What the host finds in a bundle. `traits` come from the store, `timeDependent` from both. */
export interface Inspection {
  manifest: Omit<Manifest, 'segments'> & { segments: Omit<ManifestSegment, 'traits' | 'timeDependent'>[] };
  provider: ProviderSettings;
}

/** The config's emailProvider, resolved. Holds secrets: never logged, never stored in clear. */
export interface ProviderSettings {
  config:
    | { name: 'postmark'; apiKey: string; url?: string; messageStream?: string; transactionalStream?: string }
    | { name: 'file'; directory?: string };
  fromAddress: string;
  replyTo?: string;
}

/** One thing wrong with a config. */
export interface Problem {
  /** Where: `campaigns.welcome.segments[0]`. */
  path: string;
  message: string;
  hint?: string;
  file?: string;
  line?: number;
  column?: number;
  /** The lines around the place, for a terminal. */
  frame?: string;
}

export interface ActivationRequest {
  runId: number;
  campaignId: string;
  userId: string;
  attributes: JsonObject;
  enteredAt: number;
  /** The journal so far. */
  journal: string;
  /** The result of the pending command, unless this is the first activation. */
  result?: Json;
  /** The time of this activation. */
  at: number;
  /** Only says whether the code follows the journal: nothing new is run. `advanced` then means that it does. */
  replayOnly?: boolean;
  /** Side effects (`run`) are not done: the activation ends at one, with `retry` pending. */
  dryRun?: boolean;
  /** The event that caused the entry. */
  event?: { name: string; attributes: JsonObject; createdAt: number } | null;
  /** 1 for the user's first passage through the campaign. */
  entry?: number;
}

/** What a run waits for. Times are epoch milliseconds; a deadline of null is none. */
export type Pending =
  | { kind: 'email'; template: string; options?: EmailOptions }
  | TimedPending
  /** The first of these, by label, decides; the result is `{ label, value }`. */
  | { kind: 'race'; branches: Record<string, TimedPending> }
  /** Is the user in the segment? Answered at once by the engine: true or false. */
  | { kind: 'member'; segment: string }
  /**
   * A read-only SELECT about this user. Answered at once by the engine: the rows, objects by column name, as the
   * store has them (times and JSON may be text).
   */
  | { kind: 'query'; sql: string; params: Json[] }
  /** A side effect failed and is tried again then, by resuming without a result. */
  | { kind: 'retry'; until: number; error: string };

export type TimedPending =
  | { kind: 'wait'; until: number }
  /** A time of day in the user's time zone; moves with it while the run sleeps. `timezone` null: the user's attribute `timezone`, or UTC. */
  | { kind: 'daytime'; until: number; time: string; weekdays: number[] | null; timezone: string | null }
  /** Result: the event as `{ name, attributes, createdAt }` (ISO time), or null at the deadline. */
  | { kind: 'event'; name: string; match: JsonObject | null; until: number | null }
  /** Result: true once the user is in the segment, false at the deadline. */
  | { kind: 'segment'; segment: string; until: number | null };

/** JSON-able parts of sendEmail's options. */
export interface EmailOptions {
  /** Further props of the component, beside `user`. */
  props?: JsonObject;
  subject?: string;
}

/** What an activation does besides waiting; committed with its step. */
export type Effect =
  /** JSON merge patch of the user's attributes. */
  | { kind: 'update'; position: number; patch: JsonObject }
  | { kind: 'emit'; position: number; name: string; attributes: JsonObject }
  /** Enters the user into another campaign, unless a run of it lives. */
  | { kind: 'start'; position: number; campaignId: string };

export type ActivationResult =
  | {
      outcome: 'advanced';
      /** Records to append to the journal. */
      appended: string;
      /** How many commands the journal then has. */
      position: number;
      /** The command the run now waits for, or null when the flow has ended. */
      pending: Pending | null;
      effects?: Effect[];
      /** Why the flow ended itself with `exit`. */
      exit?: string;
      /** The journal begins anew (`continueAsNew`): `appended` replaces it instead of following it. */
      fresh?: boolean;
      /** With `replayOnly`: attributes that the flow looked at and the journal does not tell, so that their present values were taken. */
      guessed?: string[];
    }
  /** The flow threw, or yielded what is not a command. */
  | {
      outcome: 'failed';
      appended: string;
      position: number;
      error: { message: string; stack: string };
      /** What it did before it failed: `appended` says that it is done, so that it is not done again when the run is taken up. */
      effects?: Effect[];
      fresh?: boolean;
    }
  /** The code yields something else than the journal says. */
  | { outcome: 'diverged'; position: number; recorded: string; yielded: string; guessed?: string[] };

export interface RenderRequest {
  messageId: string;
  kind: 'template' | 'transaction';
  /** Id of the template or transaction. */
  id: string;
  attributes: JsonObject;
  event: { name: string; attributes: JsonObject; createdAt: number } | null;
  options?: EmailOptions;
  /** For people who look: render with the component's PreviewProps where it has them, else with a sample user and event. */
  preview?: boolean;
}

export type RenderResult =
  | { ok: true; subject: string; html: string; text: string }
  | { ok: false; error: { message: string; stack: string } };

/** What a preview lists of a bundle, whether or not the bundle could be pushed. */
export interface PreviewCatalog {
  /** Templates, then transactions, in the config's order. */
  items: PreviewItem[];
  /** The config's sender; undefined while it has none. */
  fromAddress: string | undefined;
  replyTo: string | undefined;
  /** All that `inspect` would refuse, the provider's missing key included. With a module that throws on import: that, and no items. */
  problems: Problem[];
}

export interface PreviewItem {
  kind: RenderRequest['kind'];
  id: string;
  /** What a RenderRequest with `preview: true` renders with: the component's PreviewProps, else the sample user and event. */
  sample: { attributes: JsonObject; event: RenderRequest['event'] };
  /** The sample is from the component's PreviewProps. */
  previewProps: boolean;
}

/** Runs pushed code, contained: a request that hangs or kills its process fails alone. */
export interface Host {
  /** Loads the bundle. Throws `invalid_config` with `details: Problem[]` (all of them) when it is wrong. */
  inspect(bundle: Bundle): Promise<Inspection>;
  /** The SELECTs of `segmentIds` as the evaluators build them at `at`. */
  segmentQueries(bundle: Bundle, segmentIds: string[], at: number): Promise<SegmentSql[]>;
  advance(bundle: Bundle, requests: ActivationRequest[]): Promise<ActivationResult[]>;
  /** Renders also what `inspect` would refuse, as long as the template itself is there. Stacks name source files. */
  render(bundle: Bundle, requests: RenderRequest[]): Promise<RenderResult[]>;
  /** For a preview: never throws for what is wrong with the config, but lists it. */
  catalog(bundle: Bundle): Promise<PreviewCatalog>;
  close(): Promise<void>;
}

// --- Mailer --------------------------------------------------------------------------------------

export interface OutgoingEmail {
  /** The message's id: goes with the email as metadata, so that the provider can be asked about it. */
  id: string;
  kind: 'campaign' | 'transactional';
  from: string;
  to: string;
  replyTo?: string;
  subject: string;
  html: string;
  text: string;
  /** Template or transaction id, for the provider's statistics. */
  tag: string;
}

export type SendResult =
  | { status: 'sent'; providerId: string }
  /** Refused for good: the address, the content. */
  | { status: 'refused'; reason: string }
  /** Surely not sent; try again after `retryAfterMs` if given. */
  | { status: 'retry'; reason: string; retryAfterMs?: number }
  /** May have been sent: ask with `find` before trying again. */
  | { status: 'unknown'; reason: string };

export interface MailProvider {
  readonly name: string;
  /** Most emails one `send` takes. */
  readonly batchSize: number;
  /** Resolves to one result an email, in order; never rejects. */
  send(emails: OutgoingEmail[]): Promise<SendResult[]>;
  /**
   * What became of these messages: the provider's id of those it has. By `occasion`, a message that it has of the same occasion
   * (core/ids) counts too: a restored instance may have made it anew. Throws `provider_error` when it cannot tell.
   */
  find(messageIds: string[], by?: 'id' | 'occasion'): Promise<Map<string, string>>;
}

/** Makes the provider of a config. */
export type MailProviderFactory = (settings: ProviderSettings) => MailProvider;
