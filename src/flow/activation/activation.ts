import type { Json, JsonObject } from '../../core/json.ts';
import type { SideEffectContext } from '../commands/commands.ts';
import type { Pending } from '../commands/pending.ts';
import type { RecordedRows } from '../commands/results.ts';

/* The input and the outcome of a run's activation. */

export interface ActivationInput {
  runId: number;
  userId: string;
  attributes: JsonObject;
  /** Epoch milliseconds. */
  enteredAt: number;
  /** The journal so far; empty for a new run. */
  journal: string;
  /**
   * The result of the pending command. Without a result, a question is asked again; a side effect
   * is always retried.
   */
  result?: Json;
  /** The time of this activation, epoch milliseconds. */
  at: number;
  /**
   * Only checks whether the flow follows the journal. The answer is yes when the outcome is
   * `advanced` with nothing appended.
   */
  replayOnly?: boolean;
  /** Does not perform side effects: the activation ends at the first one, with `retry` pending. */
  dryRun?: boolean;
  /** The event that caused the entry. */
  event?: { name: string; attributes: JsonObject; createdAt: number } | null;
  /** 1 for the user's first run of the campaign. */
  entry?: number;
}

/**
 * The effects of an activation, committed with its step. `position` is the position of the effect's
 * command.
 */
export type Effect =
  /** JSON merge patch of the user's attributes. */
  | { kind: 'update'; position: number; patch: JsonObject }
  | { kind: 'emit'; position: number; name: string; attributes: JsonObject }
  /** Enters the user into another campaign, unless the user has a live run of it. */
  | { kind: 'start'; position: number; campaignId: string };

/** Set with `replayOnly`; the variants also with `dryRun`. */
export interface ReplayFindings {
  /**
   * Attributes that the flow read and the journal does not record, so that their current values
   * were used.
   */
  guessed?: string[];
  /** The labels that the flow was given, by experiment. */
  variants?: Record<string, string>;
}

export type ActivationOutput =
  | ({
      outcome: 'advanced';
      /** Records to append to the journal. */
      appended: string;
      /** The number of commands that the run has yielded by then. */
      position: number;
      /** Null: the flow has ended. */
      pending: Pending | null;
      effects?: Effect[];
      /** The reason that the flow gave for ending. */
      exit?: string;
      /** The flow started over: `appended` replaces the journal. */
      fresh?: boolean;
    } & ReplayFindings)
  | {
      outcome: 'failed';
      appended: string;
      position: number;
      error: { message: string; stack: string };
      /** The effects before the failure, which `appended` records as done. */
      effects?: Effect[];
      fresh?: boolean;
    }
  /**
   * The flow does not repeat its journal. Both sides are in words ("email winback-email", "wait
   * 2d").
   */
  | ({ outcome: 'diverged'; position: number; recorded: string; yielded: string } & ReplayFindings);

/** The functions that an activation needs from outside the flow's deterministic world. */
export interface Outside {
  /** Loads the query builder, which takes a while the first time. */
  queries(): Promise<FlowQueries>;
  /** A replacement for the side effect `id`; undefined to run the side effect itself. */
  sideEffect?(id: string): ((context: SideEffectContext) => unknown) | undefined;
  /** Calls a part of the flow, which may take any amount of time. Default: a plain call. */
  limit?<T>(stretch: () => T): T;
}

export interface FlowQueries {
  /**
   * Calls `build` and compiles the returned query. Throws errors from `build`, and an error for an
   * invalid query.
   */
  compile(build: (db: never, userId: string) => unknown, userId: string): CompiledQuery;
}

export interface CompiledQuery {
  /** MySQL's dialect. */
  sql: string;
  params: Json[];
  /**
   * Converts the store's rows to the rows that the flow gets, in the form that the journal keeps.
   */
  rows(stored: Json): RecordedRows;
}
