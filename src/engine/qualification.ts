import type { Manifest, RunHead } from './ports.ts';

type CampaignRule = Manifest['campaigns'][number];

/** In all of the campaign's segments and in none it excludes. */
export function qualifies(campaign: CampaignRule, memberOf: ReadonlySet<string>): boolean {
  return (
    campaign.segments.every((id) => memberOf.has(id)) &&
    !campaign.excludeSegments.some((id) => memberOf.has(id))
  );
}

export function isLive(run: Pick<RunHead, 'status'>): boolean {
  return !['completed', 'failed', 'cancelled'].includes(run.status);
}

/**
 * What a user's change of memberships means for a campaign.
 *  - static: enters when it qualifies and was never in; nothing makes it leave.
 *  - dynamic: leaves when it no longer qualifies; enters when it qualifies and either was never in or has come (back) to
 *    qualifying with this change. Staying qualified after the flow has ended does not start it over.
 * @param latest the user's latest run in the campaign.
 */
export function decide(
  campaign: CampaignRule,
  latest: RunHead | undefined,
  change: { before: ReadonlySet<string>; after: ReadonlySet<string> },
): 'enter' | 'leave' | 'stay' {
  const now = qualifies(campaign, change.after);
  if (latest && isLive(latest)) return campaign.behavior === 'dynamic' && !now ? 'leave' : 'stay';
  if (!now) return 'stay';
  if (!latest) return 'enter';
  return campaign.behavior === 'dynamic' && !qualifies(campaign, change.before) ? 'enter' : 'stay';
}
