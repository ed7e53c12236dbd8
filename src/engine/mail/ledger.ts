import type { Clock } from '../../core/clock.ts';
import { messageOf } from '../../core/errors.ts';
import type { SlotOwner } from '../cluster/slots.ts';
import type { Log } from '../ports/log.ts';
import type { DueMessage, MessageUpdate } from '../ports/messages.ts';
import type { Statements, Store } from '../ports/store.ts';
import { backoff } from './backoff.ts';

/** A change to a message. Fields that are not named stay or are cleared (see `unchanged`). */
export interface MailChange {
  message: DueMessage;
  update: Partial<MessageUpdate> & { status: MessageUpdate['status'] };
}

const LAST_ATTEMPTS = 10;

/** Writes changes to messages, and makes the runs of settled messages due. */
export class MailLedger {
  #store: Store;
  #slots: SlotOwner;
  #clock: Clock;
  #log: Log;
  #onSettled: () => void;
  #closing = false;

  constructor(options: {
    store: Store;
    slots: SlotOwner;
    clock: Clock;
    log: Log;
    /** Messages were settled, and the runs that waited for them are due. */
    onSettled: () => void;
  }) {
    this.#store = options.store;
    this.#slots = options.slots;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#onSettled = options.onSettled;
  }

  /**
   * Writes a decision that only the owner of the users may make. Returns the ids of the written
   * messages.
   */
  async decide(changes: MailChange[]): Promise<Set<string>> {
    return this.#save(changes, { fenced: true });
  }

  /**
   * Marks messages as being sent, except those of campaigns that were paused since the messages
   * were read.
   */
  async markSending(changes: MailChange[]): Promise<Set<string>> {
    return this.#save(changes, { fenced: true, unlessPaused: true });
  }

  /**
   * Records the outcome of a batch that was being sent. `sent` is a fact, whoever owns the user by
   * now; any other outcome counts only while no other process has taken the message over. A short
   * database outage must not turn `sent` into `unknown`, so the write is retried until it succeeds
   * or `close` has waited long enough.
   */
  async record(changesAt: (now: number) => MailChange[]): Promise<void> {
    const kept = (change: MailChange): MailChange =>
      change.update.status === 'sent'
        ? change
        : { ...change, update: { ...change.update, stillSending: true } };
    let given: number | undefined;
    for (let attempt = 1; ; attempt++) {
      try {
        given ??= await this.#store.now();
        await this.#save(changesAt(given).map(kept), { fenced: false });
        return;
      } catch (error) {
        this.#log.warn(`the provider's answer could not be stored: ${messageOf(error)}`);
        // The rows stay `sending`; the next owner of the users asks the provider about them.
        if (this.#closing && attempt > LAST_ATTEMPTS) return;
        const delay = Math.min(backoff(attempt) / 4, this.#closing ? 1_000 : 5_000);
        await this.#clock.sleepUntil(this.#clock.now() + delay, new AbortController().signal);
      }
    }
  }

  /** From now on, gives up an answer that cannot be stored after some seconds. */
  close(): void {
    this.#closing = true;
  }

  async #save(
    changes: MailChange[],
    { fenced, unlessPaused = false }: { fenced: boolean; unlessPaused?: boolean },
  ): Promise<Set<string>> {
    const fence = fenced ? this.#slots.fence(changes.map(({ message }) => message.userId)) : undefined;
    let woke = false;
    const written = await this.#store.transaction(async (tx) => {
      const now = await tx.now();
      const wanted = unlessPaused ? await unpaused(tx, changes) : changes;
      const ids = await tx.saveMessages(
        wanted.map(({ message, update }) => ({ ...unchanged(message), ...update })),
      );
      const settled = wanted.filter(({ message, update }) => ids.has(message.id) && isSettled(update.status));
      const runIds = settled.flatMap(({ message }) => (message.runId === null ? [] : [message.runId]));
      await tx.wakeRuns(runIds, now);
      woke = runIds.length > 0;
      return ids;
    }, fence);
    if (woke) this.#onSettled();
    return written;
  }
}

// --- internal ------------------------------------------------------------------------------------

async function unpaused(tx: Statements, changes: MailChange[]): Promise<MailChange[]> {
  const paused = new Set((await tx.pauses()).map(({ campaignId }) => campaignId));
  if (paused.has('*')) return [];
  return changes.filter(({ message }) => message.campaignId === null || !paused.has(message.campaignId));
}

function unchanged(message: DueMessage): Omit<MessageUpdate, 'status'> {
  return {
    id: message.id,
    attempts: message.attempts,
    nextAttemptAt: null,
    providerId: null,
    reason: null,
    toAddress: message.toAddress,
    subject: message.subject,
    sentAt: null,
  };
}

function isSettled(status: MessageUpdate['status']): boolean {
  return status === 'sent' || status === 'failed' || status === 'skipped';
}
