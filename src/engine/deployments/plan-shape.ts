import type { Plan, PlannedRuns, Planning } from '../../protocol/plan.ts';

/* Parts of a plan: what a deployment would do, as the API answers it (protocol/plan). */

/**
 * What happens to the runs in flight. `migrate`: runs whose history the new code follows move to
 * it, the others stay on their code. `pin`: all runs stay on their code to their end. `restart`:
 * runs end and enter again. `cancel`: runs end.
 */
export type InFlight = Plan['inFlight'];
/** Whether people who already qualify enter a new campaign. */
export type Existing = Plan['existing'];

export type PlannedSegment = Plan['segments'][number];
export type PlannedCampaign = Plan['campaigns'][number];
export type PlannedChange = PlannedSegment['change'];
/** Ids of templates or transactions. */
export type PlannedContent = Plan['templates'];
export type PlannedDivergence = PlannedRuns['divergences'][number];
export type PlanProgress = Planning['planning'];

export function noRuns(): PlannedRuns {
  return {
    live: 0,
    migrate: 0,
    stay: 0,
    pinned: 0,
    block: 0,
    unblock: 0,
    restart: 0,
    cancel: 0,
    divergences: [],
    estimated: false,
  };
}
