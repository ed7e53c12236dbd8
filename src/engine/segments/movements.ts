import { hash53 } from '../../core/hash.ts';
import type { Deployment } from '../deployments/deployments.ts';
import type { ManifestCampaign } from '../ports/manifest.ts';
import type { LatestRun, NewRun } from '../ports/runs.ts';
import type { Statements } from '../ports/store.ts';
import { type Ending, exitByEvent, SKIPPED } from '../rules/endings.ts';
import { decide, endingOf, isLive, qualifies } from '../rules/qualification.ts';
import { eventsOfRuns, reachesGoal, triggerEvents } from '../rules/triggers.ts';
import { wakeAwaiting } from '../waits/wakeups.ts';
import { type Cause, type Causes, causesFor } from './causes.ts';

export type Memberships = ReadonlyMap<string, ReadonlySet<string>>;

/** What an evaluation found. */
export interface Evaluation {
  deployment: Deployment;
  now: number;
  userIds: string[];
  before: Memberships;
  after: Memberships;
  /** Why these users were evaluated. */
  causes: Causes;
  /** The id of the newest event at `now`. */
  lastEvent: number;
  /**
   * Whether to consider campaigns even for users whose memberships did not change (after a
   * deployment).
   */
  everyone: boolean;
  /** Users whom the evaluation of everyone after the deployment has not reached yet. */
  unswept: ReadonlySet<string>;
  /** Whether an event of this name can change the segment's members. */
  readsEvent: (segmentId: string, name: string) => boolean;
}

/**
 * Writes, within the evaluation's transaction, who moved, entered and left. Returns how many runs
 * became due.
 */
export async function move(tx: Statements, evaluation: Evaluation): Promise<number> {
  const { deployment, now, before, after } = evaluation;
  const { campaigns, skipExisting = [] } = deployment.manifest;
  const users = await tx.lockUsers(usersToConsider(evaluation));
  const diff = membershipDiff(
    users.map(({ id }) => id),
    evaluation,
  );
  await tx.removeMembers(diff.removed);
  await tx.addMembers(diff.added.map((row) => ({ ...row, since: now })));

  const latest = new Map(
    (await tx.latestRuns(users.map(({ id }) => id))).map((run) => [`${run.userId}\n${run.campaignId}`, run]),
  );
  const pairs = users.flatMap((user) =>
    campaigns.map((campaign) => ({ user, campaign, run: latest.get(`${user.id}\n${campaign.id}`) })),
  );
  const known = pairs.flatMap(({ run, campaign }) => (run ? [{ run, campaign }] : []));
  const eventsOf = await eventsOfRuns(tx, known, evaluation.causes.events);
  const entering: Entering[] = [];
  const leaving: { run: LatestRun; end: Ending }[] = [];
  const converted: number[] = [];
  for (const { user, campaign, run } of pairs) {
    const change = { before: before.get(user.id)!, after: after.get(user.id)!, now };
    const cameInto = new Set([...change.after].filter((id) => !change.before.has(id)));
    if (run && reachesGoal(campaign, run, { events: eventsOf(run, campaign.goal?.event), cameInto, now })) {
      converted.push(run.id);
    }
    const decision = decide(campaign, run, change);
    if (decision === 'leave') {
      leaving.push({ run: run!, end: endingOf(campaign, change.after) });
    } else if (run && isLive(run) && eventsOf(run, campaign.exitWhen?.event).length > 0) {
      leaving.push({ run, end: exitByEvent(campaign.exitWhen!.event!) });
    } else if (decision === 'enter') {
      const existing =
        skipExisting.includes(campaign.id) &&
        evaluation.unswept.has(user.id) &&
        user.createdAt <= deployment.activatedAt;
      entering.push({ userId: user.id, campaign, run, existing });
    }
  }
  for (const group of Map.groupBy(leaving, ({ end }) => end.reason).values()) {
    const ids = group.map(({ run }) => run.id);
    const { end } = group[0]!;
    await tx.cancelRuns(ids, { ...end, at: now });
    await tx.skipMessagesOf(ids, end.reason);
  }
  await tx.convertRuns(converted, now);
  const woken = await wakeAwaiting(
    tx,
    {
      ...evaluation.causes,
      userIds: evaluation.userIds,
      cameInto: new Set(diff.added.map(({ userId, segmentId }) => `${userId}\n${segmentId}`)),
      placesOf: async (wanted) =>
        (await causesFor(tx, wanted, evaluation)).map(({ afterEvent }) => afterEvent),
    },
    now,
  );
  const entries = await entriesOf(tx, entering, evaluation);
  await tx.insertRuns(entries);
  return entries.length + woken;
}

// --- internal ------------------------------------------------------------------------------------

/** Users whose runs the evaluation may start or end. */
function usersToConsider({ userIds, before, after, causes, everyone, deployment }: Evaluation): string[] {
  if (everyone) return userIds;
  const triggers = triggerEvents(deployment.manifest.campaigns);
  return userIds.filter(
    (userId) =>
      !sameSet(before.get(userId)!, after.get(userId)!) ||
      [...(causes.events.get(userId)?.keys() ?? [])].some((name) => triggers.has(name)),
  );
}

/** A user who enters a campaign. */
interface Entering {
  userId: string;
  campaign: ManifestCampaign;
  /** The user's former run in the campaign. */
  run: LatestRun | undefined;
  /** The user existed before a deployment that skips such users. */
  existing: boolean;
}

/**
 * The new runs. What the user did after the cause of the entry counts even though it is known
 * already: a user who did what `exitWhen` names does not start.
 */
async function entriesOf(tx: Statements, entering: Entering[], evaluation: Evaluation): Promise<NewRun[]> {
  const { deployment, now } = evaluation;
  const causes = await causesFor(
    tx,
    entering.map(({ userId, campaign }) => ({
      userId,
      segmentIds: [...campaign.segments, ...campaign.excludeSegments],
    })),
    evaluation,
  );
  const started = entering.map((about, i) => {
    const { userId, campaign, run } = about;
    const { afterEvent } = causes[i]!;
    const entry = {
      ...entryOf(campaign, { userId, entry: (run?.entry ?? 0) + 1, deploymentId: deployment.id, now }),
      entryEventId: entryEventOf(about, causes[i]!, evaluation),
      afterEvent,
    };
    return { about, entry, run: { userId, entryAfterEvent: afterEvent, enteredAt: now, convertedAt: null } };
  });
  const eventsOf = await eventsOfRuns(
    tx,
    started.map(({ about, run }) => ({ run, campaign: about.campaign })),
  );
  return started.map(({ about: { campaign, existing }, entry, run }) => {
    if (existing) return { ...entry, skipped: SKIPPED };
    const events = eventsOf(run, campaign.goal?.event);
    const converted = reachesGoal(campaign, run, { events, cameInto: new Set(), now });
    const exits = eventsOf(run, campaign.exitWhen?.event).length > 0;
    return {
      ...entry,
      ...(converted ? { convertedAt: now } : {}),
      ...(exits ? { skipped: exitByEvent(campaign.exitWhen!.event!) } : {}),
    };
  });
}

/** Users who enter together start at different moments within the campaign's `spread`. */
function entryOf(
  campaign: ManifestCampaign,
  run: { userId: string; entry: number; deploymentId: string; now: number },
): Omit<NewRun, 'afterEvent'> {
  const { userId, entry, deploymentId, now } = run;
  const place = Number.parseInt(hash53(`${campaign.id}\n${userId}\n${entry}`), 16) / 2 ** 53;
  const spread = campaign.spreadMs > 0 ? { wakeAt: now + Math.floor(place * campaign.spreadMs) } : {};
  return { campaignId: campaign.id, userId, entry, deploymentId, enteredAt: now, ...spread };
}

/**
 * The event that caused an entry. A restarted run keeps its former run's event, unless its user has
 * come to qualify again.
 */
function entryEventOf(
  { userId, campaign, run }: Entering,
  { event }: Cause,
  { before }: Evaluation,
): number | null {
  const former = run?.ending === 'restarted' ? run.entryEventId : null;
  if (former !== null && qualifies(campaign, before.get(userId)!)) return former;
  return event?.id ?? former;
}

function membershipDiff(userIds: string[], { before, after }: { before: Memberships; after: Memberships }) {
  const added: { segmentId: string; userId: string }[] = [];
  const removed: { segmentId: string; userId: string }[] = [];
  for (const userId of userIds) {
    const was = before.get(userId)!;
    const is = after.get(userId)!;
    for (const segmentId of is) if (!was.has(segmentId)) added.push({ segmentId, userId });
    for (const segmentId of was) if (!is.has(segmentId)) removed.push({ segmentId, userId });
  }
  return { added, removed };
}

function sameSet(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((item) => b.has(item));
}
