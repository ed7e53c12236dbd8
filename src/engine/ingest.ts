import { crashPoint } from '../core/crash-point.ts';
import { SegflowError } from '../core/errors.ts';
import { canonicalJson, type Json, mergePatch } from '../core/json.ts';
import { eventMessageId } from './message-id.ts';
import type { Operation, OperationResult, Submission } from './operations.ts';
import type { DirtyCause, NewEvent, NewMessage, Statements, Store, UserRow } from './ports.ts';

/** An event reported later than this after it happened sends no transaction: importing history must not mail people. */
export const TRANSACTION_MAX_AGE_MS = 86_400_000;

/** Operations that share a commit, at most; a larger submission is still committed whole. */
const COMMIT_SIZE = 4_000;

/** The transactions to send for events, from the active deployment. */
export interface TransactionsOf {
  instanceId: string;
  deploymentId: string;
  /** Ids of transactions by event name. */
  byEvent: Map<string, string[]>;
}

interface Waiting extends Submission {
  resolve(results: OperationResult[]): void;
  reject(error: unknown): void;
}

/**
 * Group commit. Submissions that arrive while a commit is under way wait and share the next one, so that a thousand
 * clients cost one fsync. A submission is resolved only after its commit; when the commit fails all that shared it are
 * rejected and nothing of them is stored. A crash before the commit loses only what was never acknowledged.
 */
export class Ingest {
  #store: Store;
  #transactions: () => Promise<TransactionsOf | undefined>;
  #onCommit: (effects: { messages: boolean }) => void;
  #queue: Waiting[] = [];
  #running: Promise<void> | undefined;

  constructor(options: {
    store: Store;
    transactions: () => Promise<TransactionsOf | undefined>;
    onCommit: (effects: { messages: boolean }) => void;
  }) {
    this.#store = options.store;
    this.#transactions = options.transactions;
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
    // Let the requests that are being read in this turn of the event loop join.
    await Promise.resolve();
    while (this.#queue.length > 0) await this.#commit(this.#take());
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
      const transactions = await this.#transactions();
      const outcome = await this.#store.transaction(async (tx) => {
        const applied = await applySubmissions(tx, batch, transactions);
        crashPoint('ingest:before-commit');
        return applied;
      });
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
  transactions: TransactionsOf | undefined,
): Promise<Applied> {
  const now = await tx.now();
  const keys = submissions.flatMap(({ idempotency }) => (idempotency ? [idempotency.key] : []));
  const answered = new Map((await tx.idempotent(keys)).map((row) => [row.key, row]));
  const fresh = submissions.filter(({ idempotency }) => !idempotency || !answered.has(idempotency.key));
  const changes = await Changes.begin(
    tx,
    fresh.flatMap(({ operations }) => operations),
    { now, transactions },
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

/** What a transaction is about to write, gathered so that each table is written in few statements. */
class Changes {
  madeMessages = false;
  #tx: Statements;
  #now: number;
  #transactions: TransactionsOf | undefined;
  #users = new Map<string, UserRow>();
  #known: Set<string>;
  #puts = new Map<string, UserRow>();
  #events: NewEvent[] = [];
  #dirty = new Map<string, { userId: string; cause: DirtyCause }>();
  #touched = new Set<string>();
  #deletes = new Set<string>();

  private constructor(
    tx: Statements,
    now: number,
    transactions: TransactionsOf | undefined,
    known: Set<string>,
  ) {
    this.#tx = tx;
    this.#now = now;
    this.#transactions = transactions;
    this.#known = known;
  }

  static async begin(
    tx: Statements,
    operations: Operation[],
    options: { now: number; transactions: TransactionsOf | undefined },
  ): Promise<Changes> {
    const ids = new Set(
      operations.map((operation) => (operation.type === 'event' ? operation.userId : operation.id)),
    );
    const pairs = operations.flatMap((operation) =>
      operation.type === 'event' && operation.messageId !== undefined
        ? [{ userId: operation.userId, messageId: operation.messageId }]
        : [],
    );
    const users = await tx.lockUsers([...ids]);
    const changes = new Changes(tx, options.now, options.transactions, await tx.knownEvents(pairs));
    for (const user of users) changes.#users.set(user.id, user);
    return changes;
  }

  async apply(operation: Operation): Promise<OperationResult> {
    if (operation.type === 'user') return this.#user(operation);
    if (operation.type === 'event') return this.#event(operation);
    if (this.#touched.has(operation.id)) await this.flush();
    this.#users.delete(operation.id);
    this.#deletes.add(operation.id);
    for (const pair of this.#known) if (pair.startsWith(`${operation.id}\n`)) this.#known.delete(pair);
    return { ok: true, type: 'delete' };
  }

  async flush(): Promise<void> {
    await this.#tx.deleteUsers([...this.#deletes]);
    this.#deletes.clear();
    await this.#tx.putUsers([...this.#puts.values()]);
    this.#puts.clear();
    const ids = await this.#tx.insertEvents(this.#events);
    await this.#send(ids);
    this.#events = [];
    await this.#tx.markDirty([...this.#dirty.values()]);
    this.#dirty.clear();
    this.#touched.clear();
  }

  async #user(operation: Extract<Operation, { type: 'user' }>): Promise<OperationResult> {
    const { id } = operation;
    const current = this.#users.get(id);
    if (!current && operation.mode === 'merge') return unknownUser(id);
    if (this.#deletes.has(id)) await this.flush();
    const attributes = mergePatch(current?.attributes ?? {}, operation.attributes);
    if (!current || canonicalJson(current.attributes) !== canonicalJson(attributes)) {
      const row = { id, attributes, createdAt: current?.createdAt ?? this.#now, updatedAt: this.#now };
      this.#users.set(id, row);
      this.#puts.set(id, row);
      this.#mark(id, 'user');
    }
    return { ok: true, type: 'user', created: !current, attributes };
  }

  #event(operation: Extract<Operation, { type: 'event' }>): OperationResult {
    const { userId, name, attributes, messageId } = operation;
    if (!this.#users.has(userId)) return unknownUser(userId);
    if (messageId !== undefined) {
      const pair = `${userId}\n${messageId}`;
      if (this.#known.has(pair)) return { ok: true, type: 'event', duplicate: true };
      this.#known.add(pair);
    }
    const createdAt = Math.min(operation.createdAt ?? this.#now, this.#now);
    this.#events.push({ userId, name, attributes, createdAt, messageId: messageId ?? null });
    this.#mark(userId, `event:${name}`);
    return { ok: true, type: 'event', duplicate: false };
  }

  #mark(userId: string, cause: DirtyCause): void {
    this.#dirty.set(`${userId}\n${cause}`, { userId, cause });
    this.#touched.add(userId);
  }

  async #send(eventIds: number[]): Promise<void> {
    const transactions = this.#transactions;
    if (!transactions) return;
    const messages: NewMessage[] = [];
    this.#events.forEach((event, i) => {
      if (this.#now - event.createdAt > TRANSACTION_MAX_AGE_MS) return;
      for (const template of transactions.byEvent.get(event.name) ?? []) {
        messages.push({
          id: eventMessageId(transactions.instanceId, {
            ...event,
            id: eventIds[i]!,
            transactionId: template,
          }),
          userId: event.userId,
          template,
          campaignId: null,
          runId: null,
          position: null,
          eventId: eventIds[i]!,
          deploymentId: transactions.deploymentId,
          createdAt: this.#now,
          dueAt: this.#now,
        });
      }
    });
    if (messages.length > 0) this.madeMessages = true;
    await this.#tx.insertMessages(messages);
  }
}

function unknownUser(id: string): OperationResult {
  const shown = id.length > 60 ? `${id.slice(0, 60)}…` : id;
  return {
    ok: false,
    error: {
      code: 'user_not_found',
      message: `there is no user "${shown}"`,
      hint: `Create the user first: segflow add ${/^[\w.@-]+$/.test(shown) ? shown : '<user-id>'} email='…'`,
    },
  };
}

function reused(): SegflowError {
  return new SegflowError('idempotency_key_reused', 'this Idempotency-Key was used for another request', {
    hint: 'Use a new key for a new request, and the same key only to repeat a request unchanged.',
  });
}
