import type { Clock } from '../core/clock.ts';
import { messageOf } from '../core/errors.ts';
import type { Log } from './log.ts';
import { backoff } from './mail-backoff.ts';
import type { DueMessage, MessageUpdate, Statements, Store } from './ports.ts';
import type { SlotOwner } from './slots.ts';

/** What becomes of a message; what is not named stays or is emptied (see `unchanged`). */
export interface MailChange {
  message: DueMessage;
  update: Partial<MessageUpdate> & { status: MessageUpdate['status'] };
}

/** Writes what becomes of messages, and makes the runs of settled ones due. */
export class MailLedger {
  #store: Store;
  #slots: SlotOwner;
  #clock: Clock;
  #log: Log;
  #onSettled: () => void;

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

  /** A decision of this process, which only the owner of the users may take. Returns the ids of the messages written. */
  async decide(changes: MailChange[]): Promise<Set<string>> {
    return this.#save(changes, { fenced: true });
  }

  /** Marks messages as being sent, but for those of campaigns that were paused since they were read. */
  async markSending(changes: MailChange[]): Promise<Set<string>> {
    return this.#save(changes, { fenced: true, unlessPaused: true });
  }

  /**
   * What the provider answered: a fact, whoever owns the user by now. It is worth keeping: a database that is away for a moment must not
   * turn sent into unknown.
   */
  async record(changes: MailChange[]): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#save(changes, { fenced: false });
        return;
      } catch (error) {
        if (attempt >= 10) {
          // The rows stay `sending`; the next start asks the provider about them.
          this.#log.error(`the provider's answer could not be stored: ${messageOf(error)}`, error);
          return;
        }
        await this.#clock.sleepUntil(this.#clock.now() + backoff(attempt) / 4, new AbortController().signal);
      }
    }
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
