import type { Deployment } from '../deployments/deployments.ts';
import type { Fence } from '../ports/leases.ts';
import { type DueRun, RETRIED } from '../ports/runs.ts';
import type { Store } from '../ports/store.ts';
import { LEFT, qualifies } from '../rules/qualification.ts';

const REMOVED = 'the campaign was removed';

/**
 * Ends the retried runs among `due` that are out of place by now: while a run has failed nothing makes it leave, so whether its
 * campaign is still there, and a dynamic one's user still belongs, is looked at when it is taken up. Returns the others.
 */
export async function withoutStale(
  store: Store,
  due: DueRun[],
  { active, now, fence }: { active: Deployment | undefined; now: number; fence: Fence | undefined },
): Promise<DueRun[]> {
  const retried = due.filter(({ reason }) => reason === RETRIED);
  if (retried.length === 0 || !active) return due;
  const campaigns = new Map(active.manifest.campaigns.map((campaign) => [campaign.id, campaign]));
  const members = Map.groupBy(
    await store.memberships([...new Set(retried.map(({ userId }) => userId))]),
    ({ userId }) => userId,
  );
  const stale = retried.flatMap((run) => {
    const campaign = campaigns.get(run.campaignId);
    if (!campaign) return [{ run, reason: REMOVED }];
    const memberOf = new Set(members.get(run.userId)?.map(({ segmentId }) => segmentId));
    return campaign.behavior === 'dynamic' && !qualifies(campaign, memberOf) ? [{ run, reason: LEFT }] : [];
  });
  if (stale.length === 0) return due;
  await store.transaction(async (tx) => {
    for (const [reason, group] of Map.groupBy(stale, (item) => item.reason)) {
      await tx.cancelRuns(
        group.map(({ run }) => run.id),
        reason,
        now,
      );
    }
  }, fence);
  const ended = new Set(stale.map(({ run }) => run));
  return due.filter((run) => !ended.has(run));
}
