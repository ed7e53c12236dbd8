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
import { type Awaits, awaitedEvents, isWoken, type Place, parseAwaits } from '../waits/awaits.ts';
import { type AppliedEffects, applyEffects } from './effects.ts';
import type { Passage } from './passage.ts';
import { changeOf, type RunChange, waitingOn } from './run-update.ts';

/** What a step found out and is about to write. */
export interface Step {
  now: number;
  passages: Placed[];
  /** Runs that were looked at, and go on waiting. */
  waiting: { run: DueRun; wait: Extract<Answer, { kind: 'wait' }> }[];
  active: Deployment | undefined;
  instanceId: string;
  transactions: TransactionsOf | undefined;
  fence: Fence | undefined;
}

/** An advanced run, and where its flow stands in the user's events. */
export interface Placed {
  passage: Passage;
  place: Place;
}

export interface StepOutcome {
  /** Every run that was advanced, as it was left. */
  ended: { run: DueRun; status: RunUpdate['status']; reason: string | null }[];
  messages: boolean;
  /** Users or events changed. */
  changed: boolean;
}

/** Commits a step as one transaction. What it finds of a run that has ended meanwhile is dropped. */
export async function commitStep(store: Store, step: Step): Promise<StepOutcome> {
  return store.transaction(async (tx) => {
    const runs = [...step.passages.map(({ passage }) => passage.run), ...step.waiting.map(({ run }) => run)];
    // Users before runs, as an evaluation does: the two then wait for each other in one order.
    await tx.lockUserIds(usersToLock(step));
    const live = await tx.lockRuns(runs.map(({ id }) => id));
    const passages = await withPlaces(
      tx,
      step.passages.filter(({ passage }) => live.has(passage.run.id)),
    );
    const advanced = passages.filter(({ passage }) => !passage.diverged);
    const going = advanced.map(({ passage }) => passage);
    const effects = await applyEffects(tx, advanced, step);
    const changes = await runChanges(tx, step, { passages, effects });
    const waiting = await waitingUpdates(tx, step, live);

    await tx.dropSealed(going.flatMap(({ fresh, run }) => (fresh && run.chunks > 0 ? [run.id] : [])));
    await tx.saveRuns([...changes.map(({ change }) => change.update), ...waiting]);
    await tx.sealJournal(changes.flatMap(({ change }) => (change.seal ? [change.seal] : [])));
    const messages = going.flatMap((passage) =>
      effects.refused.has(passage) ? [] : messageOf(passage, step),
    );
    await tx.insertMessages(messages);
    crashPoint('step:before-commit');
    return {
      ended: changes.map(({ passage, change }) => ({
        run: passage.run,
        status: change.update.status,
        reason: change.update.reason,
      })),
      messages: messages.length > 0 || effects.messages,
      changed: effects.changed,
    };
  }, step.fence);
}

// --- internal ------------------------------------------------------------------------------------

/** Those whom effects change, or whose runs wait for what may come just now. */
function usersToLock({ passages, waiting }: Step): string[] {
  const acting = passages.filter(
    ({ passage }) => passage.effects.length > 0 || (passage.pending !== null && isWoken(passage.pending)),
  );
  return [
    ...new Set([...acting.map(({ passage }) => passage.run.userId), ...waiting.map(({ run }) => run.userId)]),
  ];
}

/**
 * A place that a moment tells is looked up where it is needed: by a flow that waits for events or enters its user into another
 * campaign.
 */
async function withPlaces(tx: Statements, passages: Placed[]): Promise<Placed[]> {
  const moments = passages.filter(({ passage, place }) => place.afterTime !== null && usesPlace(passage));
  const found = await tx.placesAt(
    moments.map(({ passage, place }) => ({
      userId: passage.run.userId,
      after: place.afterEvent,
      at: place.afterTime!,
    })),
  );
  const places = new Map(moments.map(({ passage }, i) => [passage, found[i]!]));
  return passages.map((placed) => {
    const afterEvent = places.get(placed.passage);
    return afterEvent === undefined ? placed : { ...placed, place: { afterEvent, afterTime: null } };
  });
}

function usesPlace({ pending, effects }: Passage): boolean {
  return (
    effects.some(({ kind }) => kind === 'start') ||
    (pending !== null && awaitedEvents({ pending }).length > 0)
  );
}

async function runChanges(
  tx: Statements,
  { now }: Step,
  { passages, effects }: { passages: Placed[]; effects: AppliedEffects },
): Promise<{ passage: Passage; change: RunChange }[]> {
  const states = passages.map((placed) => ({ ...placed, awaits: awaitsAfter(placed.passage) }));
  const waits = states.flatMap(({ passage, place, awaits }) => {
    const { failed, diverged, run } = passage;
    if (!awaits || failed || diverged || effects.refused.has(passage)) return [];
    const { id: runId, userId, attributes } = run;
    return [{ runId, userId, attributes, afterEvent: place.afterEvent, awaits, passage }];
  });
  const alarms = new Map(
    [...(await alarmsFor(tx, waits, now))].map(([{ passage }, alarm]) => [passage, alarm] as const),
  );
  return states.map(({ passage, place, awaits }) => {
    const problem = effects.refused.get(passage);
    // As if this activation had not been: a retry repeats it.
    if (problem !== undefined) passage = passage.undone(problem);
    const alarm = alarms.get(passage);
    const wakeAt = alarm ? alarm.wakeAt : passage.pending?.kind === 'wait' ? passage.pending.until : null;
    const kept = problem === undefined ? (alarm?.awaits ?? awaits) : awaitsOf(passage.run);
    const stands = wasTold(passage) ? place : passage.run;
    return { passage, change: changeOf(passage, { now, awaits: kept, wakeAt, place: stands }) };
  });
}

/** What is stored of what the run waits for. One that failed before it was told anything still waits for the same. */
function awaitsAfter(passage: Passage): Awaits | null {
  return wasTold(passage) ? passage.awaits() : awaitsOf(passage.run);
}

/** Whether the flow has heard what it waited for: one whose process was ended has not. */
function wasTold({ failed, appended }: Passage): boolean {
  return !failed || appended !== '';
}

async function waitingUpdates(
  tx: Statements,
  { now, waiting }: Step,
  live: ReadonlySet<number>,
): Promise<RunUpdate[]> {
  const going = waiting.filter(({ run }) => live.has(run.id));
  // An evaluation may have noted meanwhile that the user was in a segment.
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

function messageOf(passage: Passage, step: Step): NewMessage[] {
  const { run, pending, position, deploymentId, failed } = passage;
  if (failed || pending?.kind !== 'email') return [];
  const campaign = step.active?.manifest.campaigns.find(({ id }) => id === run.campaignId);
  return [
    {
      id: stepMessageId(step.instanceId, { ...run, position: position - 1 }),
      userId: run.userId,
      template: pending.template,
      campaignId: run.campaignId,
      runId: run.id,
      position: position - 1,
      eventId: null,
      deploymentId,
      createdAt: step.now,
      dueAt: Math.min(run.wakeAt, step.now),
      priority: campaign?.priority ?? 0,
      options: pending.options ?? null,
    },
  ];
}
