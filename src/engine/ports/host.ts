import type { JsonObject } from '../../core/json.ts';
import type { ActivationInput, ActivationOutput } from '../../flow/activation/activation.ts';
import type { EmailOptions } from '../../flow/commands/pending.ts';
import type { Bundle, Inspection, Problem } from './manifest.ts';
import type { SegmentSql } from './segments.ts';

/*
 * The engine's port to the host, which runs pushed code in contained processes; the adapter is in
 * host/.
 */

/** An activation of a run, with the run's campaign. */
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
  /**
   * For a preview: render with the component's PreviewProps if it has them, otherwise with a sample
   * user and event.
   */
  preview?: boolean;
}

export type RenderResult =
  | { ok: true; subject: string; html: string; text: string }
  | { ok: false; error: { message: string; stack: string } };

/** What a preview lists about a bundle, even one that cannot be pushed. */
export interface PreviewCatalog {
  /** Templates, then transactions, in the config's order. */
  items: PreviewItem[];
  /** The config's sender; undefined while it has none. */
  fromAddress: string | undefined;
  replyTo: string | undefined;
  /**
   * Everything that `inspect` would refuse, including a missing provider key. For a module that
   * throws on import: that problem, and no items.
   */
  problems: Problem[];
}

export interface PreviewItem {
  kind: RenderRequest['kind'];
  id: string;
  /**
   * The data of a RenderRequest with `preview: true`: the component's PreviewProps, or the sample
   * user and event.
   */
  sample: { attributes: JsonObject; event: RenderRequest['event'] };
  /** Whether the sample comes from the component's PreviewProps. */
  previewProps: boolean;
}

/** How long the host waits for requests that hang or kill their process. */
export interface Manner<Request> {
  /**
   * Other work waits for this batch: a slow request is reported as a suspect instead of being
   * retried. After two suspects from one campaign or email, its other requests are reported as
   * well. The results returned for suspects mean nothing. Without this callback each slow request
   * is retried before it fails.
   */
  onSuspect?: (request: Request) => void;
  /**
   * The requests were suspects before: this is their second attempt, in parallel with everything
   * else.
   */
  suspected?: boolean;
}

/** Runs pushed code in containment: a request that hangs or kills its process fails alone. */
export interface Host {
  /** Loads the bundle. Throws `invalid_config` with `details: Problem[]`, listing every problem. */
  inspect(bundle: Bundle): Promise<Inspection>;
  /** The SELECTs of `segmentIds` as the evaluators build them at `at`. */
  segmentQueries(bundle: Bundle, segmentIds: string[], at: number): Promise<SegmentSql[]>;
  advance(
    bundle: Bundle,
    requests: ActivationRequest[],
    manner?: Manner<ActivationRequest>,
  ): Promise<ActivationOutput[]>;
  /**
   * Renders even when `inspect` would refuse the config, if the template itself exists. Stacks name
   * source files.
   */
  render(bundle: Bundle, requests: RenderRequest[], manner?: Manner<RenderRequest>): Promise<RenderResult[]>;
  /** For a preview: lists what is wrong with the config instead of throwing. */
  catalog(bundle: Bundle): Promise<PreviewCatalog>;
  /** Aborts requests that run with `suspected`: they reject with `unavailable`. */
  abandonTrials(): void;
  close(): Promise<void>;
}
