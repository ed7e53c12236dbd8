import { setImmediate } from 'node:timers/promises';
import type { ActivationOutput } from '../../flow/activation/activation.ts';
import type { PlannedRuns } from '../../protocol/plan.ts';
import { noRuns, type PlannedDivergence } from '../deployments/plan-shape.ts';
import type { ReplayableRun, RunGroup } from '../ports/deployments.ts';
import type { Bundle } from '../ports/manifest.ts';
import type { PlanWorld } from './plan-world.ts';

/** Runs counted by one statement. */
const PAGE = 5_000;
/** Runs replayed at a time. */
const BATCH = 250;
/** The most histories that are tried; the rest is extrapolated. */
const MAX_HISTORIES = 50_000;
/** The most histories kept apart in memory; further runs are only counted. */
const MAX_GROUPS = 200_000;
/** The most divergences listed in a plan. */
const MAX_DIVERGENCES = 20;

/** What happens to the runs in flight, by campaign. */
export async function planRuns(world: PlanWorld, changed: boolean): Promise<Map<string, PlannedRuns>> {
  const { store, prepared, inFlight, onProgress } = world;
  const kept = new Set(prepared.manifest.campaigns.map(({ id }) => id));
  const planned = new Map<string, PlannedRuns>();
  const counts = (await store.counts()).runs;
  const total = LIVE.reduce((sum, status) => sum + (counts[status] ?? 0), 0);
  let done = 0;
  for (const campaignId of await store.liveCampaigns()) {
    const runs = noRuns();
    planned.set(campaignId, runs);
    const groups = await groupsOf(world, campaignId, (count) => {
      done += count;
      onProgress({ stage: 'runs', done: Math.min(done, total), total });
    });
    runs.live = groups.reduce((sum, { count }) => sum + count, 0);
    if (!changed) runs.migrate = runs.live;
    else if (!kept.has(campaignId) || inFlight === 'cancel') runs.cancel = runs.live;
    else if (inFlight === 'restart') runs.restart = runs.live;
    else if (inFlight === 'pin') {
      runs.stay = runs.live;
      runs.pinned = runs.live;
    } else await tryNewCode(world, { campaignId, groups }, runs);
  }
  return planned;
}

// --- internal ------------------------------------------------------------------------------------

const LIVE = ['pending', 'running', 'sleeping', 'blocked'] as const;

/** Stands for the histories that were too many to keep apart; no journal has this hash. */
const OTHER = 'other';

function keyOf({ deploymentId, pinned, blocked, journalHash }: RunGroup): string {
  return `${deploymentId} ${pinned} ${blocked} ${journalHash}`;
}

async function groupsOf(
  { store }: PlanWorld,
  campaignId: string,
  onPage: (count: number) => void,
): Promise<RunGroup[]> {
  const merged = new Map<string, RunGroup>();
  const uncounted = (group: RunGroup) => ({ ...group, journalHash: OTHER });
  for (let after: number | undefined = 0; after !== undefined; ) {
    const page = await store.liveRunGroups(campaignId, after, PAGE);
    for (const group of page.groups) {
      const added = merged.size < MAX_GROUPS || merged.has(keyOf(group)) ? group : uncounted(group);
      const known = merged.get(keyOf(added));
      if (known) known.count += added.count;
      else merged.set(keyOf(added), { ...added });
    }
    onPage(page.groups.reduce((sum, { count }) => sum + count, 0));
    after = page.last;
    await setImmediate();
  }
  return [...merged.values()];
}

async function tryNewCode(
  world: PlanWorld,
  { campaignId, groups }: { campaignId: string; groups: RunGroup[] },
  runs: PlannedRuns,
): Promise<void> {
  const { prepared, onProgress } = world;
  const toTry: RunGroup[] = [];
  const left: RunGroup[] = [];
  for (const group of groups) {
    if (group.pinned && !group.blocked) {
      runs.stay += group.count;
      runs.pinned += group.count;
    } else if (group.journalHash === '' || (group.deploymentId === prepared.id && !group.blocked)) {
      runs.migrate += group.count;
    } else (group.journalHash === OTHER ? left : toTry).push(group);
  }
  // The largest groups first: if there are too many, the rest matters least.
  toTry.sort((a, b) => b.count - a.count);
  const tried = toTry.slice(0, MAX_HISTORIES);
  left.push(...toTry.slice(MAX_HISTORIES));
  const counted = { runs, divergences: new Map<string, PlannedDivergence>() };
  const before = { migrate: runs.migrate, stay: runs.stay, block: runs.block };
  const mixed: RunGroup[] = [];
  for (let from = 0; from < tried.length; from += BATCH) {
    mixed.push(...(await tryBatch(world, tried.slice(from, from + BATCH), counted, { oneForAll: false })));
    onProgress({ stage: 'runs', done: from, total: tried.length });
  }
  let budget = MAX_HISTORIES - tried.length;
  for (const group of mixed) {
    const done = await tryEach(world, { campaignId, group, most: budget }, counted);
    budget -= done;
    if (done < group.count) left.push({ ...group, count: group.count - done });
    onProgress({ stage: 'runs', done: MAX_HISTORIES - budget, total: MAX_HISTORIES });
  }
  extrapolate(runs, before, left);
  const { divergences } = counted;
  runs.divergences = [...divergences.values()].sort((a, b) => b.count - a.count).slice(0, MAX_DIVERGENCES);
}

/**
 * Tries the runs of a group one by one, because the new code depends on something in which they
 * differ. Returns how many were tried.
 */
async function tryEach(
  world: PlanWorld,
  { campaignId, group, most }: { campaignId: string; group: RunGroup; most: number },
  counted: Counted,
): Promise<number> {
  let done = 0;
  for (let after = 0; done < most; ) {
    const page = { after, limit: Math.min(BATCH, most - done) };
    const ids = await world.store.runsOfGroup(campaignId, group, page);
    if (ids.length === 0) break;
    const single = ids.map((runId) => ({ ...group, runId, count: 1 }));
    await tryBatch(world, single, counted, { oneForAll: true });
    done += ids.length;
    after = ids.at(-1)!;
  }
  return done;
}

interface Counted {
  runs: PlannedRuns;
  divergences: Map<string, PlannedDivergence>;
}

/**
 * Counts each group by its first run. Returns the groups whose first run does not represent the
 * others.
 */
async function tryBatch(
  world: PlanWorld,
  groups: RunGroup[],
  { runs, divergences }: Counted,
  { oneForAll }: { oneForAll: boolean },
): Promise<RunGroup[]> {
  const { prepared } = world;
  const byId = new Map(
    (await world.store.replayableRuns(groups.map(({ runId }) => runId))).map((run) => [run.id, run]),
  );
  // A run disappears when its user is removed.
  const present = groups.filter(({ runId }) => byId.has(runId));
  const onNew = await replay(
    world,
    prepared.bundle,
    present.map(({ runId }) => byId.get(runId)!),
  );
  const astray: RunGroup[] = [];
  const mixed: RunGroup[] = [];
  present.forEach((group, i) => {
    const result = onNew[i]!;
    if (!oneForAll && group.count > 1 && result.outcome !== 'failed' && result.guessed) {
      mixed.push(group);
      return;
    }
    if (result.outcome === 'advanced') {
      runs.migrate += group.count;
      if (group.blocked) runs.unblock += group.count;
      return;
    }
    astray.push(group);
    const { recorded, yielded } = wordsOf(result);
    const key = `${result.position} ${recorded} ${yielded} ${group.deploymentId}`;
    const known = divergences.get(key);
    if (known) known.count += group.count;
    else {
      const { count, deploymentId: deployment } = group;
      divergences.set(key, { count, step: result.position + 1, recorded, yielded, deployment });
    }
  });
  for (const [deploymentId, those] of Map.groupBy(astray, (group) => group.deploymentId)) {
    const follows = await followOwnCode(
      world,
      deploymentId,
      those.map(({ runId }) => byId.get(runId)!),
    );
    those.forEach((group, i) => {
      if (follows[i]) runs.stay += group.count;
      else runs.block += group.count;
    });
  }
  return mixed;
}

async function followOwnCode(
  world: PlanWorld,
  deploymentId: string,
  runs: ReplayableRun[],
): Promise<boolean[]> {
  try {
    const bundle = await world.bundle(deploymentId);
    return (await replay(world, bundle, runs)).map(({ outcome }) => outcome === 'advanced');
  } catch {
    // No run follows code that can no longer be loaded.
    return runs.map(() => false);
  }
}

async function replay(
  { host, store }: PlanWorld,
  bundle: Bundle,
  runs: ReplayableRun[],
): Promise<ActivationOutput[]> {
  if (runs.length === 0) return [];
  const at = await store.now();
  return host.advance(
    bundle,
    runs.map((run) => ({
      runId: run.id,
      campaignId: run.campaignId,
      userId: run.userId,
      attributes: run.attributes,
      enteredAt: run.enteredAt,
      entry: run.entry,
      journal: run.journal,
      event: run.event,
      at,
      replayOnly: true,
    })),
  );
}

function wordsOf(result: Exclude<ActivationOutput, { outcome: 'advanced' }>): {
  recorded: string;
  yielded: string;
} {
  if (result.outcome === 'diverged') return result;
  return { recorded: 'its history', yielded: `an error: ${result.error.message}` };
}

/** Counts the untried histories by the average of the tried ones. */
function extrapolate(
  runs: PlannedRuns,
  before: { migrate: number; stay: number; block: number },
  left: RunGroup[],
): void {
  if (left.length === 0) return;
  runs.estimated = true;
  const rest = left.reduce((total, { count }) => total + count, 0);
  const tried = runs.migrate + runs.stay + runs.block - before.migrate - before.stay - before.block;
  const share = (part: number) => (tried === 0 ? 0 : Math.round((rest * part) / tried));
  const migrate = share(runs.migrate - before.migrate);
  const stay = Math.min(share(runs.stay - before.stay), rest - migrate);
  runs.migrate += migrate;
  runs.stay += stay;
  runs.block += rest - migrate - stay;
}
