import type { JsonObject } from '../../core/json.ts';
import type { Statements } from '../ports/store.ts';
import { factsFor, type Waiter } from './answers.ts';
import { type Awaits, isWoken, questionOf, resolveWait } from './awaits.ts';

/** A run that starts to wait or continues to wait. */
export interface Wait extends Waiter {
  awaits: Awaits;
  attributes: JsonObject;
}

export interface Alarm {
  wakeAt: number | null;
  awaits: Awaits;
}

/**
 * Finds when runs that wait for more than a time are due, within the transaction that makes them
 * wait. Their users' rows are locked: an event or membership committed earlier is seen here, and a
 * later one finds the run waiting, so none is missed.
 */
export async function alarmsFor<W extends Wait>(
  tx: Statements,
  waits: W[],
  now: number,
): Promise<Map<W, Alarm>> {
  const woken = waits.filter(({ awaits }) => isWoken(awaits.pending) || questionOf(awaits.pending));
  const userIds = [...new Set(woken.map(({ userId }) => userId))];
  const users = new Map((await tx.lockUsers(userIds)).map((user) => [user.id, user]));
  const facts = await factsFor(tx, woken);
  const asking = woken.filter(({ awaits }) => awaits.pending.kind === 'member');
  const marked = await tx.markedUsers(asking.map(({ userId }) => userId));
  const alarm = (wait: W): Alarm => {
    const { awaits, userId, runId } = wait;
    // The segmenter wakes a run that asks about a user who has not been evaluated yet.
    if (awaits.pending.kind === 'member') return { awaits, wakeAt: marked.has(userId) ? null : now };
    if (awaits.pending.kind === 'query') return { awaits, wakeAt: now };
    if (awaits.pending.kind === 'retry') return { awaits, wakeAt: awaits.pending.until };
    if (awaits.pending.kind === 'email') return { awaits, wakeAt: null };
    const attributes = users.get(userId)?.attributes ?? wait.attributes;
    const resolution = resolveWait(awaits, { now, attributes, ...facts(runId) });
    return resolution.done
      ? { awaits, wakeAt: now }
      : { awaits: resolution.awaits, wakeAt: resolution.until };
  };
  return new Map(waits.map((wait) => [wait, alarm(wait)]));
}
