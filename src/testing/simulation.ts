import type { SegflowConfig } from '../config/types.ts';
import type { Duration } from '../core/duration.ts';
import type { SideEffectContext } from '../flow/commands/commands.ts';
import type { MessageStatus, RunStatus } from '../schema/index.ts';

/* What `segflow/testing` gives, as types of their own: the package's declarations need nothing of the engine. */

/**
 * A config at work in simulated time. Whatever changes something resolves once the engine has nothing left to do at that time, so what
 * follows sees all of it; calls made together (`Promise.all`) happen at the same moment. Time only passes in `advance`.
 */
export interface Simulation<A extends object = Record<string, unknown>> extends AsyncDisposable {
  readonly now: Date;
  /** Adds a user, or merges the attributes into those of one who exists. */
  addUser(id: string, attributes: A): Promise<void>;
  /** Merges the attributes; null removes one. Throws `user_not_found`. */
  updateUser(id: string, attributes: { [K in keyof A]?: A[K] | null }): Promise<void>;
  deleteUser(id: string): Promise<void>;
  /** Throws `user_not_found`. */
  emit(userId: string, event: string, attributes?: Record<string, unknown>): Promise<void>;
  /** Lets time pass: `'30 days'`, `'36h'`, `{ days: 30 }`. */
  advance(duration: string | Duration): Promise<void>;
  /** Lets time pass up to a date, ISO text or epoch milliseconds, from one thing that is due to the next. */
  advanceTo(date: Date | string | number): Promise<void>;
  /** The messages, in the order in which they were sent. */
  messages(filter?: MessageFilter): Promise<SimulatedMessage[]>;
  /** The runs of campaigns, in the order in which they began. */
  runs(filter?: RunFilter): Promise<SimulatedRun[]>;
  /** Ids of the segments the user is in, in alphabetical order. */
  segments(userId: string): Promise<string[]>;
  /** Puts another version of the config in force, as `segflow push` does. Throws `invalid_config`. */
  push(config: SegflowConfig<A>): Promise<void>;
  close(): Promise<void>;
}

/** An email that the config sent, or would have. */
export interface SimulatedMessage {
  id: string;
  userId: string;
  /** Id of the template or the transaction. */
  template: string;
  /** Null for a transaction's. */
  campaign: string | null;
  to: string | null;
  subject: string | null;
  status: MessageStatus;
  /** Why it failed or was skipped. */
  reason: string | null;
  /** When it was sent; when it was queued, if it was not sent. */
  at: Date;
  /** Renders it, with the attributes as they were when it was sent. Throws `render_error`. */
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
  /** When it goes on by itself. */
  wakesAt: Date | null;
  /** What the flow has yielded so far, in words: `email welcome-email`, `wait 1d`. */
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

/** What is done instead of side effects of flows (`rt.run`), by their ids. */
export type SideEffects = Record<string, (context: SideEffectContext) => unknown>;
