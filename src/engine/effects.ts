import { mergePatch } from '../core/json.ts';
import type { Effect } from '../flow/activation.ts';
import { Changes, MAX_ATTRIBUTES_BYTES, sizeOf, type TransactionsOf } from './changes.ts';
import type { Operation } from './operations.ts';
import type { Passage } from './passage.ts';
import type { Manifest } from './ports/manifest.ts';
import type { NewRun } from './ports/runs.ts';
import type { Statements } from './ports/store.ts';
import { isLive } from './qualification.ts';

export interface AppliedEffects {
  /** Passages whose effects were refused, and why: nothing of theirs was applied. */
  refused: Map<Passage, string>;
  /** The last event that each passage emitted. */
  emitted: Map<Passage, number>;
  /** Users or events were changed. */
  changed: boolean;
  /** Transactions' messages were queued. */
  messages: boolean;
}

/**
 * Applies what flows did besides waiting, within the step's transaction and by the code that applies what clients send. An event has
 * an id made from its run and position: a step that is repeated does not emit twice.
 */
export async function applyEffects(
  tx: Statements,
  passages: Passage[],
  context: {
    now: number;
    transactions: TransactionsOf | undefined;
    active: { id: string; manifest: Manifest } | undefined;
  },
): Promise<AppliedEffects> {
  const acting = passages.filter(({ effects }) => effects.length > 0);
  const refused = new Map<Passage, string>();
  const emitted = new Map<Passage, number>();
  if (acting.length === 0) return { refused, emitted, changed: false, messages: false };
  const changes = await Changes.begin(tx, acting.flatMap(operationsOf), context);
  for (const passage of acting) {
    const problem = problemWith(passage, { changes, manifest: context.active?.manifest });
    if (problem !== undefined) {
      refused.set(passage, problem);
      continue;
    }
    for (const operation of operationsOf(passage)) await changes.apply(operation);
  }
  await changes.flush();
  const applied = acting.filter((passage) => !refused.has(passage));
  for (const passage of applied) {
    for (const operation of operationsOf(passage)) {
      if (operation.type !== 'event') continue;
      const id = changes.stored.get(`${operation.userId}\n${operation.messageId}`);
      if (id !== undefined) emitted.set(passage, id);
    }
  }
  await enter(tx, applied, context);
  const changed = applied.some((passage) => operationsOf(passage).length > 0);
  return { refused, emitted, changed, messages: changes.madeMessages };
}

// --- internal ------------------------------------------------------------------------------------

function operationsOf({ run, effects }: Passage): Operation[] {
  return effects.flatMap((effect): Operation[] => {
    if (effect.kind === 'update') {
      return [{ type: 'user', id: run.userId, attributes: effect.patch, mode: 'merge' }];
    }
    if (effect.kind === 'start') return [];
    const { name, attributes, position } = effect;
    const messageId = `run:${run.id}:${position}`;
    return [{ type: 'event', userId: run.userId, name, attributes, messageId }];
  });
}

function problemWith(
  { run, effects }: Passage,
  { changes, manifest }: { changes: Changes; manifest: Manifest | undefined },
): string | undefined {
  let attributes = changes.attributesOf(run.userId) ?? {};
  for (const effect of effects) {
    if (effect.kind === 'update') attributes = mergePatch(attributes, effect.patch);
    if (effect.kind === 'start' && !manifest?.campaigns.some(({ id }) => id === effect.campaignId)) {
      return `rt.startCampaign: there is no campaign "${effect.campaignId}"`;
    }
  }
  const size = sizeOf(attributes);
  if (size <= MAX_ATTRIBUTES_BYTES) return undefined;
  return `rt.updateUser: the user's attributes would take ${Math.ceil(size / 1024)} KiB as JSON; ${MAX_ATTRIBUTES_BYTES / 1024} KiB are allowed`;
}

/** Enters users into the campaigns that flows started, unless a run of theirs lives. */
async function enter(
  tx: Statements,
  passages: Passage[],
  { now, active }: { now: number; active: { id: string } | undefined },
): Promise<void> {
  const starts = passages.flatMap(({ run, effects }) =>
    effects.filter(isStart).map(({ campaignId }) => ({ userId: run.userId, campaignId })),
  );
  if (starts.length === 0 || !active) return;
  const latest = new Map(
    (await tx.latestRuns([...new Set(starts.map(({ userId }) => userId))])).map((run) => [
      `${run.userId}\n${run.campaignId}`,
      run,
    ]),
  );
  const entries = new Map<string, NewRun>();
  for (const { userId, campaignId } of starts) {
    const key = `${userId}\n${campaignId}`;
    const last = latest.get(key);
    if (last && isLive(last)) continue;
    const entry = (last?.entry ?? 0) + 1;
    entries.set(key, { campaignId, userId, entry, deploymentId: active.id, enteredAt: now });
  }
  await tx.insertRuns([...entries.values()]);
}

const isStart = (effect: Effect): effect is Extract<Effect, { kind: 'start' }> => effect.kind === 'start';
