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
  /** Names of the events that caused the evaluation, by user. */
  events: ReadonlyMap<string, { has(name: string): boolean }>;
  /** Users whose attributes changed. */
  attributes: { has(userId: string): boolean };
  /** Segments that users entered, as `userId\nsegmentId`. */
  cameInto: ReadonlySet<string>;
  /** The places in the users' events of what brought them into these segments. */
  placesOf(entries: { userId: string; segmentIds: string[] }[]): Promise<number[]>;
}

/**
 * Makes runs that waited for these findings due, within the evaluation's transaction. Whether the
 * finding really is what the run waits for (the event's attributes, its time) is checked when the
 * run advances. Returns how many.
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
 * Makes runs due that ask whether one of these users is in a segment, unless the user is still
 * marked or marked again: an evaluation that started before the last change would answer with the
 * state before it. Call it after the evaluation's own marks are cleared.
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

/** A user who has left again before the run advances was in the segment nevertheless. */
function withEntered(awaits: Awaits, segments: string[], enteredNow: (id: string) => SegmentEntry): Awaits {
  const entered = { ...awaits.entered };
  for (const id of segments) entered[id] ??= enteredNow(id);
  return { ...awaits, entered };
}
