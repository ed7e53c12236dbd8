import type { Json } from '../../core/json.ts';
import type { SettledMessage } from '../ports/messages.ts';
import type { DueRun } from '../ports/runs.ts';
import type { Statements } from '../ports/store.ts';
import type { EventRow } from '../ports/users.ts';
import { type Awaits, awaitedEvents, awaitedSegments, parseAwaits, resolve } from './awaits.ts';

/** What a due run is told, if it is to go on. */
export type Answer =
  | Go
  /** What it waits for has not come yet. */
  | { kind: 'wait'; wakeAt: number | null; awaits: Awaits | null; status: 'running' | 'sleeping' };

/** It goes on. Without a result it begins, is taken up after a failure, tries a side effect again or asks a question. */
export interface Go {
  kind: 'go';
  result?: Json;
  /** The event that decided. */
  event?: EventRow;
}

/** What each of these runs is to be told at `now`. */
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
        return typeof awaits === 'object' ? [{ userId: run.userId, awaits }] : [];
      }),
    ),
  ]);
  const answer = (run: DueRun): Answer => {
    const wait = waits.get(run)!;
    if (wait === 'nothing') return { kind: 'go' };
    if (wait === 'time') return { kind: 'go', result: null };
    if (wait === 'email') {
      const message = settled.get(run.id);
      if (message) return { kind: 'go', result: outcomeOf(message) };
      return { kind: 'wait', wakeAt: null, awaits: awaitsOf(run), status: 'running' };
    }
    const resolution = resolve(wait, { now, attributes: run.attributes, ...facts(run.userId) });
    if (!resolution.done) {
      return { kind: 'wait', wakeAt: resolution.until, awaits: resolution.awaits, status: 'sleeping' };
    }
    return { kind: 'go', result: resolution.value, ...(resolution.event ? { event: resolution.event } : {}) };
  };
  return new Map(due.map((run) => [run, answer(run)]));
}

/** Looks up what could resolve these waits. */
export async function factsFor(
  store: Statements,
  waits: { userId: string; awaits: Awaits }[],
): Promise<(userId: string) => { events: EventRow[]; members: Map<string, number> }> {
  const queries = waits.flatMap(({ userId, awaits }) =>
    awaitedEvents(awaits).map((name) => ({ userId, name, since: awaits.since })),
  );
  const userIds = waits.flatMap(({ userId, awaits }) => (awaitedSegments(awaits).length > 0 ? [userId] : []));
  const events = Map.groupBy(await store.eventsSince(queries), ({ userId }) => userId);
  const members = Map.groupBy(await store.membersSince([...new Set(userIds)]), ({ userId }) => userId);
  return (userId) => ({
    events: events.get(userId) ?? [],
    members: new Map(members.get(userId)?.map(({ segmentId, since }) => [segmentId, since])),
  });
}

export function awaitsOf(run: DueRun): Awaits | null {
  return run.awaits === null ? null : parseAwaits(run.awaits);
}

// --- internal ------------------------------------------------------------------------------------

/** A due run's wait: for a time that has come, a message, nothing, or for what its `awaits` say. */
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
    // A question is put again by the activation; a side effect is tried again.
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

/** The EmailOutcome a flow is given. */
function outcomeOf({ status, id, reason }: SettledMessage): Json {
  return { status, messageId: id, ...(reason === null ? {} : { reason }) };
}
