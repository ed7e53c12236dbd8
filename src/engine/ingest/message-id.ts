import { createHash } from 'node:crypto';
import { OCCASION_DIGITS } from '../../core/ids.ts';

/**
 * The id of the message that a step or an event sends. The id is derived from what the message is
 * about: whoever repeats the step, after a crash, on another machine or from a restored backup,
 * makes the same id. The store then refuses the second message, and the provider can say whether it
 * ever had it. `instanceId` keeps apart two installations that share a provider.
 *
 * The first part is the occasion (core/ids). It stays the same when a restored instance has to
 * enter a user again at another time.
 */
export function stepMessageId(
  instanceId: string,
  step: { campaignId: string; userId: string; entry: number; enteredAt: number; position: number },
): string {
  const occasion = [instanceId, 'step', step.campaignId, step.userId, step.entry, step.position];
  return id(occasion, [step.enteredAt]);
}

/**
 * An event with the sender's own id stays the same event when it is sent again; one without is
 * known by its id in the store.
 */
export function eventMessageId(
  instanceId: string,
  event: {
    id: number;
    userId: string;
    name: string;
    createdAt: number;
    messageId: string | null;
    transactionId: string;
  },
): string {
  const itself = event.messageId === null ? [event.id, event.createdAt] : [event.messageId];
  return id([instanceId, 'event', event.userId, event.name, event.transactionId, ...itself], []);
}

// --- internal ------------------------------------------------------------------------------------

const DIGITS = 32;

function id(occasion: (string | number)[], further: (string | number)[]): string {
  const first = digest(occasion).slice(0, OCCASION_DIGITS);
  return `msg_${first}${digest([...occasion, ...further]).slice(0, DIGITS - OCCASION_DIGITS)}`;
}

function digest(parts: (string | number)[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
