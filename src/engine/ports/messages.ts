import type { JsonObject } from '../../core/json.ts';
import type { EmailOptions } from '../../flow/commands/pending.ts';
import type { MessageStatus, RunStatus } from '../../schema/index.ts';
import type { Slots } from './leases.ts';
import type { EventRow } from './users.ts';

export interface NewMessage {
  id: string;
  userId: string;
  template: string;
  campaignId: string | null;
  runId: number | null;
  position: number | null;
  eventId: number | null;
  deploymentId: string;
  createdAt: number;
  /** When the message should be sent: its place in the queue. Not after createdAt. */
  dueAt: number;
  /** Due messages with a higher priority are sent first. Default 0. */
  priority?: number;
  options?: EmailOptions | null;
}

/** A due message with everything needed to send it. */
export interface DueMessage extends Omit<NewMessage, 'dueAt' | 'priority' | 'options'> {
  options: EmailOptions | null;
  status: MessageStatus;
  attempts: number;
  toAddress: string | null;
  subject: string | null;
  /** Undefined when the user was deleted. */
  attributes: JsonObject | undefined;
  runStatus: RunStatus | null;
  event: EventRow | null;
}

export interface MessageUpdate {
  id: string;
  status: MessageStatus;
  attempts: number;
  nextAttemptAt: number | null;
  providerId: string | null;
  reason: string | null;
  toAddress: string | null;
  subject: string | null;
  sentAt: number | null;
  /**
   * Write only if the message is still in the attempt that `attempts` names, so that no process has
   * taken it over since.
   */
  stillSending?: boolean;
}

export interface MessageStatements {
  /** Inserts queued messages, due at once. A message whose run and position, or event and template, exist is not inserted again. */
  insertMessages(rows: NewMessage[]): Promise<void>;
  /** Queued and unknown messages with nextAttemptAt <= now, by priority, then the earliest first; not those of paused campaigns. */
  dueMessages(now: number, limit: number, slots?: Slots): Promise<DueMessage[]>;
  nextAttempt(slots?: Slots): Promise<number | undefined>;
  /**
   * Makes messages that the provider put off due at `at`, and schedules the question about messages
   * with an unknown outcome at `askAt`. Neither becomes later than it was.
   */
  retryMessages(times: { at: number; askAt: number }): Promise<void>;
  /** Writes the updates of messages that are not settled (sent, failed or skipped). Returns the ids written. */
  saveMessages(updates: MessageUpdate[]): Promise<Set<string>>;
  /** The settled messages that runs wait for, by run and position. */
  settledMessages(steps: { runId: number; position: number }[]): Promise<SettledMessage[]>;
  /** Skips the queued messages of these runs. */
  skipMessagesOf(runIds: number[], reason: string): Promise<void>;
  /**
   * Turns every `sending` message in these slots into `unknown`, to be asked about at `at`. Called
   * when a process takes the slots over. Returns how many.
   */
  unsettle(at: number, slots?: Slots): Promise<number>;
}

export interface SettledMessage {
  id: string;
  runId: number;
  position: number;
  status: 'sent' | 'failed' | 'skipped';
  reason: string | null;
}
