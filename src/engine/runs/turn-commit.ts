import { crashPoint } from '../../core/crash-point.ts';
import type { Deployment } from '../deployments/deployments.ts';
import type { TransactionsOf } from '../ingest/changes.ts';
import { stepMessageId } from '../ingest/message-id.ts';
import type { Fence } from '../ports/leases.ts';
import type { NewMessage } from '../ports/messages.ts';
import type { DueRun, RunUpdate } from '../ports/runs.ts';
import type { Statements, Store } from '../ports/store.ts';
import { alarmsFor } from '../waits/alarms.ts';
import type { Answer } from '../waits/answers.ts';
import { awaitsOf } from '../waits/answers.ts';
import { type Awaits, awaitedEvents, type EventPlace, isWoken, parseAwaits } from '../waits/awaits.ts';
import { type AppliedEffects, applyEffects } from './effects.ts';
import type { RunAdvance } from './run-advance.ts';
import { changeOf, type RunChange, waitingOn } from './run-update.ts';

/** What a turn found out and will write. */
export interface Turn {
  now: number;
  advances: Placed[];
  /** Runs that were examined and continue to wait. */
  waiting: { run: DueRun; wait: Extract<Answer, { kind: 'wait' }> }[];
  active: Deployment | undefined;
  instanceId: string;
  transactions: TransactionsOf | undefined;
  fence: Fence | undefined;
}

/** An advanced run, and its flow's place in the user's events. */
export interface Placed {
  advance: RunAdvance;
  place: EventPlace;
}

export interface TurnOutcome {
  /** Every advanced run in its new state. */
  ended: { run: DueRun; status: RunUpdate['status']; reason: string | null }[];
  messages: boolean;
  /** Users or events changed. */
  changed: boolean;
}

/**
 * Commits a turn as one transaction. Results of runs that have ended in the meantime are dropped.
 */
export async function commitTurn(store: Store, turn: Turn): Promise<TurnOutcome> {
  return store.transaction(async (tx) => {
    const runs = [...turn.advances.map(({ advance }) => advance.run), ...turn.waiting.map(({ run }) => run)];
    // Lock users before runs, as an evaluation does: the two then wait for each other in one order.
    await tx.lockUserIds(usersToLock(turn));
    const live = await tx.lockRuns(runs.map(({ id }) => id));
    const advances = await withPlaces(
      tx,
      turn.advances.filter(({ advance }) => live.has(advance.run.id)),
    );
    const advanced = advances.filter(({ advance }) => !advance.diverged);
    const going = advanced.map(({ advance }) => advance);
    const effects = await applyEffects(tx, advanced, turn);
    const changes = await runChanges(tx, turn, { advances, effects });
    const waiting = await waitingUpdates(tx, turn, live);

    await tx.dropSealed(going.flatMap(({ fresh, run }) => (fresh && run.chunks > 0 ? [run.id] : [])));
    await tx.saveRuns([...changes.map(({ change }) => change.update), ...waiting]);
    await tx.sealJournal(changes.flatMap(({ change }) => (change.seal ? [change.seal] : [])));
    const messages = going.flatMap((advance) =>
      effects.refused.has(advance) ? [] : messageOf(advance, turn),
    );
    await tx.insertMessages(messages);
    crashPoint('runs:before-commit');
    return {
      ended: changes.map(({ advance, change }) => ({
        run: advance.run,
        status: change.update.status,
        reason: change.update.reason,
      })),
      messages: messages.length > 0 || effects.messages,
      changed: effects.changed,
    };
  }, turn.fence);
}

// --- internal ------------------------------------------------------------------------------------

/** Users whom effects change, or whose runs wait for something that may happen at this moment. */
function usersToLock({ advances, waiting }: Turn): string[] {
  const acting = advances.filter(
    ({ advance }) => advance.effects.length > 0 || (advance.pending !== null && isWoken(advance.pending)),
  );
  return [
    ...new Set([...acting.map(({ advance }) => advance.run.userId), ...waiting.map(({ run }) => run.userId)]),
  ];
}

/**
 * Looks up the place for a moment only when a flow needs it: when it waits for events, or enters
 * its user into another campaign.
 */
async function withPlaces(tx: Statements, advances: Placed[]): Promise<Placed[]> {
  const moments = advances.filter(({ advance, place }) => place.afterTime !== null && usesPlace(advance));
  const found = await tx.placesAt(
    moments.map(({ advance, place }) => ({
      userId: advance.run.userId,
      after: place.afterEvent,
      at: place.afterTime!,
    })),
  );
  const places = new Map(moments.map(({ advance }, i) => [advance, found[i]!]));
  return advances.map((placed) => {
    const afterEvent = places.get(placed.advance);
    return afterEvent === undefined ? placed : { ...placed, place: { afterEvent, afterTime: null } };
  });
}

function usesPlace({ pending, effects }: RunAdvance): boolean {
  return (
    effects.some(({ kind }) => kind === 'start') ||
    (pending !== null && awaitedEvents({ pending }).length > 0)
  );
}

async function runChanges(
  tx: Statements,
  { now }: Turn,
  { advances, effects }: { advances: Placed[]; effects: AppliedEffects },
): Promise<{ advance: RunAdvance; change: RunChange }[]> {
  const states = advances.map((placed) => ({ ...placed, awaits: awaitsAfter(placed.advance) }));
  const waits = states.flatMap(({ advance, place, awaits }) => {
    const { failed, diverged, run } = advance;
    if (!awaits || failed || diverged || effects.refused.has(advance)) return [];
    const { id: runId, userId, attributes } = run;
    return [{ runId, userId, attributes, afterEvent: place.afterEvent, awaits, advance }];
  });
  const alarms = new Map(
    [...(await alarmsFor(tx, waits, now))].map(([{ advance }, alarm]) => [advance, alarm] as const),
  );
  return states.map(({ advance, place, awaits }) => {
    const problem = effects.refused.get(advance);
    // Undo this activation: a retry repeats it.
    if (problem !== undefined) advance = advance.undone(problem);
    const alarm = alarms.get(advance);
    const wakeAt = alarm ? alarm.wakeAt : advance.pending?.kind === 'wait' ? advance.pending.until : null;
    const kept = problem === undefined ? (alarm?.awaits ?? awaits) : awaitsOf(advance.run);
    const stands = wasTold(advance) ? place : advance.run;
    return { advance, change: changeOf(advance, { now, awaits: kept, wakeAt, place: stands }) };
  });
}

/**
 * What is stored about the run's wait. A run that failed before it received its result keeps its
 * wait.
 */
function awaitsAfter(advance: RunAdvance): Awaits | null {
  return wasTold(advance) ? advance.awaits() : awaitsOf(advance.run);
}

/** Whether the flow received its result. A flow whose process was killed did not. */
function wasTold({ failed, appended }: RunAdvance): boolean {
  return !failed || appended !== '';
}

async function waitingUpdates(
  tx: Statements,
  { now, waiting }: Turn,
  live: ReadonlySet<number>,
): Promise<RunUpdate[]> {
  const going = waiting.filter(({ run }) => live.has(run.id));
  // An evaluation may have recorded in the meantime that the user was in a segment.
  const stored = new Map(
    (await tx.awaitingRuns([...new Set(going.map(({ run }) => run.userId))])).map(({ id, awaits }) => [
      id,
      parseAwaits(awaits).entered,
    ]),
  );
  const waits = going.flatMap(({ run, wait }) => {
    if (!wait.awaits) return [];
    const entered = stored.get(run.id);
    const awaits = { ...wait.awaits, ...(entered && { entered }) };
    const { id: runId, userId, attributes, afterEvent } = run;
    return [{ runId, userId, attributes, afterEvent, awaits, run }];
  });
  const alarms = new Map(
    [...(await alarmsFor(tx, waits, now))].map(([{ run }, alarm]) => [run, alarm] as const),
  );
  return going.map(({ run, wait }) => waitingOn(run, { ...wait, ...alarms.get(run) }));
}

function messageOf(advance: RunAdvance, turn: Turn): NewMessage[] {
  const { run, pending, position, deploymentId, failed } = advance;
  if (failed || pending?.kind !== 'email') return [];
  const campaign = turn.active?.manifest.campaigns.find(({ id }) => id === run.campaignId);
  return [
    {
      id: stepMessageId(turn.instanceId, { ...run, position: position - 1 }),
      userId: run.userId,
      template: pending.template,
      campaignId: run.campaignId,
      runId: run.id,
      position: position - 1,
      eventId: null,
      deploymentId,
      createdAt: turn.now,
      dueAt: Math.min(run.wakeAt, turn.now),
      priority: campaign?.priority ?? 0,
      options: pending.options ?? null,
    },
  ];
}
