import { canonicalJson, type JsonObject, mergePatch } from '../../core/json.ts';
import type { NewMessage } from '../ports/messages.ts';
import type { Statements } from '../ports/store.ts';
import type { NewEvent, NewMark, UserRow } from '../ports/users.ts';
import { awaitedEvents, parseAwaits } from '../waits/awaits.ts';
import { eventMessageId } from './message-id.ts';
import type { IngestOperation, OperationResult } from './operations.ts';

/**
 * An event reported later than this sends no transactional mail: importing history must not mail
 * people.
 */
const TRANSACTION_MAX_AGE_MS = 86_400_000;

/** A user's attributes take at most this much as JSON. */
export const MAX_ATTRIBUTES_BYTES = 256 * 1024;

/** Higher than every campaign's priority: mail that a person waits for leaves first. */
const TRANSACTION_PRIORITY = 1_000_000;

/** The transactions to send for events, from the active deployment. */
export interface TransactionsOf {
  instanceId: string;
  deploymentId: string;
  /** Ids of transactions by event name. */
  byEvent: Map<string, string[]>;
}

interface Options {
  now: number;
  transactions: TransactionsOf | undefined;
  /**
   * Whether the configuration uses events of this name. Without this function every event is
   * evaluated.
   */
  eventMatters?: (name: string) => boolean;
  /** Assumes that no event was stored before; when one was, flush throws `conflict`. */
  allNew?: boolean;
}

/** Bytes of the attributes as JSON. */
export function sizeOf(attributes: JsonObject): number {
  return Buffer.byteLength(JSON.stringify(attributes));
}

/** The writes of a transaction, collected so that each table needs few statements. */
export class PendingWrites {
  madeMessages = false;
  #tx: Statements;
  #now: number;
  #transactions: TransactionsOf | undefined;
  /** Ids of the users that exist. */
  #ids: Set<string>;
  /** The same users with their attributes, where the attributes matter. */
  #users: Map<string, UserRow>;
  #known: Set<string>;
  #puts = new Map<string, UserRow>();
  #events: NewEvent[] = [];
  /** Marks, each with the number of collected events that precede the cause. */
  #dirty = new Map<string, Omit<NewMark, 'afterEvent'> & { before: number }>();
  #eventMatters: (name: string) => boolean;
  /**
   * Events that the configuration does not use but a waiting run may: by user and name, the number
   * of collected events that precede the first of that name.
   */
  #others = new Map<string, Map<string, number>>();
  #touched = new Set<string>();
  #deletes = new Set<string>();

  private constructor(
    tx: Statements,
    { ids, users, known }: { ids: string[]; users: UserRow[]; known: Set<string> },
    options: Options,
  ) {
    this.#tx = tx;
    this.#ids = new Set(ids);
    this.#users = new Map(users.map((user) => [user.id, user]));
    this.#now = options.now;
    this.#transactions = options.transactions;
    this.#eventMatters = options.eventMatters ?? (() => true);
    this.#known = known;
  }

  static async begin(
    tx: Statements,
    operations: IngestOperation[],
    options: Options,
  ): Promise<PendingWrites> {
    const ids = new Set(
      operations.map((operation) => (operation.type === 'event' ? operation.userId : operation.id)),
    );
    const pairs = operations.flatMap((operation) =>
      operation.type === 'event' && operation.messageId !== undefined
        ? [{ userId: operation.userId, messageId: operation.messageId }]
        : [],
    );
    const onlyEvents = operations.every(({ type }) => type === 'event');
    const users = onlyEvents ? [] : await tx.lockUsers([...ids]);
    const found = onlyEvents ? await tx.lockUserIds([...ids]) : users.map(({ id }) => id);
    const known = options.allNew ? new Set<string>() : await tx.knownEvents(pairs);
    return new PendingWrites(tx, { ids: found, users, known }, options);
  }

  async apply(operation: IngestOperation): Promise<OperationResult> {
    if (operation.type === 'user') return this.#user(operation);
    if (operation.type === 'event') return this.#event(operation);
    if (this.#touched.has(operation.id)) await this.flush();
    this.#ids.delete(operation.id);
    this.#users.delete(operation.id);
    this.#deletes.add(operation.id);
    for (const pair of this.#known) if (pair.startsWith(`${operation.id}\n`)) this.#known.delete(pair);
    return { ok: true, type: 'delete' };
  }

  /**
   * The user's attributes with the changes so far; undefined when the user does not exist or only
   * events are applied.
   */
  attributesOf(id: string): JsonObject | undefined {
    return this.#users.get(id)?.attributes;
  }

  async flush(): Promise<void> {
    await this.#tx.deleteUsers([...this.#deletes]);
    this.#deletes.clear();
    await this.#tx.putUsers([...this.#puts.values()]);
    this.#puts.clear();
    const ids = await this.#tx.insertEvents(this.#events);
    await this.#send(ids);
    this.#events = [];
    await this.#markAwaited();
    await this.#setMarks(ids);
    this.#dirty.clear();
    this.#touched.clear();
  }

  async #user(operation: Extract<IngestOperation, { type: 'user' }>): Promise<OperationResult> {
    const { id } = operation;
    const current = this.#users.get(id);
    if (!current && operation.mode === 'merge') return unknownUser(id);
    if (this.#deletes.has(id)) await this.flush();
    const attributes = mergePatch(current?.attributes ?? {}, operation.attributes);
    const size = sizeOf(attributes);
    if (size > MAX_ATTRIBUTES_BYTES) return tooLarge(id, size);
    if (!current || canonicalJson(current.attributes) !== canonicalJson(attributes)) {
      const row = { id, attributes, createdAt: current?.createdAt ?? this.#now, updatedAt: this.#now };
      this.#ids.add(id);
      this.#users.set(id, row);
      this.#puts.set(id, row);
      this.#mark({ userId: id, cause: 'attributes', subject: '', before: this.#events.length });
    }
    return { ok: true, type: 'user', created: !current, attributes };
  }

  #event(operation: Extract<IngestOperation, { type: 'event' }>): OperationResult {
    const { userId, name, attributes, messageId } = operation;
    if (!this.#ids.has(userId)) return unknownUser(userId);
    if (messageId !== undefined) {
      const pair = `${userId}\n${messageId}`;
      if (this.#known.has(pair)) return { ok: true, type: 'event', duplicate: true };
      this.#known.add(pair);
    }
    const createdAt = Math.min(operation.createdAt ?? this.#now, this.#now);
    const before = this.#events.length;
    this.#events.push({ userId, name, attributes, createdAt, messageId: messageId ?? null });
    if (this.#eventMatters(name)) this.#mark({ userId, cause: 'event', subject: name, before });
    else {
      const names = this.#others.get(userId) ?? new Map<string, number>();
      if (!names.has(name)) names.set(name, before);
      this.#others.set(userId, names);
      this.#touched.add(userId);
    }
    return { ok: true, type: 'event', duplicate: false };
  }

  /** The first mark of a cause decides the place. */
  #mark(mark: Omit<NewMark, 'afterEvent'> & { before: number }): void {
    const key = `${mark.userId}\n${mark.cause}\n${mark.subject}`;
    if (!this.#dirty.has(key)) this.#dirty.set(key, mark);
    this.#touched.add(mark.userId);
  }

  /**
   * A run that starts to wait at this moment sees the events itself: it locks its user, as this
   * transaction does (waits/alarms).
   */
  async #markAwaited(): Promise<void> {
    for (const { userId, awaits } of await this.#tx.readAwaitingRuns([...this.#others.keys()])) {
      const happened = this.#others.get(userId)!;
      for (const name of awaitedEvents(parseAwaits(awaits))) {
        const before = happened.get(name);
        if (before !== undefined) this.#mark({ userId, cause: 'event', subject: name, before });
      }
    }
    this.#others.clear();
  }

  /** @param ids of the stored events; later events of these users get greater ids. */
  async #setMarks(ids: number[]): Promise<void> {
    const marks = [...this.#dirty.values()];
    const last = marks.some(({ before }) => before >= ids.length)
      ? (ids.at(-1) ?? (await this.#tx.lastEventId()))
      : 0;
    await this.#tx.markDirty(
      marks.map(({ userId, cause, subject, before }) => ({
        userId,
        cause,
        subject,
        afterEvent: before < ids.length ? ids[before]! - 1 : last,
      })),
    );
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
          priority: TRANSACTION_PRIORITY,
        });
      }
    });
    if (messages.length > 0) this.madeMessages = true;
    await this.#tx.insertMessages(messages);
  }
}

// --- internal ------------------------------------------------------------------------------------

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

function tooLarge(id: string, size: number): OperationResult {
  return {
    ok: false,
    error: {
      code: 'payload_too_large',
      message: `the attributes of user "${id}" would take ${Math.ceil(size / 1024)} KiB as JSON; ${MAX_ATTRIBUTES_BYTES / 1024} KiB are allowed`,
      hint: 'Nothing of this change was stored. Keep lists that grow as events, or remove attributes by setting them to null.',
    },
  };
}
