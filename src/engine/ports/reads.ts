import type { MessageStatus, RunEnding, RunStatus } from '../../schema/index.ts';
import type { RunHead } from './runs.ts';
import type { EventRow } from './users.ts';

/** Reads for people, not for the engine. */
export interface ReadStatements {
  counts(): Promise<Counts>;
  listMessages(filter: MessageSelection): Promise<MessageView[]>;
  /** Runs of a user, latest first, each with its whole journal. */
  runsOfUser(userId: string, limit: number): Promise<RunView[]>;
  eventsOfUser(userId: string, limit: number): Promise<EventRow[]>;
}

export interface Counts {
  users: number;
  events: number;
  /** Users and sweep work waiting for an evaluation. */
  dirtyUsers: number;
  segments: { id: string; size: number; evaluatedAt: number | null }[];
  /** How many runs campaigns had, and how many of them reached the campaign's goal. */
  campaigns: { id: string; entered: number; converted: number }[];
  runs: Partial<Record<RunStatus, number>>;
  messages: Partial<Record<MessageStatus, number>>;
}

export interface MessageSelection {
  userId?: string;
  status?: MessageStatus;
  campaignId?: string;
  template?: string;
  /**
   * For paging: only messages older than this one. An unknown id is refused with `invalid_input`.
   */
  before?: string;
  limit: number;
}

export interface MessageView {
  id: string;
  userId: string;
  template: string;
  campaignId: string | null;
  runId: number | null;
  /** Position in the run of the command that sends it. */
  position: number | null;
  to: string | null;
  subject: string | null;
  status: MessageStatus;
  reason: string | null;
  attempts: number;
  providerId: string | null;
  createdAt: number;
  sentAt: number | null;
}

export interface RunView extends RunHead {
  deploymentId: string;
  enteredAt: number;
  endedAt: number | null;
  wakeAt: number | null;
  /** See waits/awaits. */
  awaits: string | null;
  pinned: boolean;
  convertedAt: number | null;
  reason: string | null;
  ending: RunEnding | null;
  retries: number;
  journal: string;
}
