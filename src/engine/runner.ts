import type { Clock } from '../core/clock.ts';
import { crashPoint } from '../core/crash-point.ts';
import type { Json } from '../core/json.ts';
import { rollHash } from '../flow/journal.ts';
import type { Deployments } from './deployments.ts';
import type { Log } from './log.ts';
import { stepMessageId } from './message-id.ts';
import type {
  ActivationRequest,
  ActivationResult,
  DueRun,
  Host,
  NewMessage,
  RunUpdate,
  SettledMessage,
  Store,
} from './ports.ts';
import type { SlotOwner } from './slots.ts';
import type { Next } from './worker.ts';

/** Runs advanced by one step. */
const BATCH = 500;
/** The unsealed part of a journal beyond which it is sealed, in characters. */
const SEAL_AT = 16_384;

/**
 * Advances the runs that are due. A step takes a batch, lets the host replay and continue their flows, and commits in one
 * transaction: the journals, what each run waits for, and the messages to send. Until the commit nothing has happened;
 * a crash repeats the batch with the same result, because flows are deterministic.
 *
 * States: pending → (running ⇄ sleeping) → completed | failed | cancelled. `running` waits for its message to be settled,
 * `sleeping` for its wakeAt.
 */
export class Runner {
  #store: Store;
  #host: Host;
  #deployments: Deployments;
  #slots: SlotOwner;
  #clock: Clock;
  #log: Log;
  #onMessages: () => void;

  constructor(options: {
    store: Store;
    host: Host;
    deployments: Deployments;
    slots: SlotOwner;
    clock: Clock;
    log: Log;
    /** Messages were queued. */
    onMessages: () => void;
  }) {
    this.#store = options.store;
    this.#host = options.host;
    this.#deployments = options.deployments;
    this.#slots = options.slots;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#onMessages = options.onMessages;
  }

  async step(): Promise<Next> {
    const now = await this.#store.now();
    const slots = this.#slots.owned();
    const due = await this.#store.dueRuns(now, BATCH, slots);
    if (due.length === 0) {
      const wake = await this.#store.nextWake(slots);
      // The database's clock and this process's may differ: sleep for the length of time.
      return wake === undefined ? 'when-woken' : { at: this.#clock.now() + Math.max(wake - now, 1) };
    }
    const instanceId = await this.#deployments.instanceId();
    const advanced = await this.#advance(due, now);
    const updates: RunUpdate[] = [];
    const seals: { runId: number; chunk: number; text: string }[] = [];
    const messages: NewMessage[] = [];
    for (const { run, result, deploymentId } of advanced) {
      const { update, seal } = updateOf(run, result, { deploymentId, now });
      updates.push(update);
      if (seal) seals.push(seal);
      if (result.outcome === 'advanced' && result.pending?.kind === 'email') {
        messages.push({
          id: stepMessageId(instanceId, { ...run, position: result.position - 1 }),
          userId: run.userId,
          template: result.pending.template,
          campaignId: run.campaignId,
          runId: run.id,
          position: result.position - 1,
          eventId: null,
          deploymentId,
          createdAt: now,
          dueAt: Math.min(run.wakeAt, now),
        });
      }
      if (update.status === 'failed') {
        this.#log.warn(`campaign ${run.campaignId}, run ${run.id} failed: ${update.reason?.split('\n')[0]}`);
      }
    }
    await this.#store.transaction(
      async (tx) => {
        const written = await tx.saveRuns(updates);
        await tx.sealJournal(seals.filter(({ runId }) => written.has(runId)));
        await tx.insertMessages(messages.filter(({ runId }) => written.has(runId!)));
        crashPoint('step:before-commit');
      },
      this.#slots.fence(due.map(({ userId }) => userId)),
    );
    crashPoint('step:after-commit');
    if (messages.length > 0) this.#onMessages();
    return 'now';
  }

  /** Advances each run with the active code where its history fits, else with the code it has followed so far. */
  async #advance(due: DueRun[], now: number): Promise<Advanced[]> {
    const results = await this.#pendingResults(due);
    const active = await this.#deployments.active();
    const campaigns = new Set(active?.manifest.campaigns.map(({ id }) => id));
    const advanced: Advanced[] = [];
    let pinned = due;
    if (active) {
      const current = due.filter((run) => campaigns.has(run.campaignId));
      const requests = current.map((run) => requestOf(run, { result: results.get(run.id), now }));
      const answers = requests.length > 0 ? await this.#host.advance(active.bundle, requests) : [];
      const stays = new Set(due.filter((run) => !campaigns.has(run.campaignId)));
      current.forEach((run, i) => {
        const result = answers[i]!;
        if (result.outcome === 'diverged' && run.deploymentId !== active.id) stays.add(run);
        else advanced.push({ run, result, deploymentId: active.id });
      });
      pinned = due.filter((run) => stays.has(run));
    }
    for (const [deploymentId, runs] of Map.groupBy(pinned, (run) => run.deploymentId)) {
      const bundle = await this.#deployments.bundle(deploymentId);
      const answers = await this.#host.advance(
        bundle,
        runs.map((run) => requestOf(run, { result: results.get(run.id), now })),
      );
      runs.forEach((run, i) => {
        advanced.push({ run, result: answers[i]!, deploymentId });
      });
    }
    return advanced;
  }

  /** What the command each run waits for gave. */
  async #pendingResults(due: DueRun[]): Promise<Map<number, Json>> {
    const awaited = due.filter(({ status }) => status === 'running');
    const settled = await this.#store.settledMessages(
      awaited.map((run) => ({ runId: run.id, position: run.position - 1 })),
    );
    const results = new Map<number, Json>(settled.map((message) => [message.runId, outcomeOf(message)]));
    for (const run of due) if (run.status === 'sleeping') results.set(run.id, null);
    return results;
  }
}

// --- internal ------------------------------------------------------------------------------------

interface Advanced {
  run: DueRun;
  result: ActivationResult;
  deploymentId: string;
}

function requestOf(run: DueRun, input: { result: Json | undefined; now: number }): ActivationRequest {
  return {
    runId: run.id,
    campaignId: run.campaignId,
    userId: run.userId,
    attributes: run.attributes,
    enteredAt: run.enteredAt,
    journal: run.journal,
    ...(input.result === undefined ? {} : { result: input.result }),
    at: input.now,
  };
}

/** The EmailOutcome a flow is given. */
function outcomeOf({ status, id, reason }: SettledMessage): Json {
  return { status, messageId: id, ...(reason === null ? {} : { reason }) };
}

function updateOf(
  run: DueRun,
  result: ActivationResult,
  { deploymentId, now }: { deploymentId: string; now: number },
) {
  const update: RunUpdate = {
    id: run.id,
    status: 'failed',
    deploymentId,
    wakeAt: null,
    position: result.position,
    journal: run.journal.slice(run.sealed),
    journalHash: run.journalHash,
    chunks: run.chunks,
    reason: null,
    endedAt: null,
  };
  if (result.outcome === 'diverged') {
    update.position = run.position;
    update.endedAt = now;
    update.reason = `the code does not follow the run's history: step ${result.position + 1} was "${result.recorded}" and is now "${result.yielded}"`;
    return { update };
  }
  update.journal += result.appended;
  update.journalHash = rollHash(run.journalHash, result.appended);
  if (result.outcome === 'failed') {
    update.endedAt = now;
    update.reason = result.error.stack || result.error.message;
  } else if (result.pending === null) {
    update.status = 'completed';
    update.endedAt = now;
  } else if (result.pending.kind === 'email') {
    update.status = 'running';
  } else if (result.pending.kind === 'wait') {
    update.status = 'sleeping';
    update.wakeAt = result.pending.until;
  }
  if (update.journal.length < SEAL_AT) return { update };
  const seal = { runId: run.id, chunk: run.chunks, text: update.journal };
  update.journal = '';
  update.chunks += 1;
  return { update, seal };
}
