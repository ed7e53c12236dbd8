import { mergePatch } from '../../core/json.ts';
import type { Effect } from '../../flow/activation/activation.ts';
import { MAX_ATTRIBUTES_BYTES, PendingWrites, sizeOf, type TransactionsOf } from '../ingest/changes.ts';
import type { IngestOperation } from '../ingest/operations.ts';
import type { Manifest } from '../ports/manifest.ts';
import type { LatestRun, NewRun } from '../ports/runs.ts';
import type { Statements } from '../ports/store.ts';
import { isLive } from '../rules/qualification.ts';
import { emittedBy } from '../waits/answers.ts';
import type { EventPlace } from '../waits/awaits.ts';
import type { RunAdvance } from './run-advance.ts';

/**
 * From this many entries of a person on, a campaign is checked for campaigns that start each other
 * endlessly.
 */
const MAX_HURRIED_ENTRIES = 100;
const MOMENT_MS = 1_000;

export interface AppliedEffects {
  /** Runs whose effects were refused, and why; none of their effects were applied. */
  refused: Map<RunAdvance, string>;
  /** Users or events were changed. */
  changed: boolean;
  /** Transactions' messages were queued. */
  messages: boolean;
}

/**
 * Applies what flows did besides waiting, within the turn's transaction and with the code that
 * applies client requests. An event's id is made from its run and position, so a repeated turn does
 * not emit twice.
 */
export async function applyEffects(
  tx: Statements,
  placed: { advance: RunAdvance; place: EventPlace }[],
  context: {
    now: number;
    transactions: TransactionsOf | undefined;
    active: { id: string; manifest: Manifest } | undefined;
  },
): Promise<AppliedEffects> {
  const places = new Map(placed.map(({ advance, place }) => [advance, place]));
  const acting = [...places.keys()].filter(({ effects }) => effects.length > 0);
  const refused = new Map<RunAdvance, string>();
  if (acting.length === 0) return { refused, changed: false, messages: false };
  const changes = await PendingWrites.begin(tx, acting.flatMap(operationsOf), context);
  const latest = await latestRuns(tx, acting);
  const { now, active } = context;
  for (const advance of acting) {
    const problem = problemWith(advance, { changes, manifest: active?.manifest, latest, now });
    if (problem !== undefined) {
      refused.set(advance, problem);
      continue;
    }
    for (const operation of operationsOf(advance)) await changes.apply(operation);
  }
  await changes.flush();
  const applied = acting.filter((advance) => !refused.has(advance));
  await enter(tx, applied, { now, active, latest, places });
  const changed = applied.some((advance) => operationsOf(advance).length > 0);
  return { refused, changed, messages: changes.madeMessages };
}

// --- internal ------------------------------------------------------------------------------------

function operationsOf({ run, effects }: RunAdvance): IngestOperation[] {
  return effects.flatMap((effect): IngestOperation[] => {
    if (effect.kind === 'update') {
      return [{ type: 'user', id: run.userId, attributes: effect.patch, mode: 'merge' }];
    }
    if (effect.kind === 'start') return [];
    const { name, attributes, position } = effect;
    const messageId = `${emittedBy(run.id)}${position}`;
    return [{ type: 'event', userId: run.userId, name, attributes, messageId }];
  });
}

function problemWith(
  { run, effects }: RunAdvance,
  {
    changes,
    manifest,
    latest,
    now,
  }: { changes: PendingWrites; manifest: Manifest | undefined; latest: Latest; now: number },
): string | undefined {
  let attributes = changes.attributesOf(run.userId) ?? {};
  for (const effect of effects) {
    if (effect.kind === 'update') attributes = mergePatch(attributes, effect.patch);
    if (effect.kind === 'start' && !manifest?.campaigns.some(({ id }) => id === effect.campaignId)) {
      return `rt.startCampaign: there is no campaign "${effect.campaignId}"`;
    }
    if (effect.kind === 'start' && isHurried(run, latest.get(keyOf(run.userId, effect.campaignId)), now)) {
      return `rt.startCampaign: "${run.campaignId}" and "${effect.campaignId}" have been entered ${MAX_HURRIED_ENTRIES} times and start one another without ever waiting. Put an rt.wait() into them.`;
    }
  }
  const size = sizeOf(attributes);
  if (size <= MAX_ATTRIBUTES_BYTES) return undefined;
  return `rt.updateUser: the user's attributes would take ${Math.ceil(size / 1024)} KiB as JSON; ${MAX_ATTRIBUTES_BYTES / 1024} KiB are allowed`;
}

/** Enters users into campaigns that flows started, unless they have a live run there. */
async function enter(
  tx: Statements,
  advances: RunAdvance[],
  {
    now,
    active,
    latest,
    places,
  }: {
    now: number;
    active: { id: string } | undefined;
    latest: Latest;
    places: ReadonlyMap<RunAdvance, EventPlace>;
  },
): Promise<void> {
  const starts = advances.flatMap((advance) =>
    advance.effects.filter(isStart).map(({ campaignId }) => ({
      userId: advance.run.userId,
      campaignId,
      afterEvent: places.get(advance)!.afterEvent,
    })),
  );
  if (starts.length === 0 || !active) return;
  const entries = new Map<string, NewRun>();
  for (const { userId, campaignId, afterEvent } of starts) {
    const key = keyOf(userId, campaignId);
    const last = latest.get(key);
    if (last && isLive(last)) continue;
    const entry = (last?.entry ?? 0) + 1;
    const deploymentId = active.id;
    entries.set(key, { campaignId, userId, entry, deploymentId, enteredAt: now, afterEvent });
  }
  await tx.insertRuns([...entries.values()]);
}

/** By user and campaign. */
type Latest = ReadonlyMap<string, LatestRun>;

async function latestRuns(tx: Statements, advances: RunAdvance[]): Promise<Latest> {
  const starting = advances.filter(({ effects }) => effects.some(isStart));
  const users = new Set(starting.map(({ run }) => run.userId));
  return new Map((await tx.latestRuns([...users])).map((run) => [keyOf(run.userId, run.campaignId), run]));
}

/**
 * Whether a flow that has just begun starts a campaign that has just begun as well, and both so
 * often that it cannot be chance.
 */
function isHurried(run: RunAdvance['run'], last: LatestRun | undefined, now: number): boolean {
  if (!last || isLive(last) || Math.min(run.entry, last.entry) < MAX_HURRIED_ENTRIES) return false;
  return now - Math.min(run.enteredAt, last.enteredAt) < MOMENT_MS;
}

const keyOf = (userId: string, campaignId: string) => `${userId}\n${campaignId}`;

const isStart = (effect: Effect): effect is Extract<Effect, { kind: 'start' }> => effect.kind === 'start';
