import { messageOf } from '../../core/errors.ts';
import type { Log } from '../ports/log.ts';
import type { MailProvider } from '../ports/mail.ts';
import type { DueMessage } from '../ports/messages.ts';
import { backoff } from './backoff.ts';
import type { MailLedger } from './ledger.ts';

/**
 * Asks the provider about messages that may have been sent. Messages that it has are sent; the
 * others are queued again.
 */
export async function askAbout(
  messages: DueMessage[],
  { provider, ledger, log, now }: { provider: MailProvider; ledger: MailLedger; log: Log; now: number },
): Promise<void> {
  let found: Map<string, string>;
  try {
    found = await find(provider, messages);
  } catch (error) {
    log.warn(`${provider.name} could not be asked about ${messages.length} message(s): ${messageOf(error)}`);
    const nextAttemptAt = now + backoff(Math.max(1, ...messages.map(({ attempts }) => attempts)) + 4);
    await ledger.decide(
      messages.map((message) => ({ message, update: { status: 'unknown', nextAttemptAt } })),
    );
    return;
  }
  await ledger.decide(
    messages.map((message) => {
      const providerId = found.get(message.id);
      return providerId === undefined
        ? { message, update: { status: 'queued', nextAttemptAt: now } }
        : { message, update: { status: 'sent', providerId, sentAt: now, reason: null } };
    }),
  );
}

// --- internal ------------------------------------------------------------------------------------

/**
 * A message that is unknown although it was never tried here may have been sent by the instance
 * that this one was restored from.
 */
async function find(provider: MailProvider, messages: DueMessage[]): Promise<Map<string, string>> {
  const ids = (list: DueMessage[]) => list.map(({ id }) => id);
  const tried = messages.filter(({ attempts }) => attempts > 0);
  const made = messages.filter(({ attempts }) => attempts === 0);
  return new Map([
    ...(tried.length > 0 ? await provider.find(ids(tried)) : []),
    ...(made.length > 0 ? await provider.find(ids(made), 'occasion') : []),
  ]);
}
