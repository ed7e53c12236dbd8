import type { SegflowConfig } from '../config/types.ts';
import type { Duration } from '../core/duration.ts';
import type { SideEffectContext } from '../flow/commands/commands.ts';
import type { MessageStatus, RunStatus } from '../schema/index.ts';

/*
 * The types of `segflow/testing`, kept separate so that the package's declarations need nothing of
 * the engine.
 */

/**
 * A config that runs in simulated time. A call that changes something resolves once the engine has
 * nothing left to do at that time, so later calls see all of its effects. Calls made together
 * (`Promise.all`) happen at the same moment. Time passes only in `advance`.
 */
export interface Simulation<A extends object = Record<string, unknown>> extends AsyncDisposable {
  readonly now: Date;
  /** Adds a user, or merges the attributes into an existing user's. */
  addUser(id: string, attributes: A): Promise<void>;
  /** Merges the attributes; null removes one. Throws `user_not_found`. */
  updateUser(id: string, attributes: { [K in keyof A]?: A[K] | null }): Promise<void>;
  deleteUser(id: string): Promise<void>;
  /** Throws `user_not_found`. */
  emit(userId: string, event: string, attributes?: Record<string, unknown>): Promise<void>;
  /** Lets time pass: `'30 days'`, `'36h'`, `{ days: 30 }`. */
  advance(duration: string | Duration): Promise<void>;
  /**
   * Lets time pass up to a date, ISO text or epoch milliseconds, from one due moment to the next.
   */
  advanceTo(date: Date | string | number): Promise<void>;
  /** The messages, in the order in which they were sent. */
  messages(filter?: MessageFilter): Promise<SimulatedMessage[]>;
  /** The runs of campaigns, in the order in which they began. */
  runs(filter?: RunFilter): Promise<SimulatedRun[]>;
  /** Ids of the segments the user is in, in alphabetical order. */
  segments(userId: string): Promise<string[]>;
  /** Activates another version of the config, as `segflow push` does. Throws `invalid_config`. */
  push(config: SegflowConfig<A>): Promise<void>;
  close(): Promise<void>;
}

/** An email that the config sent or would have sent. */
export interface SimulatedMessage {
  id: string;
  userId: string;
  /** Id of the template or the transaction. */
  template: string;
  /** Null for a transaction's email. */
  campaign: string | null;
  to: string | null;
  subject: string | null;
  status: MessageStatus;
  /** Why the email failed or was skipped. */
  reason: string | null;
  /** When the email was sent, or if it was not sent, when it was queued. */
  at: Date;
  /** Renders the email with the attributes at the time of sending. Throws `render_error`. */
  html(): Promise<string>;
  text(): Promise<string>;
}

/** One run of a campaign by a user. */
export interface SimulatedRun {
  userId: string;
  campaign: string;
  /** 1 for the user's first run of the campaign. */
  entry: number;
  status: RunStatus;
  /** Why it failed or was cancelled. */
  reason: string | null;
  enteredAt: Date;
  endedAt: Date | null;
  /** When the run continues without another event. */
  wakesAt: Date | null;
  /** The flow's steps so far, in words: `email welcome-email`, `wait 1d`. */
  steps: string[];
}

export interface MessageFilter {
  user?: string;
  template?: string;
  campaign?: string;
  /** Default: `sent`. */
  status?: MessageStatus | 'any';
}

export interface RunFilter {
  user?: string;
  campaign?: string;
  status?: RunStatus;
}

/** Replacements of the flows' side effects (`rt.run`), by their ids. */
export type SideEffects = Record<string, (context: SideEffectContext) => unknown>;
