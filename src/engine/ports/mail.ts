import type { ProviderSettings } from './manifest.ts';

/* What the engine needs from a mail provider; adapters are in email/providers. */

/** The longest time a provider may need before it finds a message that it accepted. */
export const SETTLE_AFTER_MS = 60_000;

export interface OutgoingEmail {
  /** The message's id, sent as metadata so that the provider can be asked about the message. */
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
  /** Refused permanently, because of the address or the content. */
  | { status: 'refused'; reason: string }
  /** Definitely not sent; retry after `retryAfterMs` if given. */
  | { status: 'retry'; reason: string; retryAfterMs?: number }
  /** Possibly sent: ask with `find` before a retry. */
  | { status: 'unknown'; reason: string };

export interface MailProvider {
  readonly name: string;
  /** The most emails that one `send` accepts. */
  readonly batchSize: number;
  /** Resolves to one result an email, in order; never rejects. */
  send(emails: OutgoingEmail[]): Promise<SendResult[]>;
  /**
   * Looks up messages: the provider's ids of those it has. By `occasion`, another message of the
   * same occasion (core/ids) counts as well, because a restored instance may have made it again.
   * Throws `provider_error` when the provider cannot answer.
   */
  find(messageIds: string[], by?: 'id' | 'occasion'): Promise<Map<string, string>>;
}

/** Makes the provider of a config. */
export type MailProviderFactory = (settings: ProviderSettings) => MailProvider;
