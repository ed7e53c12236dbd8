import type { Clock } from '../core/clock.ts';
import { SegflowError } from '../core/errors.ts';
import type { ActivationRequest, Host, RenderRequest, RenderResult } from '../engine/ports/host.ts';
import type { Bundle, Inspection } from '../engine/ports/manifest.ts';
import type { SegmentSql } from '../engine/ports/segments.ts';
import type { ActivationOutput } from '../flow/activation/activation.ts';
import { bundleOf } from '../host/child/loaded-configs.ts';
import type { LoadedBundle } from '../host/child/stack.ts';
import { prepare, WORKERS, type WorkerHooks } from '../host/child/work.ts';
import type { Work } from '../host/wire/protocol.ts';
import { inspectForSimulation } from './inspect-for-simulation.ts';
import type { SideEffects } from './simulation.ts';
import { type CodeLimit, TimeLimit } from './time-limit.ts';

/**
 * Runs config objects in this process, without a child process. A flow or an email that never ends
 * is interrupted. The interruption skips necessary work, so nothing runs after it.
 *
 * Emails are rendered once for each shape of their data (which attributes there are, and their
 * types), which finds components that cannot handle a missing attribute. For other emails only the
 * subject is made, until the email is read.
 */
export class InProcessHost implements Host {
  #clock: Clock;
  #seed: number;
  #hooks: WorkerHooks;
  #loaded = new Map<string, LoadedBundle>();
  #renderedShapes = new Set<string>();
  #timeLimit = new TimeLimit();
  /** The input of each message. */
  #sources = new Map<string, { bundle: Bundle; request: RenderRequest; ordinal: number }>();

  /**
   * @param options.seed for the random values of flows.
   * @param options.sideEffects replacements of a flow's side effects, by id; other side effects
   * return null.
   */
  constructor(options: { clock: Clock; seed: number; sideEffects: SideEffects }) {
    this.#clock = options.clock;
    this.#seed = options.seed;
    const { sideEffects } = options;
    this.#hooks = {
      parked: (promise) => promise,
      sideEffect: (id) => (Object.hasOwn(sideEffects, id) ? sideEffects[id] : () => null),
    };
  }

  /** Why nothing runs any more. */
  get over(): SegflowError | undefined {
    return this.#timeLimit.over;
  }

  /** Registers a config. Returns a stand-in for its code. */
  load(config: unknown): string {
    const code = `config ${this.#loaded.size + 1} of a simulation`;
    this.#loaded.set(code, bundleOf(config) ?? { specifier: '', code, config, unbundled: true });
    return code;
  }

  async inspect(bundle: Bundle): Promise<Inspection> {
    const { config } = this.#bundle(bundle);
    return inspectForSimulation(config, this.#clock.now());
  }

  segmentQueries(bundle: Bundle, segmentIds: string[], at: number): Promise<SegmentSql[]> {
    return Promise.all(segmentIds.map((id) => WORKERS.segments(this.#bundle(bundle), { id, at })));
  }

  async advance(bundle: Bundle, requests: ActivationRequest[]): Promise<ActivationOutput[]> {
    const loaded = this.#bundle(bundle);
    const results: ActivationOutput[] = [];
    for (const request of requests) {
      const runId = request.runId + this.#seed * RUNS_APART;
      const item = { ...request, runId };
      const advance = (limit: CodeLimit) => WORKERS.advance(loaded, item, { ...this.#hooks, limit });
      results.push(
        await this.#timeLimit.run(advance, {
          what: `campaign "${request.campaignId}", user "${request.userId}"`,
          kind: 'advance',
          bundle: loaded,
          again: () => void WORKERS.advance(loaded, { ...item, dryRun: true }),
        }),
      );
    }
    return results;
  }

  async render(bundle: Bundle, requests: RenderRequest[]): Promise<RenderResult[]> {
    const loaded = this.#bundle(bundle);
    const results: RenderResult[] = [];
    for (const request of requests) {
      const shape = JSON.stringify([
        bundle.id,
        request.kind,
        request.id,
        shapeOf([request.attributes, request.event, request.options]),
      ]);
      const subjectOnly = this.#renderedShapes.has(shape);
      const result = await this.#render(loaded, { ...request, subjectOnly });
      if (result.ok) this.#renderedShapes.add(shape);
      results.push(result);
      this.#sources.set(request.messageId, { bundle, request, ordinal: this.#sources.size });
    }
    return results;
  }

  /**
   * A message's position in the order of rendering; messages that were never rendered come last.
   */
  ordinal(messageId: string): number {
    return this.#sources.get(messageId)?.ordinal ?? this.#sources.size;
  }

  /**
   * Renders the whole email of a sent message, with its attributes at that time. Throws
   * `render_error`.
   */
  async email(messageId: string): Promise<{ html: string; text: string }> {
    const source = this.#sources.get(messageId);
    if (!source) throw new SegflowError('not_found', `the message ${messageId} was never rendered`);
    const result = await this.#render(this.#bundle(source.bundle), source.request);
    if (!result.ok) throw new SegflowError('render_error', result.error.message, { details: result.error });
    return { html: result.html, text: result.text };
  }

  catalog(): Promise<never> {
    throw new SegflowError('internal', 'a simulation has no preview');
  }

  /** This host creates no trials. */
  abandonTrials(): void {}

  async close(): Promise<void> {}

  async #render(loaded: LoadedBundle, item: Work['render']['item']): Promise<RenderResult> {
    // Code that loads meanwhile could not be interrupted.
    await prepare('render');
    const render = (limit: CodeLimit) => WORKERS.render(loaded, item, { ...this.#hooks, limit });
    return this.#timeLimit.run(render, { what: `${item.kind} "${item.id}"`, kind: 'render', bundle: loaded });
  }

  #bundle({ code }: Bundle): LoadedBundle {
    const loaded = this.#loaded.get(code);
    if (!loaded) throw new SegflowError('not_found', 'the configuration is not one of this simulation');
    return loaded;
  }
}

// --- internal ---

/** Larger than the number of runs in any simulation, because seeds must not share runs. */
const RUNS_APART = 2 ** 32;

/**
 * The shape of a value: its contents replaced by their types. Usually equal for data that a
 * component treats alike.
 */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return [...new Set(value.map((item) => JSON.stringify(shapeOf(item))))];
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value)
      .map(([key, item]) => [key, shapeOf(item)])
      .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));
  }
  return value === null ? 'null' : value === '' ? 'empty' : typeof value;
}
