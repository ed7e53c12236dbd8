import type { Deployments } from '../deployments/deployments.ts';
import type { Slots } from '../ports/leases.ts';
import type { ManifestCampaign } from '../ports/manifest.ts';
import type { DueRun } from '../ports/runs.ts';
import type { Store } from '../ports/store.ts';

/**
 * Finding the highest priorities scans everything that is due, so it is done once in this many
 * turns.
 */
const LOOK_EVERY = 10;

/**
 * Due runs, the longest overdue first. When more are due than a turn takes, runs of campaigns with
 * a higher priority overtake the others, though not in every turn.
 */
export class DueByPriority {
  #store: Store;
  #deployments: Deployments;
  #turns = 0;

  constructor(options: { store: Store; deployments: Deployments }) {
    this.#store = options.store;
    this.#deployments = options.deployments;
  }

  async read(now: number, limit: number, slots: Slots): Promise<DueRun[]> {
    const longest = await this.#store.dueRuns(now, limit, slots);
    if (longest.length < limit) this.#turns = 0;
    if (longest.length < limit || this.#turns++ % LOOK_EVERY > 0) return longest;
    const active = await this.#deployments.active();
    const first: DueRun[] = [];
    for (const campaigns of levelsAbove(active?.manifest.campaigns ?? [])) {
      first.push(...(await this.#store.dueRuns(now, limit - first.length, slots, campaigns)));
      if (first.length < limit) continue;
      // There may be more of them.
      this.#turns = 0;
      return first;
    }
    const ids = new Set(first.map(({ id }) => id));
    return [...first, ...longest.filter(({ id }) => !ids.has(id))].slice(0, limit);
  }
}

// --- internal ------------------------------------------------------------------------------------

/** Ids of campaigns by their priority, the highest first, without the lowest. */
function levelsAbove(campaigns: ManifestCampaign[]): string[][] {
  const levels = [...Map.groupBy(campaigns, ({ priority }) => priority)].sort(([a], [b]) => b - a);
  return levels.slice(0, -1).map(([, level]) => level.map(({ id }) => id));
}
