import type { Json, JsonObject } from '../../core/json.ts';
import type { SideEffectContext } from '../commands/commands.ts';
import type { Pending } from '../commands/pending.ts';
import type { RecordedRows } from '../commands/results.ts';

/* What an activation of a run takes and gives. */

export interface ActivationInput {
  runId: number;
  userId: string;
  attributes: JsonObject;
  /** Epoch milliseconds. */
  enteredAt: number;
  /** The journal so far; empty for a run that begins. */
  journal: string;
  /** The result of the pending command. Without one a question is asked again; a side effect is tried again in any case. */
  result?: Json;
  /** The time of this activation, epoch milliseconds. */
  at: number;
  /** Only says whether the flow follows the journal: `advanced`, with nothing appended, means that it does. */
  replayOnly?: boolean;
  /** Side effects are not done: the activation ends at one, with `retry` pending. */
  dryRun?: boolean;
  /** The event that caused the entry. */
  event?: { name: string; attributes: JsonObject; createdAt: number } | null;
  /** 1 for the user's first run of the campaign. */
  entry?: number;
}

/** What an activation does besides waiting, committed with its step. `position` is that of its command. */
export type Effect =
  /** JSON merge patch of the user's attributes. */
  | { kind: 'update'; position: number; patch: JsonObject }
  | { kind: 'emit'; position: number; name: string; attributes: JsonObject }
  /** Enters the user into another campaign, unless a run of it lives. */
  | { kind: 'start'; position: number; campaignId: string };

/** With `replayOnly`; the variants with `dryRun` as well. */
export interface ReplayFindings {
  /** Attributes that the flow looked at and the journal does not tell, so that their present values were taken. */
  guessed?: string[];
  /** The labels that the flow was given, by experiment. */
  variants?: Record<string, string>;
}

export type ActivationOutput =
  | ({
      outcome: 'advanced';
      /** Records to append to the journal. */
      appended: string;
      /** How many commands the run has yielded then. */
      position: number;
      /** Null: the flow has ended. */
      pending: Pending | null;
      effects?: Effect[];
      /** Why the flow ended itself. */
      exit?: string;
      /** The flow began anew: `appended` replaces the journal. */
      fresh?: boolean;
    } & ReplayFindings)
  | {
      outcome: 'failed';
      appended: string;
      position: number;
      error: { message: string; stack: string };
      /** What it did before it failed, which `appended` says was done. */
      effects?: Effect[];
      fresh?: boolean;
    }
  /** The flow does not repeat what the journal says; both in words ("email winback-email", "wait 2d"). */
  | ({ outcome: 'diverged'; position: number; recorded: string; yielded: string } & ReplayFindings);

/** What an activation needs from outside of the flow's deterministic world. */
export interface Outside {
  /** Loads what queries are built with, which takes a while the first time. */
  queries(): Promise<FlowQueries>;
  /** What is done instead of the side effect `id`; undefined for itself. */
  sideEffect?(id: string): ((context: SideEffectContext) => unknown) | undefined;
  /** Calls a stretch of the flow, which takes as long as the flow likes. Left out: just so. */
  limit?<T>(stretch: () => T): T;
}

export interface FlowQueries {
  /** Calls `build` and compiles what it returns. Throws what it throws, or what is wrong with the query. */
  compile(build: (db: never, userId: string) => unknown, userId: string): CompiledQuery;
}

export interface CompiledQuery {
  /** MySQL's dialect. */
  sql: string;
  params: Json[];
  /** Of the rows that the store gave, those that the flow gets, as the journal keeps them. */
  rows(stored: Json): RecordedRows;
}
