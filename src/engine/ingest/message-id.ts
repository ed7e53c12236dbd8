import { createHash } from 'node:crypto';
import { OCCASION_DIGITS } from '../../core/ids.ts';

/**
 * The id of the message a step or an event sends, derived from what it is about, not drawn: whoever repeats the step, after a
 * crash, on another machine or from a restored backup, makes the same id, so the store refuses the second one and the
 * provider can say whether it ever had it. `instanceId` keeps two installations that share a provider apart.
 *
 * Its first part is the occasion (core/ids): the same also when a restored instance has to let someone enter anew, at another time.
 */
export function stepMessageId(
  instanceId: string,
  step: { campaignId: string; userId: string; entry: number; enteredAt: number; position: number },
): string {
  const occasion = [instanceId, 'step', step.campaignId, step.userId, step.entry, step.position];
  return id(occasion, [step.enteredAt]);
}

/** An event with the sender's own id is the same one whenever it is sent again; one without is known by its place in the store. */
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
