import type { ProviderSettings } from './manifest.ts';

/* What the engine needs from a mail provider; adapters are in email/providers. */

/** How long a provider may need until it finds a message that it has accepted. */
export const SETTLE_AFTER_MS = 60_000;

export interface OutgoingEmail {
  /** The message's id: goes with the email as metadata, so that the provider can be asked about it. */
  id: string;
  kind: 'campaign' | 'transactional';
  from: string;
  to: string;
  replyTo?: string;
  subject: string;
  html: string;
  text: string;
  /** Template or transaction id, for the provider's statistics. */
  tag: string;
}

export type SendResult =
  | { status: 'sent'; providerId: string }
  /** Refused for good: the address, the content. */
  | { status: 'refused'; reason: string }
  /** Surely not sent; try again after `retryAfterMs` if given. */
  | { status: 'retry'; reason: string; retryAfterMs?: number }
  /** May have been sent: ask with `find` before trying again. */
  | { status: 'unknown'; reason: string };

export interface MailProvider {
  readonly name: string;
  /** Most emails one `send` takes. */
  readonly batchSize: number;
  /** Resolves to one result an email, in order; never rejects. */
  send(emails: OutgoingEmail[]): Promise<SendResult[]>;
  /**
   * What became of these messages: the provider's id of those it has. By `occasion`, a message that it has of the same occasion
   * (core/ids) counts too: a restored instance may have made it anew. Throws `provider_error` when it cannot tell.
   */
  find(messageIds: string[], by?: 'id' | 'occasion'): Promise<Map<string, string>>;
}

/** Makes the provider of a config. */
export type MailProviderFactory = (settings: ProviderSettings) => MailProvider;
