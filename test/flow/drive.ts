import { type Json, type JsonObject, mergePatch } from '../../src/core/json.ts';
import type { ActivationInput, ActivationOutput, Effect } from '../../src/flow/activation/activation.ts';
import { activate } from '../../src/flow/activation/replay.ts';

export type Advanced = Extract<ActivationOutput, { outcome: 'advanced' }>;

const OUTSIDE = { queries: async () => (await import('../../src/config/queries/flow-query.ts')).flowQueries };

/** A run in the hands of a test: each `step` is one activation, replayed from the journal alone. */
export class DrivenRun {
  journal = '';
  at = Date.UTC(2026, 0, 1);
  attributes: JsonObject;
  flow: unknown;
  /** Everything it did besides waiting. */
  readonly effects: Effect[] = [];
  readonly more: Partial<ActivationInput>;
  readonly runId: number;

  constructor(
    flow: unknown,
    {
      attributes = {},
      runId = 7,
      ...more
    }: { attributes?: JsonObject; runId?: number } & Partial<ActivationInput> = {},
  ) {
    this.flow = flow;
    this.attributes = attributes;
    this.runId = runId;
    this.more = more;
  }

  /** One activation that has to wait for nothing outside of the flow. */
  step(result?: Json): ActivationOutput {
    const output = this.activate(result);
    if (output instanceof Promise) throw new Error('the flow came to a side effect or a query');
    return this.take(output);
  }

  /** One activation, whatever it comes to; with those that follow at once, because a side effect begins only when all before is kept. */
  async stepAsync(result?: Json): Promise<ActivationOutput> {
    let output = this.take(await this.activate(result));
    while (beginsNext(output)) {
      const kept = advanced(output);
      const before = this.attributes;
      this.attributes = patched(before, kept.effects ?? []);
      const next = this.take(await this.activate());
      this.attributes = before;
      if (next.outcome === 'diverged') return next;
      output = {
        ...next,
        appended: next.fresh ? next.appended : kept.appended + next.appended,
        effects: [...(kept.effects ?? []), ...(next.effects ?? [])],
        ...((kept.fresh || next.fresh) && { fresh: true }),
      };
    }
    return output;
  }

  /** What one activation would give; nothing of it is kept. */
  activate(result?: Json, more: Partial<ActivationInput> = {}): ActivationOutput | Promise<ActivationOutput> {
    const input = {
      runId: this.runId,
      userId: 'ada',
      attributes: this.attributes,
      enteredAt: Date.UTC(2026, 0, 1),
      journal: this.journal,
      at: this.at,
      ...(result === undefined ? {} : { result }),
      ...this.more,
      ...more,
    };
    return activate(this.flow, input, OUTSIDE);
  }

  /** Whether the flow follows the journal. */
  follows(): boolean {
    const output = this.activate(undefined, { replayOnly: true });
    return !(output instanceof Promise) && output.outcome === 'advanced';
  }

  /** One step that must advance, and what the run then waits for. */
  pending(result?: Json) {
    return advanced(this.step(result)).pending;
  }

  async pendingAsync(result?: Json) {
    return advanced(await this.stepAsync(result)).pending;
  }

  /** Keeps what an activation gave. */
  take(output: ActivationOutput): ActivationOutput {
    if (output.outcome === 'diverged') return output;
    this.journal = output.fresh ? output.appended : this.journal + output.appended;
    this.effects.push(...(output.effects ?? []));
    return output;
  }
}

/** Whether the run goes on at once with a side effect. */
export function beginsNext(output: ActivationOutput): boolean {
  return output.outcome === 'advanced' && output.pending?.kind === 'retry' && output.pending.begins === true;
}

/** The user's attributes once the effects are committed. */
export function patched(attributes: JsonObject, effects: Effect[]): JsonObject {
  return effects.reduce(
    (current, effect) => (effect.kind === 'update' ? mergePatch(current, effect.patch) : current),
    attributes,
  );
}

export function advanced(output: ActivationOutput): Advanced {
  if (output.outcome !== 'advanced') throw new Error(JSON.stringify(output));
  return output;
}

/** mulberry32: numbers of 0 ≤ n < 1 that a seed determines. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
