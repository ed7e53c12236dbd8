import type { JsonObject } from '../../core/json.ts';
import type { ActivationInput, ActivationOutput } from '../../flow/activation/activation.ts';
import type { EmailOptions } from '../../flow/commands/pending.ts';
import type { Bundle, Inspection, Problem } from './manifest.ts';
import type { SegmentSql } from './segments.ts';

/* What the engine needs from what runs pushed code, contained in processes of its own; the adapter is in host/. */

/** An activation of a run, and whose flow it is. */
export interface ActivationRequest extends ActivationInput {
  campaignId: string;
}

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

/** How patient the host is with requests that hang or kill their process. */
export interface Manner<Request> {
  /**
   * Others wait for the batch: a request that takes long is not tried again but told of, with others of its campaign or email once two of
   * them were; what is returned for them says nothing. Without it, each is tried again before it fails.
   */
  onSuspect?: (request: Request) => void;
  /** The requests were suspected before: this is the second time, and beside all others. */
  suspected?: boolean;
}

/** Runs pushed code, contained: a request that hangs or kills its process fails alone. */
export interface Host {
  /** Loads the bundle. Throws `invalid_config` with `details: Problem[]` (all of them) when it is wrong. */
  inspect(bundle: Bundle): Promise<Inspection>;
  /** The SELECTs of `segmentIds` as the evaluators build them at `at`. */
  segmentQueries(bundle: Bundle, segmentIds: string[], at: number): Promise<SegmentSql[]>;
  advance(
    bundle: Bundle,
    requests: ActivationRequest[],
    manner?: Manner<ActivationRequest>,
  ): Promise<ActivationOutput[]>;
  /** Renders also what `inspect` would refuse, as long as the template itself is there. Stacks name source files. */
  render(bundle: Bundle, requests: RenderRequest[], manner?: Manner<RenderRequest>): Promise<RenderResult[]>;
  /** For a preview: never throws for what is wrong with the config, but lists it. */
  catalog(bundle: Bundle): Promise<PreviewCatalog>;
  /** Ends what is under way with `suspected`: it rejects with `unavailable`. */
  abandonTrials(): void;
  close(): Promise<void>;
}
