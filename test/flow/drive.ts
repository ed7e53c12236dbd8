import type { Json, JsonObject } from '../../src/core/json.ts';
import { type ActivationOutput, activate, type ImmediateAnswer } from '../../src/flow/replay.ts';

/** A run in the hands of a test: each `step` is one activation, replayed from the journal alone. */
export class DrivenRun {
  journal = '';
  at = Date.UTC(2026, 0, 1);
  attributes: JsonObject;
  flow: unknown;
  readonly runId: number;
  private readonly answer: ImmediateAnswer | undefined;

  constructor(
    flow: unknown,
    options: { attributes?: JsonObject; runId?: number; answer?: ImmediateAnswer } = {},
  ) {
    this.flow = flow;
    this.attributes = options.attributes ?? {};
    this.runId = options.runId ?? 7;
    this.answer = options.answer;
  }

  step(result?: Json): ActivationOutput {
    const output = activate(
      this.flow,
      {
        runId: this.runId,
        userId: 'ada',
        attributes: this.attributes,
        enteredAt: Date.UTC(2026, 0, 1),
        journal: this.journal,
        at: this.at,
        ...(result === undefined ? {} : { result }),
      },
      this.answer,
    );
    if (output.outcome !== 'diverged') this.journal += output.appended;
    return output;
  }

  /** One step that must advance, and what the run then waits for. */
  pending(result?: Json) {
    const output = this.step(result);
    if (output.outcome !== 'advanced') throw new Error(JSON.stringify(output));
    return output.pending;
  }
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
