import type { Manifest, ManifestCampaign, ManifestSegment } from '../ports/manifest.ts';
import type { LatestRun } from '../ports/runs.ts';
import type { Statements } from '../ports/store.ts';
import type { EventRow, NewMark } from '../ports/users.ts';

/*
 * What an event can trigger: segments that read it, and campaigns whose `exitWhen` or `goal` names
 * it.
 */

/** Whether the cause of a mark can change the segment's members. */
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

/** Whether an event of this name can change the segment's members. */
export function readsEvent(segment: ManifestSegment, name: string): boolean {
  const names = namesRead(segment);
  return names === 'any' || names.includes(name);
}

/**
 * Whether events of this name can change a segment's members, end a run or count as a conversion.
 * Built once, called for every event.
 */
export function eventMatters({ segments, campaigns }: Manifest): (name: string) => boolean {
  const matter = triggerEvents(campaigns);
  for (const names of segments.map(namesRead)) {
    if (names === 'any') return () => true;
    for (const name of names) matter.add(name);
  }
  return (name) => matter.has(name);
}

/** Names of the events in any campaign's `exitWhen` or `goal`. */
export function triggerEvents(campaigns: ManifestCampaign[]): Set<string> {
  return new Set(
    campaigns.flatMap(({ exitWhen, goal }) =>
      [exitWhen?.event, goal?.event].filter((name) => name !== undefined),
    ),
  );
}

/** The parts of a run that decide which events count for it. */
export type EnteredRun = Pick<LatestRun, 'userId' | 'entryAfterEvent'>;

/**
 * The triggering events after these runs' entries, by id and not by time: by run and name, in the
 * order of their ids. `happened` limits the names by user; without it all names are looked for.
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

/** Whether these events, or entering a segment now, reach the campaign's goal. */
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
