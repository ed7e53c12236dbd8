import type { MessageForecast, Plan } from '../../protocol/plan.ts';
import type { DeploymentChoice, Deployments, PreparedDeployment } from '../deployments/deployments.ts';
import { changesBetween } from '../deployments/manifest-changes.ts';
import {
  noRuns,
  type PlannedCampaign,
  type PlannedSegment,
  type PlanProgress,
} from '../deployments/plan-shape.ts';
import type { Host } from '../ports/host.ts';
import type { Store } from '../ports/store.ts';
import { forecastMessages } from './messages.ts';
import { planPeople } from './people.ts';
import type { PlanWorld } from './plan-world.ts';
import { planRuns } from './runs.ts';

/**
 * Finds out what a deployment would do without doing it: evaluates the new segments user by user,
 * replays one run of each history in flight against the new code, and runs a sample of new people
 * ahead through the flows. It reads in small slices and holds no lock, so the engine continues;
 * what happens during the plan may or may not be part of it.
 */
export async function makePlan(
  { store, host, deployments }: { store: Store; host: Host; deployments: Deployments },
  prepared: PreparedDeployment,
  options: DeploymentChoice & { onProgress?: (progress: PlanProgress) => void },
): Promise<Plan> {
  const { inFlight = 'migrate', existing = 'enter', onProgress = () => {} } = options;
  const token = await deployments.planToken(prepared, { inFlight, existing });
  const before = await deployments.active();
  const { manifest } = prepared;
  const changes = changesBetween(before?.manifest, manifest);
  const changed = !before?.isWhole || before.bundle.id !== prepared.bundle.id || inFlight !== 'migrate';
  const bundle = (id: string) => deployments.bundle(id);
  const world: PlanWorld = { store, host, prepared, before, bundle, inFlight, existing, onProgress };

  const people = changed ? await planPeople(world, changes) : undefined;
  const runs = await planRuns(world, changed);
  const sizes = await store.segmentSizes();

  const segments = [...changes.segments].map(([id, change]): PlannedSegment => {
    const members = sizes.get(id) ?? 0;
    const moves = people?.segments.get(id) ?? { enter: 0, leave: change === 'removed' ? members : 0 };
    return { id, change, members, ...moves };
  });
  const campaigns: PlannedCampaign[] = [];
  const mailing = new Set<string>();
  for (const [id, change] of changes.campaigns) {
    const found = people?.campaigns.get(id);
    const inFlightRuns = runs.get(id) ?? noRuns();
    inFlightRuns.cancel += found?.leave ?? 0;
    if (inFlight === 'restart') inFlightRuns.restart = found?.restart ?? 0;
    const enter = (found?.enter ?? 0) + inFlightRuns.restart;
    const messages =
      enter > 0 ? await forecastMessages(world, id, { enter, sample: found?.sample ?? [] }) : noMessages();
    if (messages.now + messages.later > 0 || messages.more) mailing.add(id);
    campaigns.push({ id, change, enter, skip: found?.skip ?? 0, messages, runs: inFlightRuns });
  }
  return {
    token,
    deployment: prepared.id,
    changed,
    inFlight,
    existing,
    segments,
    campaigns,
    templates: changes.templates,
    transactions: changes.transactions,
    people: mailedBy(mailing, people?.entrances),
    confirm: manifest.confirm,
  };
}

// --- internal ------------------------------------------------------------------------------------

/** A person who enters several campaigns counts once. */
function mailedBy(mailing: ReadonlySet<string>, entrances: ReadonlyMap<string, number> = new Map()): number {
  let people = 0;
  for (const [campaigns, count] of entrances) {
    if ((JSON.parse(campaigns) as string[]).some((id) => mailing.has(id))) people += count;
  }
  return people;
}

function noMessages(): MessageForecast {
  return { now: 0, later: 0, more: false, estimated: false };
}
