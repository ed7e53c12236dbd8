import { mergePatch } from '../../core/json.ts';
import type { ActivationRequest, Manner } from '../../engine/ports/host.ts';
import type { Bundle } from '../../engine/ports/manifest.ts';
import type { ActivationOutput } from '../../flow/activation/activation.ts';
import { journalPosition } from '../../flow/journal/journal.ts';

export type Advance = (
  bundle: Bundle,
  requests: ActivationRequest[],
  manner?: Manner<ActivationRequest>,
) => Promise<ActivationOutput[]>;

export interface SideEffectsOptions {
  /** Advances runs up to their next side effect, without performing it. */
  upTo: Advance;
  /** Advances runs, side effects included, in a child that no other work waits for. */
  through: Advance;
  /** How long a batch waits for the side effects of its runs. */
  graceMs: number;
}

/** When a run with a running side effect is asked about again. */
const AGAIN_AFTER_MS = 1_000;
/**
 * How many results of side effects are kept that no run has asked for; such runs were cancelled.
 */
const MAX_KEPT = 10_000;

/**
 * Keeps slow side effects from delaying the other runs of a batch. A batch is first advanced up to
 * the point where side effects begin. The side effects then run separately, and those that finish
 * quickly are part of the batch's results. For the others, the batch reports that they are running
 * (`retry`, with everything before them), and the run's next activation receives the outcome.
 *
 * Kept only in memory: after a crash, or in another process, the journal shows that a side effect
 * was begun and has no result, and the side effect runs again.
 */
export class OngoingSideEffects {
  readonly #options: SideEffectsOptions;
  /** By run. */
  readonly #ongoing = new Map<
    number,
    { bundleId: string; journal: string; result: Promise<ActivationOutput> }
  >();

  constructor(options: SideEffectsOptions) {
    this.#options = options;
  }

  async advance(
    bundle: Bundle,
    requests: ActivationRequest[],
    manner: Manner<ActivationRequest> = {},
  ): Promise<ActivationOutput[]> {
    const known = requests.map((request) => this.#known(bundle, request));
    const fresh = requests.filter((_, index) => !known[index]);
    const plain = fresh.map((request) => ({ ...request, dryRun: true }));
    const upTo = plain.length > 0 ? await this.#options.upTo(bundle, plain, manner) : [];
    const firsts = new Map(fresh.map((request, index) => [request, upTo[index]!]));

    const begun = fresh.filter(
      (request) => !request.dryRun && !request.replayOnly && isAtSideEffect(firsts.get(request)!),
    );
    this.#begin(
      bundle,
      begun.map((request) => followUp(request, firsts.get(request)!)),
    );

    const late = Promise.withResolvers<undefined>();
    const waits = requests.some((request, index) => known[index] || begun.includes(request));
    const timer = waits ? setTimeout(late.resolve, this.#options.graceMs) : undefined;
    try {
      return await Promise.all(
        requests.map(async (request) => {
          const first = firsts.get(request);
          const ongoing = first && !begun.includes(request) ? undefined : this.#ongoing.get(request.runId);
          if (!ongoing) return first!;
          const result = await Promise.race([ongoing.result, late.promise]);
          if (!result) return underWay(request, first);
          this.#ongoing.delete(request.runId);
          return first ? joined(first, result) : result;
        }),
      );
    } finally {
      clearTimeout(timer);
    }
  }

  /** Whether the request asks for the outcome of a running side effect. */
  #known({ id }: Bundle, { runId, journal, dryRun, replayOnly }: ActivationRequest): boolean {
    const ongoing = this.#ongoing.get(runId);
    return ongoing?.bundleId === id && ongoing.journal === journal && !dryRun && !replayOnly;
  }

  #begin(bundle: Bundle, requests: ActivationRequest[]): void {
    if (requests.length === 0) return;
    const results = this.#options.through(bundle, requests);
    for (const [index, { runId, journal }] of requests.entries()) {
      const result = results.then((all) => all[index]!);
      // A failure of the whole call is reported to the run that asks; the next request starts the
      // side effect again.
      result.catch(() => this.#ongoing.delete(runId));
      this.#ongoing.set(runId, { bundleId: bundle.id, journal, result });
    }
    for (const runId of this.#ongoing.keys()) {
      if (this.#ongoing.size <= MAX_KEPT) break;
      this.#ongoing.delete(runId);
    }
  }
}

// --- internal ---

function isAtSideEffect(result: ActivationOutput): boolean {
  return result.outcome === 'advanced' && result.pending?.kind === 'retry' && result.pending.error === '';
}

/**
 * The activation that performs the side effect, as if the previous activation had been committed.
 */
function followUp(
  { result: _told, ...request }: ActivationRequest,
  first: ActivationOutput,
): ActivationRequest {
  if (first.outcome !== 'advanced') return request;
  let { attributes } = request;
  for (const effect of first.effects ?? []) {
    if (effect.kind === 'update') attributes = mergePatch(attributes, effect.patch);
  }
  return { ...request, attributes, journal: first.fresh ? first.appended : request.journal + first.appended };
}

function underWay(request: ActivationRequest, first: ActivationOutput | undefined): ActivationOutput {
  const pending = { kind: 'retry', until: request.at + AGAIN_AFTER_MS, error: null } as const;
  if (first?.outcome === 'advanced') return { ...first, pending };
  return { outcome: 'advanced', appended: '', position: journalPosition(request.journal), pending };
}

/** Merges two activations into one. */
function joined(first: ActivationOutput, second: ActivationOutput): ActivationOutput {
  if (first.outcome !== 'advanced' || second.outcome === 'diverged') return second;
  const effects = [...(first.effects ?? []), ...(second.effects ?? [])];
  return {
    ...second,
    appended: second.fresh ? second.appended : first.appended + second.appended,
    ...(effects.length > 0 && { effects }),
    ...(first.fresh && { fresh: true }),
  };
}
