import type { Json } from '../../core/json.ts';
import type { ActivationOutput, Effect } from '../../flow/activation/activation.ts';
import type { Pending } from '../../flow/commands/pending.ts';
import type { ActivationRequest } from '../ports/host.ts';
import type { DueRun } from '../ports/runs.ts';
import { awaitsOf, type Go } from '../waits/answers.ts';
import { type Awaits, questionOf } from '../waits/awaits.ts';

/**
 * One run in one turn: an activation, and another one for each question answered within the turn.
 * It collects their journal records and effects, which the turn commits together.
 */
export class RunAdvance {
  readonly run: DueRun;
  /** The deployment whose code the run followed. */
  deploymentId: string;
  /** What the activations added to the journal. */
  appended = '';
  /** The journal restarts with `appended`. */
  fresh = false;
  effects: Effect[] = [];
  position: number;
  /** Why the flow failed, with a stack if there is one. */
  failure: string | undefined;
  diverged: { position: number; recorded: string; yielded: string; deploymentId: string } | undefined;
  pending: Pending | null;
  /**
   * The run hung or killed its process and must be retried alone: nothing of this advance counts.
   */
  suspect = false;
  exit: string | undefined;
  readonly #at: number;
  #told: Json | undefined;

  constructor(run: DueRun, { answer, now }: { answer: Pick<Go, 'result'>; now: number }) {
    this.run = run;
    this.deploymentId = run.deploymentId;
    this.position = run.position;
    this.pending = awaitsOf(run)?.pending ?? null;
    this.#told = answer.result;
    this.#at = now;
  }

  get failed(): boolean {
    return this.failure !== undefined;
  }

  /**
   * Whether the flow asks a question and has not yet done anything that the answer could depend on.
   */
  get canAskNow(): boolean {
    return (
      !this.failed && !this.diverged && questionOf(this.pending) !== undefined && this.effects.length === 0
    );
  }

  request(): ActivationRequest {
    const { run } = this;
    const told = this.#told;
    return {
      runId: run.id,
      campaignId: run.campaignId,
      userId: run.userId,
      attributes: run.attributes,
      enteredAt: run.enteredAt,
      journal: this.fresh ? this.appended : run.journal + this.appended,
      ...(told === undefined ? {} : { result: told }),
      at: this.#at,
      event: run.event,
      entry: run.entry,
    };
  }

  /** The answer to the question. */
  tell(answer: Json): void {
    this.#told = answer;
  }

  take(result: ActivationOutput, deploymentId: string): void {
    if (result.outcome === 'diverged') {
      // The divergence from the newest code is the one that its author can fix.
      this.diverged ??= { ...result, deploymentId };
      return;
    }
    this.diverged = undefined;
    this.#told = undefined;
    this.deploymentId = deploymentId;
    if (result.outcome === 'failed') {
      this.failure = result.error.stack || result.error.message;
      // A flow that threw has received its result; a killed one must receive it again.
      if (result.appended === '') return;
    }
    if (result.fresh) {
      this.appended = '';
      this.fresh = true;
    }
    this.appended += result.appended;
    this.position = result.position;
    // What the flow did before it failed is done: the journal says so.
    this.effects.push(...(result.effects ?? []));
    this.pending = result.outcome === 'advanced' ? result.pending : null;
    this.exit = result.outcome === 'advanced' ? result.exit : undefined;
  }

  fail(message: string): void {
    this.failure = message;
  }

  /** The run in its former state, failed, because its effects were refused. */
  undone(failure: string): RunAdvance {
    const advance = new RunAdvance(this.run, { answer: {}, now: this.#at });
    advance.failure = failure;
    return advance;
  }

  /** What is stored of what the run now waits for. */
  awaits(): Awaits | null {
    if (this.pending === null || this.pending.kind === 'email' || this.pending.kind === 'wait') return null;
    return { pending: this.pending, since: this.#at };
  }
}
