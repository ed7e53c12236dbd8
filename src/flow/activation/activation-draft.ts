import { messageOf, type SegflowError } from '../../core/errors.ts';
import type { Json } from '../../core/json.ts';
import type { AnyStep } from '../commands/commands.ts';
import type { Identity } from '../journal/identity.ts';
import { record } from '../journal/journal.ts';
import type { ActivationOutput, Effect } from './activation.ts';
import type { RunningFlow } from './running-flow.ts';

/**
 * The activation's outcome so far: the records to append to the journal, and the effects to commit
 * with them.
 */
export class ActivationDraft {
  private readonly flow: RunningFlow;
  private readonly identity: Identity;
  private readonly at: number;
  private body = '';
  private effects: Effect[] = [];
  /** Set once the flow started over: the record of that restart. */
  private fresh: string | undefined;
  /** The body and the position after the pending command got its result. */
  private taken = { body: '', position: 0 };
  /**
   * The side effect that has just failed permanently, and the body to keep when the flow fails
   * because of it.
   */
  private uncaught: { error: SegflowError; body: string; position: number } | undefined;

  constructor(flow: RunningFlow, { identity, at }: { identity: Identity; at: number }) {
    this.flow = flow;
    this.identity = identity;
    this.at = at;
  }

  /** Records a step. Returns its position. */
  record(step: AnyStep): number {
    this.body += this.identity.recordOf(step);
    return this.flow.await(step);
  }

  /** Records the pending step's result, and passes it to the flow. */
  settle(value: Json): void {
    this.body += record.result(value);
    this.flow.tell(value);
  }

  do(effect: Effect): void {
    this.effects.push(effect);
  }

  /** An attempt at the pending side effect failed; another one follows. */
  failedAttempt(error: string): void {
    this.body += record.attempt(error);
  }

  /** The last attempt failed: the error is thrown into the flow. */
  failedForGood(error: string): void {
    const before = this.body;
    const thrown = this.flow.throwIn(error);
    // When the flow does not catch the error, this is recorded as another attempt, so that retrying
    // the failed run retries the side effect.
    this.uncaught = { error: thrown, body: before + record.attempt(error), position: this.flow.position };
    this.body += record.error(error);
  }

  /** The flow starts over, with an empty journal. */
  beginAnew(state: Json): void {
    this.flow.beginAnew(state);
    const { hurry, position } = this.flow;
    this.fresh = record.base(position, state) + (hurry.count > 0 ? record.hurry(hurry.count) : '');
    this.body = '';
  }

  /** From here on, effects can be discarded by `forget`. */
  keep(): void {
    this.taken = { body: this.body, position: this.flow.position };
  }

  /** Discards the effects of an endless loop: nobody meant to emit ten thousand events. */
  forget(): void {
    this.body = this.taken.body;
    this.flow.position = this.taken.position;
    this.effects = [];
    this.fresh = undefined;
  }

  advanced(
    pending: Extract<ActivationOutput, { outcome: 'advanced' }>['pending'],
    exit?: string,
  ): ActivationOutput {
    return {
      outcome: 'advanced',
      appended: this.appended(),
      position: this.flow.position,
      pending,
      ...this.besides(),
      ...(exit !== undefined && { exit }),
    };
  }

  failed(error: unknown): ActivationOutput {
    const { uncaught } = this;
    if (error === uncaught?.error && this.flow.position === uncaught?.position) this.body = uncaught.body;
    return {
      outcome: 'failed',
      appended: this.appended(),
      position: this.flow.position,
      error: describeError(error),
      ...this.besides(),
    };
  }

  private appended(): string {
    const noted = this.flow.attributes.noted();
    const beginning = record.activation(this.at) + (this.fresh ?? '');
    return beginning + (noted ? record.seen(noted) : '') + this.body;
  }

  private besides(): { effects?: Effect[]; fresh?: boolean } {
    return {
      ...(this.effects.length > 0 && { effects: this.effects }),
      ...(this.fresh !== undefined && { fresh: true }),
    };
  }
}

// --- internal ---

function describeError(error: unknown): { message: string; stack: string } {
  const stack = error instanceof Error && typeof error.stack === 'string' ? error.stack : '';
  return { message: messageOf(error), stack };
}
