import type { Manifest, ManifestCampaign, ManifestSegment } from '../ports/manifest.ts';
import type { LatestRun } from '../ports/runs.ts';
import type { Statements } from '../ports/store.ts';
import type { EventRow, NewMark } from '../ports/users.ts';

/* What an event is evaluated for: segments that read it, and campaigns whose `exitWhen` or `goal` it is. */

/** Whether what a mark tells can change who is in the segment. */
export function concerns(segment: ManifestSegment, { cause, subject }: NewMark): boolean {
  switch (cause) {
    case 'attributes':
      return true;
    case 'segment':
      return subject === segment.id;
    case 'event':
      return readsEvent(segment, subject);
  }
}

/** Whether an event of this name can change who is in the segment. */
export function readsEvent(segment: ManifestSegment, name: string): boolean {
  const names = namesRead(segment);
  return names === 'any' || names.includes(name);
}

/** Whether events of this name can change who is in a segment, end a run or count as a conversion. Made once, asked for every event. */
export function eventMatters({ segments, campaigns }: Manifest): (name: string) => boolean {
  const matter = triggerEvents(campaigns);
  for (const names of segments.map(namesRead)) {
    if (names === 'any') return () => true;
    for (const name of names) matter.add(name);
  }
  return (name) => matter.has(name);
}

/** Names of the events that some campaign's `exitWhen` or `goal` is about. */
export function triggerEvents(campaigns: ManifestCampaign[]): Set<string> {
  return new Set(
    campaigns.flatMap(({ exitWhen, goal }) =>
      [exitWhen?.event, goal?.event].filter((name) => name !== undefined),
    ),
  );
}

/** What of a run decides which events count for it. */
export type EnteredRun = Pick<LatestRun, 'userId' | 'entryAfterEvent'>;

/**
 * The events that trigger something for these runs and came after the entry, whatever the clock says: by run and name, in the order
 * of their ids. `happened` tells, by user, the names that there can be news of; without it all are looked for.
 */
export async function eventsOfRuns(
  tx: Statements,
  runs: { run: EnteredRun; campaign: ManifestCampaign }[],
  happened?: ReadonlyMap<string, { has(name: string): boolean }>,
): Promise<(run: EnteredRun, name: string | undefined) => EventRow[]> {
  const queries = runs.flatMap(({ run, campaign }) =>
    [...triggerEvents([campaign])]
      .filter((name) => !happened || happened.get(run.userId)?.has(name))
      .map((name) => ({ userId: run.userId, name, after: run.entryAfterEvent })),
  );
  const events = Map.groupBy(await tx.eventsAfter(queries), ({ userId, name }) => `${userId}\n${name}`);
  return (run, name) =>
    (events.get(`${run.userId}\n${name}`) ?? []).filter(({ id }) => id > run.entryAfterEvent);
}

/** Whether the campaign's goal was reached by these events, or by coming into a segment now. */
export function reachesGoal(
  { goal }: ManifestCampaign,
  run: Pick<LatestRun, 'convertedAt' | 'enteredAt'>,
  found: { events: EventRow[]; cameInto: ReadonlySet<string>; now: number },
): boolean {
  if (!goal || run.convertedAt !== null) return false;
  const until = goal.withinMs === null ? Number.POSITIVE_INFINITY : run.enteredAt + goal.withinMs;
  if (found.events.some(({ createdAt }) => createdAt <= until)) return true;
  return goal.segment !== undefined && found.cameInto.has(goal.segment) && found.now <= until;
}

// --- internal ------------------------------------------------------------------------------------

function namesRead({ facts, triggers }: ManifestSegment): string[] | 'any' {
  if (!facts.tables.includes('events')) return [];
  return triggers.events ?? facts.eventNames ?? 'any';
}
