import type { Statements } from '../ports/store.ts';
import {
  type Awaits,
  awaitedEvents,
  awaitedSegments,
  followsTimezone,
  parseAwaits,
  type SegmentEntry,
} from './awaits.ts';

/** What an evaluation found about its users. */
export interface Happenings {
  userIds: string[];
  /** Names of the events that made the users be evaluated. */
  events: ReadonlyMap<string, { has(name: string): boolean }>;
  /** Users whose attributes changed. */
  attributes: { has(userId: string): boolean };
  /** Segments the users came into, as `userId\nsegmentId`. */
  cameInto: ReadonlySet<string>;
  /** The place in the users' events of what brought them into these segments. */
  placesOf(entries: { userId: string; segmentIds: string[] }[]): Promise<number[]>;
}

/**
 * Makes due, within the evaluation's transaction, the runs that waited for what it found. Whether it is really what they wait for (the
 * event's attributes, its time) is found out when they are advanced. Returns how many.
 */
export async function wakeAwaiting(tx: Statements, found: Happenings, now: number): Promise<number> {
  const concerned = (await tx.awaitingRuns(found.userIds)).flatMap((run) => {
    const awaits = parseAwaits(run.awaits);
    const entered = awaitedSegments(awaits).filter((id) => found.cameInto.has(`${run.userId}\n${id}`));
    return entered.length > 0 || concerns(awaits, run.userId, found) ? [{ run, awaits, entered }] : [];
  });
  const entries = concerned.flatMap(({ run: { userId }, entered }) =>
    entered.map((id) => ({ userId, segmentIds: [id] })),
  );
  const places = await found.placesOf(entries);
  const placeOf = new Map(
    entries.map(({ userId, segmentIds }, i) => [`${userId}\n${segmentIds[0]}`, places[i]!]),
  );
  const woken = concerned.map(({ run, awaits, entered }) => ({
    id: run.id,
    awaits:
      entered.length > 0
        ? JSON.stringify(
            withEntered(awaits, entered, (id) => ({
              at: now,
              afterEvent: placeOf.get(`${run.userId}\n${id}`)!,
            })),
          )
        : run.awaits,
    wakeAt: Math.min(run.wakeAt ?? now, now),
  }));
  await tx.saveAwaits(woken);
  return woken.length;
}

/**
 * Makes due the runs that ask whether one of these users is in a segment, unless the user is marked again, or still: an evaluation
 * that began before the last change would answer with what was before it. To be called once the evaluation's own marks are cleared.
 */
export async function wakeAsking(tx: Statements, userIds: string[], now: number): Promise<number> {
  const asking = (await tx.awaitingRuns(userIds)).filter(
    ({ awaits }) => parseAwaits(awaits).pending.kind === 'member',
  );
  const marked = await tx.markedUsers([...new Set(asking.map(({ userId }) => userId))]);
  const woken = asking.filter(({ userId }) => !marked.has(userId));
  await tx.saveAwaits(
    woken.map(({ id, awaits, wakeAt }) => ({ id, awaits, wakeAt: Math.min(wakeAt ?? now, now) })),
  );
  return woken.length;
}

// --- internal ------------------------------------------------------------------------------------

function concerns(awaits: Awaits, userId: string, found: Happenings): boolean {
  const events = found.events.get(userId);
  return (
    (found.attributes.has(userId) && followsTimezone(awaits)) ||
    (events !== undefined && awaitedEvents(awaits).some((name) => events.has(name)))
  );
}

/** A user who has left again by the time the run is advanced has been in all the same. */
function withEntered(awaits: Awaits, segments: string[], enteredNow: (id: string) => SegmentEntry): Awaits {
  const entered = { ...awaits.entered };
  for (const id of segments) entered[id] ??= enteredNow(id);
  return { ...awaits, entered };
}
