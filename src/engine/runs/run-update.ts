import { rollHash } from '../../flow/journal/journal.ts';
import type { DueRun, RunUpdate } from '../ports/runs.ts';
import type { Awaits, EventPlace } from '../waits/awaits.ts';
import type { RunAdvance } from './run-advance.ts';

/** A longer unsealed part of a journal is sealed, in characters. */
const SEAL_AT = 16_384;

export interface RunChange {
  update: RunUpdate;
  seal?: { runId: number; chunk: number; text: string };
}

/**
 * The update that a turn writes for a run. `awaits` and `wakeAt` say what the run waits for, if it
 * does; `place` says which events the flow has passed.
 */
export function changeOf(
  advance: RunAdvance,
  {
    now,
    awaits,
    wakeAt,
    place: { afterEvent, afterTime },
  }: { now: number; awaits: Awaits | null; wakeAt: number | null; place: EventPlace },
): RunChange {
  const { run, pending } = advance;
  if (advance.diverged) return { update: blocked(advance) };
  const update: RunUpdate = {
    ...unchanged(run),
    status: 'failed',
    deploymentId: advance.deploymentId,
    position: advance.position,
    journal: (advance.fresh ? '' : unsealed(run)) + advance.appended,
    journalHash: rollHash(advance.fresh ? '' : run.journalHash, advance.appended),
    chunks: advance.fresh ? 0 : run.chunks,
    awaits: awaits && JSON.stringify(awaits),
    afterEvent,
    afterTime,
  };
  if (advance.failed) {
    update.reason = advance.failure!;
    update.ending = 'failed';
    update.endedAt = now;
  } else if (pending === null) {
    update.status = 'completed';
    update.reason = advance.exit ?? null;
    update.ending = advance.exit === undefined ? 'completed' : 'exited';
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

/** The update of a run that continues to wait. */
export function waitingOn(
  run: DueRun,
  wait: { status: 'running' | 'sleeping'; wakeAt: number | null; awaits: Awaits | null },
): RunUpdate {
  const awaits = wait.awaits && JSON.stringify(wait.awaits);
  return { ...unchanged(run), status: wait.status, wakeAt: wait.wakeAt, awaits };
}

// --- internal ------------------------------------------------------------------------------------

/** Records only that the run cannot continue, and why: other code may follow its history. */
function blocked({ run, diverged }: RunAdvance): RunUpdate {
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
