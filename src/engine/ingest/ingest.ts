import { crashPoint } from '../../core/crash-point.ts';
import { SegflowError } from '../../core/errors.ts';
import type { Json } from '../../core/json.ts';
import type { Statements, Store } from '../ports/store.ts';
import { PendingWrites, type TransactionsOf } from './changes.ts';
import type { OperationResult, Submission } from './operations.ts';

/** The most operations that share a commit; a larger submission still commits whole. */
const COMMIT_SIZE = 4_000;

/** The parts of the deployment in force that ingest uses, as last seen by this process. */
export interface InForce {
  /** The store's token for this deployment. */
  revision: string;
  transactions: TransactionsOf | undefined;
  /** Whether a segment, or a campaign's `exitWhen` or `goal`, uses events of this name. */
  eventMatters: (name: string) => boolean;
}

interface Waiting extends Submission {
  resolve(results: OperationResult[]): void;
  reject(error: unknown): void;
}

/**
 * Group commit. Submissions that arrive during a commit wait and share the next one, so that a
 * thousand clients cost one fsync. A submission resolves only after its commit. When a commit
 * fails, all submissions that shared it are rejected and nothing of them is stored. A crash before
 * the commit loses only what was never acknowledged.
 */
export class Ingest {
  #store: Store;
  #inForce: () => Promise<InForce>;
  #refresh: () => Promise<unknown>;
  #onCommit: (effects: { messages: boolean }) => void;
  #queue: Waiting[] = [];
  #running: Promise<void> | undefined;

  constructor(options: {
    store: Store;
    inForce: () => Promise<InForce>;
    /** Asks the store, because another process may have put another configuration in force. */
    refresh: () => Promise<unknown>;
    onCommit: (effects: { messages: boolean }) => void;
  }) {
    this.#store = options.store;
    this.#inForce = options.inForce;
    this.#refresh = options.refresh;
    this.#onCommit = options.onCommit;
  }

  submit(submission: Submission): Promise<OperationResult[]> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ ...submission, resolve, reject });
      this.#running ??= this.#drain();
    });
  }

  /** Resolves once everything submitted is answered. */
  async idle(): Promise<void> {
    while (this.#running) await this.#running;
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      // A commit to the embedded store never yields to the event loop, so requests that arrived
      // during it are only read now: with 32 clients, four times the events per second.
      await new Promise<void>((resolve) => setImmediate(resolve));
      await this.#commit(this.#take());
    }
    this.#running = undefined;
  }

  #take(): Waiting[] {
    let size = 0;
    let count = 0;
    while (count < this.#queue.length && (count === 0 || size < COMMIT_SIZE)) {
      size += this.#queue[count++]!.operations.length;
    }
    return this.#queue.splice(0, count);
  }

  async #commit(batch: Waiting[]): Promise<void> {
    try {
      const outcome = await this.#apply(batch);
      crashPoint('ingest:after-commit');
      this.#onCommit({ messages: outcome.messages });
      batch.forEach((waiting, i) => {
        const result = outcome.results[i]!;
        if (result instanceof SegflowError) waiting.reject(result);
        else waiting.resolve(result);
      });
    } catch (error) {
      for (const waiting of batch) waiting.reject(error);
    }
  }

  /**
   * Events are handled by the configuration in force at their commit, whichever process put it in
   * force. The store is asked for duplicates only after an insert failed: few events are sent
   * twice, and asking about all of them costs half as much as storing them.
   */
  async #apply(batch: Waiting[]): Promise<Applied> {
    let allNew = true;
    while (true) {
      const { revision, transactions, eventMatters } = await this.#inForce();
      try {
        const applied = await this.#store.transaction(async (tx) => {
          if ((await tx.revision()) !== revision) return undefined;
          const done = await applySubmissions(tx, batch, { transactions, eventMatters, allNew });
          crashPoint('ingest:before-commit');
          return done;
        });
        if (applied) return applied;
        await this.#refresh();
      } catch (error) {
        if (!allNew || !SegflowError.is(error) || error.code !== 'conflict') throw error;
        allNew = false;
      }
    }
  }
}

// --- internal ------------------------------------------------------------------------------------

interface Applied {
  results: (OperationResult[] | SegflowError)[];
  messages: boolean;
}

/** Applies the submissions in order within one transaction. */
async function applySubmissions(
  tx: Statements,
  submissions: Submission[],
  options: Omit<InForce, 'revision'> & { allNew: boolean },
): Promise<Applied> {
  const now = await tx.now();
  const keys = submissions.flatMap(({ idempotency }) => (idempotency ? [idempotency.key] : []));
  const answered = new Map((await tx.idempotent(keys)).map((row) => [row.key, row]));
  const fresh = submissions.filter(({ idempotency }) => !idempotency || !answered.has(idempotency.key));
  const changes = await PendingWrites.begin(
    tx,
    fresh.flatMap(({ operations }) => operations),
    { now, ...options },
  );

  const results: Applied['results'] = [];
  const keep: { key: string; requestHash: string; response: Json; createdAt: number }[] = [];
  for (const { operations, idempotency } of submissions) {
    const earlier = idempotency && answered.get(idempotency.key);
    if (earlier) {
      results.push(
        earlier.requestHash === idempotency.requestHash ? (earlier.response as OperationResult[]) : reused(),
      );
      continue;
    }
    const answers: OperationResult[] = [];
    for (const operation of operations) answers.push(await changes.apply(operation));
    results.push(answers);
    if (idempotency) {
      const row = { ...idempotency, response: answers as Json, createdAt: now };
      answered.set(idempotency.key, row);
      keep.push(row);
    }
  }
  await changes.flush();
  await tx.putIdempotent(keep);
  return { results, messages: changes.madeMessages };
}

function reused(): SegflowError {
  return new SegflowError('idempotency_key_reused', 'this Idempotency-Key was used for another request', {
    hint: 'Use a new key for a new request, and the same key only to repeat a request unchanged.',
  });
}
