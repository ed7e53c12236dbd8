import { createHash } from 'node:crypto';

/**
 * The id of the message a step or an event sends, derived from what it is about, not drawn: whoever repeats the step, after a
 * crash, on another machine or from a restored backup, makes the same id, so the store refuses the second one and the
 * provider can say whether it ever had it. `instanceId` keeps two installations that share a provider apart.
 */
export function stepMessageId(
  instanceId: string,
  step: { campaignId: string; userId: string; entry: number; enteredAt: number; position: number },
): string {
  return id([instanceId, 'step', step.campaignId, step.userId, step.entry, step.enteredAt, step.position]);
}

export function eventMessageId(
  instanceId: string,
  event: { id: number; userId: string; name: string; createdAt: number; transactionId: string },
): string {
  return id([instanceId, 'event', event.id, event.userId, event.name, event.createdAt, event.transactionId]);
}

// --- internal ------------------------------------------------------------------------------------

function id(parts: (string | number)[]): string {
  return `msg_${createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32)}`;
}
