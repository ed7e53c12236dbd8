import type { Json } from '../../core/json.ts';
import type { SettledMessage } from '../ports/messages.ts';
import type { DueRun } from '../ports/runs.ts';
import type { Statements } from '../ports/store.ts';
import type { EventRow } from '../ports/users.ts';
import {
  type Awaits,
  awaitedEvents,
  awaitedSegments,
  type EventPlace,
  parseAwaits,
  resolveWait,
} from './awaits.ts';

/** The answer to a due run. */
export type Answer =
  | Go
  /** The run's wait is not over. */
  | { kind: 'wait'; wakeAt: number | null; awaits: Awaits | null; status: 'running' | 'sleeping' };

/**
 * The run continues. Without a result it starts, continues after a failure, retries a side effect
 * or asks a question.
 */
export interface Go {
  kind: 'go';
  result?: Json;
  /** The flow's new place in the user's events. */
  place: EventPlace;
}

/** The answer to each of these runs at `now`. */
export async function answersFor(
  store: Statements,
  due: DueRun[],
  now: number,
): Promise<Map<DueRun, Answer>> {
  const waits = new Map(due.map((run) => [run, waitOf(run)]));
  const [settled, facts] = await Promise.all([
    settledMessages(
      store,
      due.filter((run) => waits.get(run) === 'email'),
    ),
    factsFor(
      store,
      due.flatMap((run) => {
        const awaits = waits.get(run);
        return typeof awaits === 'object' ? [{ ...waiterOf(run), awaits }] : [];
      }),
    ),
  ]);
  const answer = (run: DueRun): Answer => {
    const wait = waits.get(run)!;
    const place = { afterEvent: run.afterEvent, afterTime: run.afterTime };
    if (wait === 'nothing') return { kind: 'go', place };
    if (wait === 'time') return { kind: 'go', result: null, place: { ...place, afterTime: run.wakeAt } };
    if (wait === 'email') {
      const message = settled.get(run.id);
      // Events during the delivery of the message are still ahead of the flow.
      if (message) return { kind: 'go', result: outcomeOf(message), place };
      return { kind: 'wait', wakeAt: null, awaits: awaitsOf(run), status: 'running' };
    }
    const resolution = resolveWait(wait, { now, attributes: run.attributes, ...facts(run.id) });
    if (!resolution.done) {
      return { kind: 'wait', wakeAt: resolution.until, awaits: resolution.awaits, status: 'sleeping' };
    }
    const passed = placeAfter(place, resolution.passed);
    return { kind: 'go', result: resolution.value, place: passed };
  };
  return new Map(due.map((run) => [run, answer(run)]));
}

/** A waiting run, and its place in the user's events. */
export interface Waiter {
  runId: number;
  userId: string;
  afterEvent: number;
}

/**
 * Looks up everything that could resolve these waits, by run. A flow does not see the events that
 * it emitted itself.
 */
export async function factsFor(
  store: Statements,
  waits: (Waiter & { awaits: Awaits })[],
): Promise<(runId: number) => { events: EventRow[]; members: Map<string, number> }> {
  const queries = waits.flatMap(({ userId, awaits, afterEvent }) =>
    awaitedEvents(awaits).map((name) => ({ userId, name, after: afterEvent })),
  );
  const userIds = waits.flatMap(({ userId, awaits }) => (awaitedSegments(awaits).length > 0 ? [userId] : []));
  const events = Map.groupBy(await store.eventsAfter(queries), ({ userId }) => userId);
  const members = Map.groupBy(await store.membersSince([...new Set(userIds)]), ({ userId }) => userId);
  const byRun = new Map(waits.map((wait) => [wait.runId, wait]));
  return (runId) => {
    const { userId = '', afterEvent = 0 } = byRun.get(runId) ?? {};
    const own = emittedBy(runId);
    return {
      events: (events.get(userId) ?? []).filter(
        ({ id, messageId }) => id > afterEvent && !messageId?.startsWith(own),
      ),
      members: new Map(members.get(userId)?.map(({ segmentId, since }) => [segmentId, since])),
    };
  };
}

/** The prefix of the ids of events that a run emits. */
export function emittedBy(runId: number): string {
  return `run:${runId}:`;
}

export function awaitsOf(run: DueRun): Awaits | null {
  return run.awaits === null ? null : parseAwaits(run.awaits);
}

// --- internal ------------------------------------------------------------------------------------

/** A moment never moves the place before the last event that was passed. */
function placeAfter(place: EventPlace, passed: Partial<EventPlace>): EventPlace {
  const afterEvent = Math.max(place.afterEvent, passed.afterEvent ?? 0);
  return { ...place, ...passed, afterEvent };
}

function waiterOf({ id, userId, afterEvent }: DueRun): Waiter {
  return { runId: id, userId, afterEvent };
}

/**
 * What a due run waits for: a time that has passed, a message, nothing, or what its `awaits` say.
 */
function waitOf(run: DueRun): 'nothing' | 'time' | 'email' | Awaits {
  const awaits = awaitsOf(run);
  switch (awaits?.pending.kind) {
    case 'daytime':
    case 'event':
    case 'segment':
    case 'race':
      return awaits;
    case 'email':
      return 'email';
    case 'wait':
      return 'time';
    // The activation asks the question again; a side effect is retried.
    case 'member':
    case 'query':
    case 'retry':
      return 'nothing';
  }
  if (run.status === 'running') return 'email';
  if (run.status === 'sleeping') return 'time';
  const open = openCommand(run.journal);
  return open === undefined ? 'nothing' : open === 'email' ? 'email' : 'time';
}

/** The kind of the journal's last command, if it has no result. */
function openCommand(journal: string): string | undefined {
  const at = journal.lastIndexOf('\n>');
  if (at < 0 || journal.includes('\n<', at) || journal.includes('\n^', at)) return undefined;
  return journal.slice(at + 2, journal.indexOf(' ', at));
}

async function settledMessages(store: Statements, runs: DueRun[]): Promise<Map<number, SettledMessage>> {
  const steps = runs.map((run) => ({ runId: run.id, position: run.position - 1 }));
  return new Map((await store.settledMessages(steps)).map((message) => [message.runId, message]));
}

/** The EmailOutcome for the flow. */
function outcomeOf({ status, id, reason }: SettledMessage): Json {
  return { status, messageId: id, ...(reason === null ? {} : { reason }) };
}
