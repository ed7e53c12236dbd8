import type { MessageUpdate, NewMessage } from '../../../src/engine/ports/messages.ts';
import type { NewRun, RunUpdate } from '../../../src/engine/ports/runs.ts';
import type { NewMark, UserRow } from '../../../src/engine/ports/users.ts';

export const START = Date.parse('2026-01-01T00:00:00Z');

export function user(id: string, attributes: UserRow['attributes'] = {}, at = START): UserRow {
  return { id, attributes, createdAt: at, updatedAt: at };
}

export function event(
  userId: string,
  name: string,
  attributes: UserRow['attributes'] = {},
  createdAt = START,
) {
  return { userId, name, attributes, createdAt, messageId: null };
}

export function newRun(userId: string, changes: Partial<NewRun> = {}): NewRun {
  return {
    campaignId: 'welcome',
    userId,
    entry: 1,
    deploymentId: 'd1',
    enteredAt: START,
    afterEvent: 0,
    ...changes,
  };
}

/** @param about such as `attributes`, `event login`, `segment all`. */
export function mark(userId: string, about = 'attributes', afterEvent = 0): NewMark {
  const [cause, subject = ''] = about.split(' ') as [NewMark['cause'], string?];
  return { userId, cause, subject, afterEvent };
}

export function runUpdate(id: number, changes: Partial<RunUpdate> = {}): RunUpdate {
  return {
    id,
    status: 'sleeping',
    deploymentId: 'd1',
    wakeAt: START + 1000,
    position: 1,
    journal: '@x\n',
    journalHash: '0123456789abcd',
    chunks: 0,
    reason: null,
    endedAt: null,
    ending: null,
    afterEvent: 0,
    afterTime: null,
    ...changes,
  };
}

export function newMessage(id: string, userId: string, changes: Partial<NewMessage> = {}): NewMessage {
  return {
    id,
    userId,
    template: 'hello',
    campaignId: null,
    runId: null,
    position: null,
    eventId: null,
    deploymentId: 'd1',
    createdAt: START,
    dueAt: changes.createdAt ?? START,
    ...changes,
  };
}

export function messageUpdate(id: string, changes: Partial<MessageUpdate> = {}): MessageUpdate {
  return {
    id,
    status: 'sending',
    attempts: 1,
    nextAttemptAt: null,
    providerId: null,
    reason: null,
    toAddress: 'ann@example.com',
    subject: 'Hello',
    sentAt: null,
    ...changes,
  };
}
