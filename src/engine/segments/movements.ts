import { hash53 } from '../../core/hash.ts';
import type { Deployment } from '../deployments/deployments.ts';
import type { ManifestCampaign } from '../ports/manifest.ts';
import type { LatestRun, NewRun } from '../ports/runs.ts';
import type { Statements } from '../ports/store.ts';
import type { EventRow } from '../ports/users.ts';
import { decide, isLive, qualifies, reasonToLeave, SKIPPED, STARTED_OVER } from '../rules/qualification.ts';
import { eventsOfRuns, reachesGoal, triggerEvents } from '../rules/triggers.ts';
import { wakeAwaiting } from '../waits/wakeups.ts';

export type Memberships = ReadonlyMap<string, ReadonlySet<string>>;

/** What an evaluation found. */
export interface Evaluation {
  deployment: Deployment;
  now: number;
  userIds: string[];
  before: Memberships;
  after: Memberships;
  /** Names of the events that made these users be evaluated. */
  events: ReadonlyMap<string, ReadonlySet<string>>;
  /** Users whose attributes changed. */
  attributes: ReadonlySet<string>;
  /** Whether to consider campaigns also for users whose memberships did not change (after a deployment). */
  everyone: boolean;
  /** Users whom the evaluation of everyone after the deployment had yet to reach. */
  unswept: ReadonlySet<string>;
  /** Whether an event of this name can change who is in the segment. */
  readsEvent: (segmentId: string, name: string) => boolean;
}

/** Users whose runs the evaluation may begin or end. */
export function usersToConsider({
  userIds,
  before,
  after,
  events,
  everyone,
  deployment,
}: Evaluation): string[] {
  if (everyone) return userIds;
  const triggers = triggerEvents(deployment.manifest.campaigns);
  return userIds.filter(
    (userId) =>
      !sameSet(before.get(userId)!, after.get(userId)!) ||
      [...(events.get(userId) ?? [])].some((name) => triggers.has(name)),
  );
}

/** Writes, within the evaluation's transaction, who moved, entered and left. Returns how many runs are due by it. */
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
  const eventsOf = await eventsOfRuns(tx, known, evaluation.events);
  const entries: NewRun[] = [];
  const leaving: { run: LatestRun; reason: string }[] = [];
  const converted: number[] = [];
  for (const { user, campaign, run } of pairs) {
    const change = { before: before.get(user.id)!, after: after.get(user.id)!, now };
    const cameInto = new Set([...change.after].filter((id) => !change.before.has(id)));
    if (run && reachesGoal(campaign, run, { events: eventsOf(run, campaign.goal?.event), cameInto, now })) {
      converted.push(run.id);
    }
    const decision = decide(campaign, run, change);
    if (decision === 'leave') {
      leaving.push({ run: run!, reason: reasonToLeave(campaign, change.after) });
    } else if (run && isLive(run) && eventsOf(run, campaign.exitWhen?.event).length > 0) {
      leaving.push({ run, reason: `the user did "${campaign.exitWhen!.event}" (exitWhen)` });
    } else if (decision === 'enter') {
      const existing =
        skipExisting.includes(campaign.id) &&
        evaluation.unswept.has(user.id) &&
        user.createdAt <= deployment.activatedAt;
      const entryEventId = await causeOf(tx, campaign, { userId: user.id, run, evaluation });
      entries.push({
        ...entryOf(campaign, {
          userId: user.id,
          entry: (run?.entry ?? 0) + 1,
          deploymentId: deployment.id,
          now,
        }),
        entryEventId,
        ...(existing ? { skipped: SKIPPED } : {}),
      });
    }
  }
  for (const [reason, group] of Map.groupBy(leaving, (item) => item.reason)) {
    const ids = group.map(({ run }) => run.id);
    await tx.cancelRuns(ids, reason, now);
    await tx.skipMessagesOf(ids, reason);
  }
  await tx.convertRuns(converted, now);
  const woken = await wakeAwaiting(
    tx,
    {
      ...evaluation,
      cameInto: new Set(diff.added.map(({ userId, segmentId }) => `${userId}\n${segmentId}`)),
    },
    now,
  );
  await tx.insertRuns(entries);
  return entries.length + woken;
}

// --- internal ------------------------------------------------------------------------------------

/** Those who enter together begin spread over the campaign's `spread`, each at a moment of their own. */
function entryOf(
  campaign: ManifestCampaign,
  run: { userId: string; entry: number; deploymentId: string; now: number },
): NewRun {
  const { userId, entry, deploymentId, now } = run;
  const place = Number.parseInt(hash53(`${campaign.id}\n${userId}\n${entry}`), 16) / 2 ** 53;
  const spread = campaign.spreadMs > 0 ? { wakeAt: now + Math.floor(place * campaign.spreadMs) } : {};
  return { campaignId: campaign.id, userId, entry, deploymentId, enteredAt: now, ...spread };
}

/** The event that caused an entry. Who starts over was brought in by what it was before, unless the user comes to qualify anew. */
async function causeOf(
  tx: Statements,
  campaign: ManifestCampaign,
  about: { userId: string; run: LatestRun | undefined; evaluation: Evaluation },
): Promise<number | null> {
  const { userId, run, evaluation } = about;
  const former = run?.reason === STARTED_OVER ? run.entryEventId : null;
  if (former !== null && qualifies(campaign, evaluation.before.get(userId)!)) return former;
  return (await latestCause(tx, campaign, { userId, evaluation }))?.id ?? former;
}

/** The latest of the events that made the user be evaluated and can have made the user qualify. */
async function latestCause(
  tx: Statements,
  campaign: ManifestCampaign,
  { userId, evaluation }: { userId: string; evaluation: Evaluation },
): Promise<EventRow | undefined> {
  let cause: EventRow | undefined;
  for (const name of evaluation.events.get(userId) ?? []) {
    const segments = [...campaign.segments, ...campaign.excludeSegments];
    if (!segments.some((id) => evaluation.readsEvent(id, name))) continue;
    const event = await tx.latestEvent(userId, name);
    if (
      event &&
      (!cause ||
        event.createdAt > cause.createdAt ||
        (event.createdAt === cause.createdAt && event.id > cause.id))
    ) {
      cause = event;
    }
  }
  return cause;
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
