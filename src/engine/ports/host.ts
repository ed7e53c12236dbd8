import type { Json, JsonObject } from '../../core/json.ts';
import type { Bundle, Inspection, Problem } from './manifest.ts';
import type { SegmentSql } from './segments.ts';

/* What the engine needs from what runs pushed code, contained in processes of its own; the adapter is in host/. */

export interface ActivationRequest {
  runId: number;
  campaignId: string;
  userId: string;
  attributes: JsonObject;
  enteredAt: number;
  /** The journal so far. */
  journal: string;
  /** The result of the pending command, unless this is the first activation. */
  result?: Json;
  /** The time of this activation. */
  at: number;
  /** Only says whether the code follows the journal: nothing new is run. `advanced` then means that it does. */
  replayOnly?: boolean;
  /** Side effects (`run`) are not done: the activation ends at one, with `retry` pending. */
  dryRun?: boolean;
  /** The event that caused the entry. */
  event?: { name: string; attributes: JsonObject; createdAt: number } | null;
  /** 1 for the user's first passage through the campaign. */
  entry?: number;
}

/** What a run waits for. Times are epoch milliseconds; a deadline of null is none. */
export type Pending =
  | { kind: 'email'; template: string; options?: EmailOptions }
  | TimedPending
  /** The first of these, by label, decides; the result is `{ label, value }`. */
  | { kind: 'race'; branches: Record<string, TimedPending> }
  /** Is the user in the segment? Answered at once by the engine: true or false. */
  | { kind: 'member'; segment: string }
  /**
   * A read-only SELECT about this user. Answered at once by the engine: the rows, objects by column name, as the
   * store has them (times and JSON may be text).
   */
  | { kind: 'query'; sql: string; params: Json[] }
  /** A side effect failed and is tried again then, by resuming without a result. */
  | { kind: 'retry'; until: number; error: string };

export type TimedPending =
  | { kind: 'wait'; until: number }
  /** A time of day in the user's time zone; moves with it while the run sleeps. `timezone` null: the user's attribute `timezone`, or UTC. */
  | { kind: 'daytime'; until: number; time: string; weekdays: number[] | null; timezone: string | null }
  /** Result: the event as `{ name, attributes, createdAt }` (ISO time), or null at the deadline. */
  | { kind: 'event'; name: string; match: JsonObject | null; until: number | null }
  /** Result: true once the user is in the segment, false at the deadline. */
  | { kind: 'segment'; segment: string; until: number | null };

/** JSON-able parts of sendEmail's options. */
export interface EmailOptions {
  /** Further props of the component, beside `user`. */
  props?: JsonObject;
  subject?: string;
}

/** What an activation does besides waiting; committed with its step. */
export type Effect =
  /** JSON merge patch of the user's attributes. */
  | { kind: 'update'; position: number; patch: JsonObject }
  | { kind: 'emit'; position: number; name: string; attributes: JsonObject }
  /** Enters the user into another campaign, unless a run of it lives. */
  | { kind: 'start'; position: number; campaignId: string };

export type ActivationResult =
  | {
      outcome: 'advanced';
      /** Records to append to the journal. */
      appended: string;
      /** How many commands the journal then has. */
      position: number;
      /** The command the run now waits for, or null when the flow has ended. */
      pending: Pending | null;
      effects?: Effect[];
      /** Why the flow ended itself with `exit`. */
      exit?: string;
      /** The journal begins anew (`continueAsNew`): `appended` replaces it instead of following it. */
      fresh?: boolean;
      /** With `replayOnly`: attributes that the flow looked at and the journal does not tell, so that their present values were taken. */
      guessed?: string[];
    }
  /** The flow threw, or yielded what is not a command. */
  | {
      outcome: 'failed';
      appended: string;
      position: number;
      error: { message: string; stack: string };
      /** What it did before it failed: `appended` says that it is done, so that it is not done again when the run is taken up. */
      effects?: Effect[];
      fresh?: boolean;
    }
  /** The code yields something else than the journal says. */
  | { outcome: 'diverged'; position: number; recorded: string; yielded: string; guessed?: string[] };

export interface RenderRequest {
  messageId: string;
  kind: 'template' | 'transaction';
  /** Id of the template or transaction. */
  id: string;
  attributes: JsonObject;
  event: { name: string; attributes: JsonObject; createdAt: number } | null;
  options?: EmailOptions;
  /** For people who look: render with the component's PreviewProps where it has them, else with a sample user and event. */
  preview?: boolean;
}

export type RenderResult =
  | { ok: true; subject: string; html: string; text: string }
  | { ok: false; error: { message: string; stack: string } };

/** What a preview lists of a bundle, whether or not the bundle could be pushed. */
export interface PreviewCatalog {
  /** Templates, then transactions, in the config's order. */
  items: PreviewItem[];
  /** The config's sender; undefined while it has none. */
  fromAddress: string | undefined;
  replyTo: string | undefined;
  /** All that `inspect` would refuse, the provider's missing key included. With a module that throws on import: that, and no items. */
  problems: Problem[];
}

export interface PreviewItem {
  kind: RenderRequest['kind'];
  id: string;
  /** What a RenderRequest with `preview: true` renders with: the component's PreviewProps, else the sample user and event. */
  sample: { attributes: JsonObject; event: RenderRequest['event'] };
  /** The sample is from the component's PreviewProps. */
  previewProps: boolean;
}

/** Runs pushed code, contained: a request that hangs or kills its process fails alone. */
export interface Host {
  /** Loads the bundle. Throws `invalid_config` with `details: Problem[]` (all of them) when it is wrong. */
  inspect(bundle: Bundle): Promise<Inspection>;
  /** The SELECTs of `segmentIds` as the evaluators build them at `at`. */
  segmentQueries(bundle: Bundle, segmentIds: string[], at: number): Promise<SegmentSql[]>;
  advance(bundle: Bundle, requests: ActivationRequest[]): Promise<ActivationResult[]>;
  /** Renders also what `inspect` would refuse, as long as the template itself is there. Stacks name source files. */
  render(bundle: Bundle, requests: RenderRequest[]): Promise<RenderResult[]>;
  /** For a preview: never throws for what is wrong with the config, but lists it. */
  catalog(bundle: Bundle): Promise<PreviewCatalog>;
  close(): Promise<void>;
}
