import type { ManifestCampaign } from '../ports/manifest.ts';
import type { LatestRun, RunHead } from '../ports/runs.ts';
import { type Ending, exitBySegment, LEFT } from './endings.ts';

type CampaignRule = Pick<ManifestCampaign, 'segments' | 'excludeSegments' | 'behavior'> &
  Partial<Pick<ManifestCampaign, 'reentry' | 'exitWhen'>>;
type LastRun = RunHead & Partial<Pick<LatestRun, 'enteredAt' | 'ending'>>;

/** In all of the campaign's segments, in none it excludes, and not in the one that ends it. */
export function qualifies(campaign: CampaignRule, memberOf: ReadonlySet<string>): boolean {
  return (
    campaign.segments.every((id) => memberOf.has(id)) &&
    !campaign.excludeSegments.some((id) => memberOf.has(id)) &&
    !inExitSegment(campaign, memberOf)
  );
}

export function isLive(run: Pick<RunHead, 'status'>): boolean {
  return !['completed', 'failed', 'cancelled'].includes(run.status);
}

/**
 * What a change of a user's memberships means for a campaign.
 * - leave: the user is in the segment of `exitWhen`, or no longer qualifies for a dynamic campaign.
 * - enter: the user qualifies and was never in. A user who was in enters again only as `reentry`
 *   says (default: static never, dynamic always), and only on coming to qualify: staying qualified
 *   after the flow has ended does not restart it. A user who was removed for not qualifying has
 *   come to qualify whatever the memberships were before, because the campaign's segments may have
 *   changed.
 *
 * @param latest the user's latest run in the campaign.
 */
export function decide(
  campaign: CampaignRule,
  latest: LastRun | undefined,
  change: { before: ReadonlySet<string>; after: ReadonlySet<string>; now?: number },
): 'enter' | 'leave' | 'stay' {
  const now = qualifies(campaign, change.after);
  if (latest && isLive(latest)) {
    const leaves = campaign.behavior === 'dynamic' ? !now : inExitSegment(campaign, change.after);
    return leaves ? 'leave' : 'stay';
  }
  if (!now) return 'stay';
  if (!latest || latest.ending === 'restarted') return 'enter';
  const wasOut = latest.ending === 'left' || !qualifies(campaign, change.before);
  return wasOut && mayReenter(campaign, latest, change.now) ? 'enter' : 'stay';
}

/** Why a run ends when `decide` says that its user leaves. */
export function endingOf(campaign: CampaignRule, memberOf: ReadonlySet<string>): Ending {
  return inExitSegment(campaign, memberOf) ? exitBySegment(campaign.exitWhen!.segment!) : LEFT;
}

// --- internal ------------------------------------------------------------------------------------

function inExitSegment({ exitWhen }: CampaignRule, memberOf: ReadonlySet<string>): boolean {
  return exitWhen?.segment !== undefined && memberOf.has(exitWhen.segment);
}

/** A minimum interval counts from the start of the last entry. */
function mayReenter(campaign: CampaignRule, latest: LastRun, now: number | undefined): boolean {
  const reentry = campaign.reentry ?? (campaign.behavior === 'static' ? 'once' : 'always');
  if (typeof reentry === 'string') return reentry === 'always';
  return now === undefined || latest.enteredAt === undefined || now - latest.enteredAt >= reentry.afterMs;
}
