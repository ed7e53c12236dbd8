import type { Deployment } from '../deployments/deployments.ts';
import type { Fence } from '../ports/leases.ts';
import type { DueRun } from '../ports/runs.ts';
import type { Store } from '../ports/store.ts';
import { LEFT, REMOVED } from '../rules/endings.ts';
import { qualifies } from '../rules/qualification.ts';

/**
 * Ends retried runs that no longer belong. Nothing makes a failed run leave, so whether its
 * campaign still exists, and whether the user of a dynamic campaign still belongs, is checked when
 * the run continues. Returns the other runs.
 */
export async function withoutStale(
  store: Store,
  due: DueRun[],
  { active, now, fence }: { active: Deployment | undefined; now: number; fence: Fence | undefined },
): Promise<DueRun[]> {
  const retried = due.filter(({ status, retries }) => status === 'pending' && retries > 0);
  if (retried.length === 0 || !active) return due;
  const campaigns = new Map(active.manifest.campaigns.map((campaign) => [campaign.id, campaign]));
  const members = Map.groupBy(
    await store.memberships([...new Set(retried.map(({ userId }) => userId))]),
    ({ userId }) => userId,
  );
  const stale = retried.flatMap((run) => {
    const campaign = campaigns.get(run.campaignId);
    if (!campaign) return [{ run, end: REMOVED }];
    const memberOf = new Set(members.get(run.userId)?.map(({ segmentId }) => segmentId));
    return campaign.behavior === 'dynamic' && !qualifies(campaign, memberOf) ? [{ run, end: LEFT }] : [];
  });
  if (stale.length === 0) return due;
  await store.transaction(async (tx) => {
    for (const [end, group] of Map.groupBy(stale, (item) => item.end)) {
      await tx.cancelRuns(
        group.map(({ run }) => run.id),
        { ...end, at: now },
      );
    }
  }, fence);
  const ended = new Set(stale.map(({ run }) => run));
  return due.filter((run) => !ended.has(run));
}
