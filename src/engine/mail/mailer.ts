import type { Clock } from '../../core/clock.ts';
import { crashPoint } from '../../core/crash-point.ts';
import { messageOf } from '../../core/errors.ts';
import { canonicalJson } from '../../core/json.ts';
import { Mutex } from '../../core/mutex.ts';
import type { SlotOwner } from '../cluster/slots.ts';
import type { Next } from '../cluster/worker.ts';
import type { Deployment, Deployments } from '../deployments/deployments.ts';
import type { Host } from '../ports/host.ts';
import type { Slots } from '../ports/leases.ts';
import type { Log } from '../ports/log.ts';
import {
  type MailProvider,
  type MailProviderFactory,
  type OutgoingEmail,
  SETTLE_AFTER_MS,
  type SendResult,
} from '../ports/mail.ts';
import type { DueMessage } from '../ports/messages.ts';
import type { Store } from '../ports/store.ts';
import { CampaignGuard } from '../quarantine/campaign-guard.ts';
import { Doubts } from '../quarantine/doubts.ts';
import { Quarantine, TRIAL_LOOK_MS } from '../quarantine/quarantine.ts';
import { backoff, FIRST_RETRY_MS, LAST_RETRY_MS, LONGEST_DELAY_MS } from './backoff.ts';
import { composeMail, type Outgoing } from './compose.ts';
import { askAbout } from './inquiry.ts';
import { type MailChange, MailLedger } from './ledger.ts';

/** Batches sent to the provider at the same time: while one is answered, the next is rendered. */
const IN_FLIGHT = 4;

/**
 * Sends the queued messages. The ledger's states:
 *
 *   queued → sending → sent | failed            (skipped, from queued, when it may no longer be sent)
 *              │ ▲ └→ queued, later              the provider definitely did not accept it
 *              ▼ └── queued                      asked, and the provider does not have it
 *           unknown → sent                       asked, and the provider has it
 *
 * `sending` is committed before the provider is called, and the answer afterwards, for each message
 * separately. A crash in between leaves `sending`, which the next start turns into `unknown`. The
 * provider is asked about an unknown message before anything is sent again. Whether a message may
 * still be sent (user, campaign, address) is checked when it is sent, not when it was queued.
 *
 * When the provider puts messages off, they wait, and nothing else is sent meanwhile. New provider
 * settings end both: the deployment makes the messages due, and each process ends its pause when it
 * sees the new settings.
 */
export class Mailer {
  #store: Store;
  #host: Host;
  #deployments: Deployments;
  #slots: SlotOwner;
  #providerOf: MailProviderFactory;
  #clock: Clock;
  #log: Log;
  #parseAddress: (value: unknown) => string | undefined;
  #settleAfterMs: number;
  #ledger: MailLedger;
  #onLater: () => void;
  #onSuspects: () => void;
  #guard: CampaignGuard;
  #provider: { settings: string; provider: MailProvider } | undefined;
  #inFlight = new Set<Promise<void>>();
  #quarantine = new Quarantine<string>();
  #doubts = new Doubts();
  /** No batch is sent before this time, because the provider refused a whole batch for now. */
  #pausedUntil = 0;
  /** The store did not say whether a batch was marked as being sent. */
  #inDoubt = false;
  /**
   * Guards marking: a message found as `sending` while nothing is in flight was left by an earlier
   * batch, so no other batch may be marked at the same time.
   */
  #marking = new Mutex();

  constructor(options: {
    store: Store;
    host: Host;
    deployments: Deployments;
    slots: SlotOwner;
    providerOf: MailProviderFactory;
    /** The single mailbox in a user's `email` attribute, or undefined. */
    parseAddress: (value: unknown) => string | undefined;
    clock: Clock;
    log: Log;
    settleAfterMs?: number | undefined;
    /** Messages were settled, and the runs that waited for them are due. */
    onSettled: () => void;
    /** The provider answered, and some messages must be retried or asked about later. */
    onLater: () => void;
    /** The set of suspects has changed. */
    onSuspects: () => void;
  }) {
    this.#store = options.store;
    this.#host = options.host;
    this.#deployments = options.deployments;
    this.#slots = options.slots;
    this.#providerOf = options.providerOf;
    this.#parseAddress = options.parseAddress;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#settleAfterMs = options.settleAfterMs ?? SETTLE_AFTER_MS;
    this.#ledger = new MailLedger(options);
    this.#onLater = options.onLater;
    this.#onSuspects = options.onSuspects;
    this.#guard = new CampaignGuard({ ...options, what: 'its mail' });
  }

  /**
   * Schedules the question to the provider about messages that a crash left half-sent, after the
   * time that a provider may need to find them.
   */
  async recover(slots: Slots): Promise<void> {
    const now = await this.#store.now();
    const count = await this.#store.unsettle(now + this.#settleAfterMs, slots);
    if (count > 0) {
      crashPoint('mail:after-unsettle');
      this.#log.warn(
        `${count} message(s) were being sent when the process that had them ended, or the database; the provider is asked about them in ${Math.round(this.#settleAfterMs / 1000)} s before anything is sent again`,
      );
    }
  }

  get busy(): boolean {
    return this.#inFlight.size > 0;
  }

  /** Resolves once every batch in flight is answered and committed. */
  async idle(): Promise<void> {
    while (this.#inFlight.size > 0) await Promise.allSettled(this.#inFlight);
  }

  /** From now on, gives up an answer that the store does not accept after a while. */
  close(): void {
    this.#ledger.close();
  }

  async turn(): Promise<Next> {
    if (this.#inDoubt) await this.#marking.run(() => this.#settleDoubt());
    const deployment = await this.#deployments.active();
    if (!deployment) return 'when-woken';
    if (this.#inFlight.size >= IN_FLIGHT) {
      await Promise.race(this.#inFlight);
      return 'now';
    }
    const now = await this.#store.now();
    const provider = await this.#providerFor(deployment);
    if (now < this.#pausedUntil) return { at: this.#clock.now() + this.#pausedUntil - now };
    const slots = this.#slots.owned();
    const { due, onlySuspects } = await this.#quarantine.others(provider.batchSize, (limit) =>
      this.#store.dueMessages(now, limit, slots),
    );
    if (onlySuspects) return { at: this.#clock.now() + TRIAL_LOOK_MS };
    if (due.length === 0) {
      const next = await this.#store.nextAttempt(slots);
      return next === undefined ? 'when-woken' : { at: this.#clock.now() + Math.max(next - now, 1) };
    }
    const unknown = due.filter(({ status }) => status === 'unknown');
    if (unknown.length > 0) await askAbout(unknown, { provider, ledger: this.#ledger, log: this.#log, now });
    const queued = due.filter(({ status }) => status === 'queued');
    if (queued.length > 0) {
      const suspects = await this.#dispatch(queued, { deployment, provider, suspected: false });
      for (const { id } of suspects) this.#quarantine.add(id);
      if (suspects.length > 0) this.#onSuspects();
    }
    return 'now';
  }

  /** Tries one suspect alone, in parallel with the turns. */
  async tryAlone(): Promise<Next> {
    if (this.#quarantine.size === 0) return 'when-woken';
    const deployment = await this.#deployments.active();
    if (!deployment) return 'when-woken';
    const now = await this.#store.now();
    const provider = await this.#providerFor(deployment);
    const suspect = await this.#quarantine.next((limit) =>
      this.#store.dueMessages(now, limit, this.#slots.owned()),
    );
    if (!suspect || now < this.#pausedUntil) return { at: this.#clock.now() + TRIAL_LOOK_MS };
    await this.#dispatch([suspect], { deployment, provider, suspected: true });
    this.#quarantine.delete(suspect.id);
    this.#onSuspects();
    return 'now';
  }

  async #settleDoubt(): Promise<void> {
    await this.idle();
    await this.recover(this.#slots.owned());
    this.#inDoubt = false;
  }

  /**
   * Renders and marks a batch, then hands it to the provider without waiting for the answer.
   * Returns the suspects, unchanged.
   */
  async #dispatch(
    queued: DueMessage[],
    about: { deployment: Deployment; provider: MailProvider; suspected: boolean },
  ): Promise<DueMessage[]> {
    const { deployment, provider, suspected } = about;
    const { outgoing, dropped, suspects, outcomes } = await composeMail(queued, {
      host: this.#host,
      deployments: this.#deployments,
      deployment,
      suspected,
      parseAddress: this.#parseAddress,
      log: this.#log,
    });
    const others: Outgoing[] = [];
    for (const entry of outgoing) {
      const blame = this.#doubts.blame(entry.message.id);
      if (blame === undefined) others.push(entry);
      else dropped.push(givenUp(entry, blame));
    }
    if (dropped.length > 0) await this.#ledger.decide(dropped);
    this.#doubts.settled(dropped.map(({ message }) => message.id));
    await this.#guard.watch(outcomes);
    for (const group of this.#doubts.groups(others, ({ message }) => message.id)) {
      while (this.#inFlight.size >= IN_FLIGHT) await Promise.race(this.#inFlight);
      await this.#marking.run(() => this.#leave(group, provider));
    }
    return suspects;
  }

  async #leave(outgoing: Outgoing[], provider: MailProvider): Promise<void> {
    crashPoint('mail:before-sending');
    const marked = await this.#mark(outgoing);
    crashPoint('mail:after-sending');
    const batch = outgoing.filter(({ message }) => marked.has(message.id));
    if (batch.length === 0) return;
    const sending = this.#send(provider, batch)
      .catch((error) => {
        this.#inDoubt = true;
        this.#log.error(`a batch of mail: ${messageOf(error)}`, error);
      })
      .finally(() => this.#inFlight.delete(sending));
    this.#inFlight.add(sending);
  }

  async #mark(batch: Outgoing[]): Promise<Set<string>> {
    try {
      return await this.#ledger.markSending(
        batch.map(({ message, email }) => ({
          message,
          update: { status: 'sending', toAddress: email.to, subject: email.subject },
        })),
      );
    } catch (error) {
      // The connection may have been lost after the commit; then no process would look at these
      // again.
      this.#inDoubt = true;
      throw error;
    }
  }

  async #send(provider: MailProvider, batch: Outgoing[]): Promise<void> {
    if (!this.#slots.holds()) {
      // Another process may own these users by now. Nothing was sent: the new owner sends it.
      await this.#ledger.record((now) =>
        batch.map(({ message }) => ({ message, update: { status: 'queued', nextAttemptAt: now } })),
      );
      return;
    }
    const results = await provider.send(batch.map(({ email }) => email));
    crashPoint('mail:after-answer');
    await this.#ledger.record((now) => {
      const putOff = results.every(({ status }) => status === 'retry');
      if (putOff && provider === this.#provider?.provider) this.#pause(results, now);
      return batch.map(({ message, email }, i) => ({
        message,
        update: this.#answered(message, email, { result: results[i]!, now }),
      }));
    });
    crashPoint('mail:after-commit');
    this.#learn(batch, results);
    if (results.some(({ status }) => status === 'retry')) await this.#retryIfReplaced(provider);
    if (results.some(({ status }) => status === 'retry' || status === 'unknown')) this.#onLater();
  }

  #learn(batch: Outgoing[], results: SendResult[]): void {
    const now = this.#clock.now();
    const ids = batch.map(({ message }) => message.id);
    const sent = ids.filter((_, i) => results[i]!.status === 'sent');
    if (sent.length > 0) this.#doubts.accepted(sent, now);
    this.#doubts.settled(ids.filter((_, i) => results[i]!.status === 'refused'));
    this.#doubts.unanswered(
      ids.flatMap((id, i) => {
        const result = results[i]!;
        return result.status === 'unknown' ? [{ id, reason: result.reason }] : [];
      }),
      now,
    );
  }

  /** A deployment with new settings that was committed before the answer found nothing put off. */
  async #retryIfReplaced(provider: MailProvider): Promise<void> {
    await this.#deployments.refresh();
    const deployment = await this.#deployments.active();
    if (!deployment || (await this.#providerFor(deployment)) === provider) return;
    const now = await this.#store.now();
    await this.#store.retryMessages({ at: now, askAt: now + this.#settleAfterMs });
  }

  #answered(message: DueMessage, email: OutgoingEmail, { result, now }: { result: SendResult; now: number }) {
    const sent = { toAddress: email.to, subject: email.subject };
    switch (result.status) {
      case 'sent':
        return { ...sent, status: 'sent', providerId: result.providerId, sentAt: now, reason: null } as const;
      case 'refused':
        return { ...sent, status: 'failed', reason: result.reason } as const;
      case 'retry': {
        const wanted = Math.max(backoff(message.attempts), result.retryAfterMs ?? 0);
        const nextAttemptAt = now + Math.min(wanted, LONGEST_DELAY_MS);
        return { ...sent, status: 'queued', nextAttemptAt, reason: result.reason } as const;
      }
      case 'unknown':
        return {
          ...sent,
          status: 'unknown',
          nextAttemptAt: now + this.#settleAfterMs,
          reason: result.reason,
        } as const;
    }
  }

  /** The provider refused a whole batch for now: it would refuse the next one as well. */
  #pause(results: SendResult[], now: number): void {
    const [first] = results;
    if (first?.status !== 'retry') return;
    const wanted = Math.max(
      FIRST_RETRY_MS,
      ...results.map((result) => (result.status === 'retry' && result.retryAfterMs) || 0),
    );
    const delay = Math.min(wanted, LAST_RETRY_MS);
    this.#pausedUntil = now + delay;
    this.#log.warn(
      `the mail provider takes no mail for now: ${first.reason}; trying again in ${Math.round(delay / 1000)} s`,
    );
  }

  /** A new configuration with the same settings keeps the provider and its pause. */
  async #providerFor(deployment: Deployment): Promise<MailProvider> {
    const found = await this.#deployments.provider(deployment);
    const settings = canonicalJson(found);
    if (this.#provider?.settings !== settings) {
      this.#provider = { settings, provider: this.#providerOf(found) };
      this.#pausedUntil = 0;
    }
    return this.#provider.provider;
  }
}

// --- internal ------------------------------------------------------------------------------------

/**
 * Whenever this message was tried alone, the provider ended the request, did not have the message
 * afterwards, and accepted others.
 */
function givenUp({ message, email }: Outgoing, how: string): MailChange {
  const reason = `the provider never answers about this message, and accepts others: ${how}`;
  return { message, update: { status: 'failed', reason, toAddress: email.to } };
}
