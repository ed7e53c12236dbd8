import type { JsonObject } from '../core/json.ts';
import type { Simulation } from './simulation.ts';

/** Something that happens to a user at a time. */
export type Happening = {
  /** Epoch milliseconds. */
  at: number;
  userId: string;
} & (
  | { kind: 'user'; attributes: JsonObject }
  /** JSON merge patch. */
  | { kind: 'change'; attributes: JsonObject }
  | { kind: 'event'; name: string; attributes: JsonObject }
);

/**
 * Plays the timeline in the order of time, and continues to `end`. Entries at or after `end` do not
 * happen.
 */
export async function play(
  simulation: Simulation,
  {
    happenings,
    end,
    onProgress,
  }: { happenings: Happening[]; end: number; onProgress?: (at: number) => void },
): Promise<void> {
  const moments = Map.groupBy(
    happenings.filter(({ at }) => at < end).toSorted((a, b) => a.at - b.at),
    ({ at }) => at,
  );
  for (const [at, together] of moments) {
    await simulation.advanceTo(Math.max(at, simulation.now.getTime()));
    onProgress?.(at);
    await Promise.all(together.map((it) => happen(simulation, it)));
  }
  await simulation.advanceTo(end);
}

// --- internal ---

async function happen(simulation: Simulation, it: Happening): Promise<void> {
  switch (it.kind) {
    case 'user':
      return simulation.addUser(it.userId, it.attributes);
    case 'change':
      return simulation.updateUser(it.userId, it.attributes);
    case 'event':
      return simulation.emit(it.userId, it.name, it.attributes);
  }
}
