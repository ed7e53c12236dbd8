import { canonicalJson, isObject, type Json, type JsonObject } from '../../core/json.ts';
import { nextDaytime, timezoneOf } from '../../flow/commands/daytime.ts';
import type { Pending, TimedPending } from '../../flow/commands/pending.ts';
import type { EventRow } from '../ports/users.ts';

/*
 * What a run waits for beyond a time or a message, and whether it has happened. Pure: the runner
 * and the segmenter supply the facts. An event counts if its id is greater than that of the last
 * event that the flow has passed, whatever its time; a segment counts from the moment the user is
 * in it. If several things have happened, the earliest decides, so the outcome does not depend on
 * how late the engine looks.
 */

/** The stored form. */
export interface Awaits {
  pending: Pending;
  /** When the wait began, epoch milliseconds. */
  since: number;
  /**
   * Segments that the user entered during the wait: when, and the place in the user's events of the
   * cause. Stored because the user may leave again before the run is advanced.
   */
  entered?: Record<string, SegmentEntry>;
}

export interface SegmentEntry {
  /** Epoch milliseconds. */
  at: number;
  afterEvent: number;
}

/** A run's place in the user's events: see the columns of the same names. */
export interface EventPlace {
  afterEvent: number;
  afterTime: number | null;
}

export interface WaitFacts {
  now: number;
  attributes: JsonObject;
  /**
   * The user's events with awaited names that the flow has not passed, in the order of their ids.
   */
  events: EventRow[];
  /** Segments the user is in, and since when. */
  members: ReadonlyMap<string, number>;
}

export type Resolution =
  /** The command's result, its time, and the place that the flow has reached. */
  | { done: true; value: Json; at: number; passed: Partial<EventPlace> }
  /** Nothing yet; look again at that time, or when woken. `awaits` has updated deadlines. */
  | { done: false; until: number | null; awaits: Awaits };

/** A question of a flow to the store. */
export type Question = Extract<Pending, { kind: 'member' | 'query' }>;

export function questionOf(pending: Pending | null | undefined): Question | undefined {
  return pending?.kind === 'member' || pending?.kind === 'query' ? pending : undefined;
}

export function parseAwaits(text: string): Awaits {
  return JSON.parse(text) as Awaits;
}

/** Whether something other than a time can resolve the wait. */
export function isWoken(pending: Pending): boolean {
  return branchesOf(pending).some(
    ([, branch]) => branch.kind !== 'wait' && (branch.kind !== 'daytime' || branch.timezone === null),
  );
}

/** The branches of a race, or the single thing awaited. */
export function branchesOf(pending: Pending): [label: string | null, branch: TimedPending][] {
  if (pending.kind === 'race') return Object.entries(pending.branches);
  return isTimed(pending) ? [[null, pending]] : [];
}

/** Names of the events that could resolve it. */
export function awaitedEvents({ pending }: Pick<Awaits, 'pending'>): string[] {
  return branchesOf(pending).flatMap(([, branch]) => (branch.kind === 'event' ? [branch.name] : []));
}

export function awaitedSegments({ pending }: Pick<Awaits, 'pending'>): string[] {
  return branchesOf(pending).flatMap(([, branch]) => (branch.kind === 'segment' ? [branch.segment] : []));
}

/** Whether a change of the user's attributes can move the wait's deadline. */
export function followsTimezone({ pending }: Pick<Awaits, 'pending'>): boolean {
  return branchesOf(pending).some(([, branch]) => branch.kind === 'daytime' && branch.timezone === null);
}

export function resolveWait(awaits: Awaits, facts: WaitFacts): Resolution {
  const outcomes = branchesOf(awaits.pending).map(([label, branch]) => ({
    label,
    branch,
    ...outcomeOf(branch, awaits, facts),
  }));
  const due = outcomes.filter(({ at }) => at !== null && at <= facts.now);
  if (due.length > 0) {
    const first = due.reduce((a, b) => (isEarlier(b, a) ? b : a));
    const value = first.label === null ? first.value : { label: first.label, value: first.value };
    return { done: true, value, at: first.at!, passed: first.passed };
  }
  const times = outcomes.flatMap(({ at }) => (at === null ? [] : [at]));
  return {
    done: false,
    until: times.length > 0 ? Math.min(...times) : null,
    awaits: { ...awaits, pending: withDeadlines(awaits.pending, outcomes) },
  };
}

/** Whether the event has everything that `match` names; objects are compared part by part. */
export function matches(attributes: Json, match: Json): boolean {
  if (!isObject(match)) return canonicalJson(attributes) === canonicalJson(match);
  return (
    isObject(attributes) &&
    Object.entries(match).every(
      ([key, value]) => Object.hasOwn(attributes, key) && matches(attributes[key]!, value),
    )
  );
}

// --- internal ------------------------------------------------------------------------------------

/** The event as a flow receives it. */
function eventValue({ name, attributes, createdAt }: EventRow): JsonObject {
  return { name, attributes, createdAt: new Date(createdAt).toISOString() };
}

/** When a branch is decided (a future time is a deadline; null: open), and the result. */
interface Outcome {
  at: number | null;
  value: Json;
  passed: Partial<EventPlace>;
  event?: EventRow;
}

/** Events are ordered by id, whatever their times. */
function isEarlier(a: Outcome, b: Outcome): boolean {
  if (a.event && b.event) return a.event.id < b.event.id;
  return a.at! < b.at!;
}

/** The outcome of a time: the flow passes the events before that moment. */
function timed(at: number | null, value: Json): Outcome {
  return { at, value, passed: { afterTime: at } };
}

function outcomeOf(branch: TimedPending, awaits: Awaits, facts: WaitFacts): Outcome {
  switch (branch.kind) {
    case 'wait':
      return timed(branch.until, null);
    case 'daytime':
      return timed(daytimeOf(branch, facts), null);
    case 'event': {
      const event = facts.events.find(
        (row) =>
          row.name === branch.name &&
          (branch.until === null || row.createdAt <= branch.until) &&
          (branch.match === null || matches(row.attributes, branch.match)),
      );
      // An event is never later than now, whatever the clocks of two processes show.
      if (!event) return timed(branch.until, null);
      const passed = { afterEvent: event.id, afterTime: null };
      return { at: Math.min(event.createdAt, facts.now), value: eventValue(event), passed, event };
    }
    case 'segment': {
      const entered = awaits.entered?.[branch.segment];
      const since = entered?.at ?? facts.members.get(branch.segment);
      const at = since === undefined ? null : Math.min(Math.max(since, awaits.since), facts.now);
      if (at === null || (branch.until !== null && at > branch.until)) return timed(branch.until, false);
      // A user who was in the segment when the wait began passes no events.
      const passed = entered ? { afterEvent: entered.afterEvent, afterTime: null } : {};
      return { at, value: true, passed };
    }
  }
}

/** A time of day that has passed stays passed; a future one moves with the user's time zone. */
function daytimeOf(
  branch: Extract<TimedPending, { kind: 'daytime' }>,
  { now, attributes }: WaitFacts,
): number {
  if (branch.until <= now || branch.timezone !== null) return branch.until;
  const { time, weekdays } = branch;
  return nextDaytime(now, { time, weekdays, timezone: timezoneOf(attributes) });
}

function withDeadlines(
  pending: Pending,
  outcomes: { label: string | null; branch: TimedPending; at: number | null }[],
): Pending {
  const moved = outcomes.map(
    ({ label, branch, at }) =>
      [label, branch.kind === 'daytime' && at !== null ? { ...branch, until: at } : branch] as const,
  );
  if (pending.kind !== 'race') return moved[0]?.[1] ?? pending;
  return { kind: 'race', branches: Object.fromEntries(moved) as Record<string, TimedPending> };
}

function isTimed(pending: Pending): pending is TimedPending {
  return ['wait', 'daytime', 'event', 'segment'].includes(pending.kind);
}
