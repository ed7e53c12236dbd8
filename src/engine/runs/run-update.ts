import { rollHash } from '../../flow/journal/journal.ts';
import type { DueRun, RunUpdate } from '../ports/runs.ts';
import type { Awaits, Place } from '../waits/awaits.ts';
import type { Passage } from './passage.ts';

/** The unsealed part of a journal beyond which it is sealed, in characters. */
const SEAL_AT = 16_384;

export interface RunChange {
  update: RunUpdate;
  seal?: { runId: number; chunk: number; text: string };
}

/** What a step writes of a run. `awaits` and `wakeAt` say what it waits for, if it does; `place` what it has passed. */
export function changeOf(
  passage: Passage,
  {
    now,
    awaits,
    wakeAt,
    place: { afterEvent, afterTime },
  }: { now: number; awaits: Awaits | null; wakeAt: number | null; place: Place },
): RunChange {
  const { run, pending } = passage;
  if (passage.diverged) return { update: blocked(passage) };
  const update: RunUpdate = {
    ...unchanged(run),
    status: 'failed',
    deploymentId: passage.deploymentId,
    position: passage.position,
    journal: (passage.fresh ? '' : unsealed(run)) + passage.appended,
    journalHash: rollHash(passage.fresh ? '' : run.journalHash, passage.appended),
    chunks: passage.fresh ? 0 : run.chunks,
    awaits: awaits && JSON.stringify(awaits),
    afterEvent,
    afterTime,
  };
  if (passage.failed) {
    update.reason = passage.failure!;
    update.ending = 'failed';
    update.endedAt = now;
  } else if (pending === null) {
    update.status = 'completed';
    update.reason = passage.exit ?? null;
    update.ending = passage.exit === undefined ? 'completed' : 'exited';
    update.endedAt = now;
  } else {
    update.status = pending.kind === 'email' ? 'running' : 'sleeping';
    update.wakeAt = wakeAt;
  }
  if (update.journal.length < SEAL_AT) return { update };
  const seal = { runId: run.id, chunk: update.chunks, text: update.journal };
  update.journal = '';
  update.chunks += 1;
  return { update, seal };
}

/** A run that goes on waiting. */
export function waitingOn(
  run: DueRun,
  wait: { status: 'running' | 'sleeping'; wakeAt: number | null; awaits: Awaits | null },
): RunUpdate {
  const awaits = wait.awaits && JSON.stringify(wait.awaits);
  return { ...unchanged(run), status: wait.status, wakeAt: wait.wakeAt, awaits };
}

// --- internal ------------------------------------------------------------------------------------

/** Nothing is written but that, and why, it cannot go on: other code may follow its history. */
function blocked({ run, diverged }: Passage): RunUpdate {
  const { position, recorded, yielded, deploymentId } = diverged!;
  const reason = `step ${position + 1} was "${recorded}" and is now "${yielded}" (deployment ${deploymentId.slice(0, 12)})`;
  return { ...unchanged(run), status: 'blocked', wakeAt: null, reason, awaits: run.awaits };
}

function unchanged(run: DueRun): Omit<RunUpdate, 'status'> {
  return {
    id: run.id,
    deploymentId: run.deploymentId,
    wakeAt: null,
    position: run.position,
    journal: unsealed(run),
    journalHash: run.journalHash,
    chunks: run.chunks,
    reason: null,
    ending: null,
    endedAt: null,
    awaits: null,
    afterEvent: run.afterEvent,
    afterTime: run.afterTime,
  };
}

function unsealed(run: DueRun): string {
  return run.journal.slice(run.sealed);
}
