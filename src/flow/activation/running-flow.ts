import { SegflowError } from '../../core/errors.ts';
import type { Json } from '../../core/json.ts';
import type { AnyStep } from '../commands/commands.ts';
import { toldOf } from '../commands/results.ts';
import type { ActivationInput } from './activation.ts';
import { AttributeView } from './attribute-view.ts';
import type { FlowScope } from './deterministic.ts';
import { Hurry } from './endless-loop.ts';
import { startFlow } from './flow-rules.ts';

/**
 * A running flow and the dialogue with it, which is the same in a replay and in live execution. The
 * flow is resumed and yields a step; the step is pending until the flow gets its result or error.
 */
export class RunningFlow {
  readonly scope: FlowScope;
  attributes: AttributeView;
  /** The number of steps yielded so far, except those that leave no record. */
  position = 0;
  pending: AnyStep | undefined;
  /** The number of failed attempts at the pending side effect. */
  attempts = 0;
  readonly hurry = new Hurry();
  /** The labels that the flow was given, by experiment. */
  readonly variants = new Map<string, string>();
  private readonly flow: unknown;
  private readonly input: ActivationInput;
  private generator: Iterator<unknown, unknown, unknown> | undefined;
  private state: Json = null;
  /** The position at which the random numbers last started. */
  private seeded = -1;
  /** The result or error that the flow gets when it is resumed next. */
  private told: unknown;
  private thrown: SegflowError | undefined;
  /** A yielded step that has not been processed yet. */
  private held: IteratorResult<unknown, unknown> | undefined;

  constructor(
    flow: unknown,
    { input, scope, attributes }: { input: ActivationInput; scope: FlowScope; attributes: AttributeView },
  ) {
    this.flow = flow;
    this.input = input;
    this.scope = scope;
    this.attributes = attributes;
  }

  /** An activation begins at this time. */
  beginActivation(at: number): void {
    this.scope.now = at;
    this.hurry.begin(this.pending);
  }

  /** Resumes the flow. Rethrows the flow's errors. */
  next(): IteratorResult<unknown, unknown> {
    const { held, told, thrown } = this;
    if (held) {
      this.held = undefined;
      return held;
    }
    if (this.position !== this.seeded) {
      this.seeded = this.position;
      this.scope.atPosition(this.position);
    }
    this.generator ??= this.start();
    this.told = undefined;
    this.thrown = undefined;
    if (!thrown) return this.generator.next(told);
    if (!this.generator.throw) throw thrown;
    return this.generator.throw(thrown);
  }

  /** Puts back the value from `next`, which then returns it again. */
  hold(result: IteratorResult<unknown, unknown>): void {
    this.held = result;
  }

  /** Gives the step a position and makes it pending. Returns the position. */
  await(step: AnyStep): number {
    this.pending = step;
    this.attempts = 0;
    this.hurry.yielded(this.scope.now);
    return this.position++;
  }

  /** Sets the result of the pending step, in the form that the journal keeps. */
  tell(result: unknown): void {
    if (!this.pending) throw new Error('there is a result without its command');
    this.hurry.told(this.pending, result, this.scope.now);
    this.told = toldOf(this.pending, result);
    this.pending = undefined;
  }

  /**
   * The pending side effect failed permanently. Returns the error that will be thrown into the
   * flow.
   */
  throwIn(message: string): SegflowError {
    if (!this.pending) throw new Error('there is an error without its command');
    const thrown = new SegflowError('flow_error', `the side effect "${this.pending.key}" failed: ${message}`);
    this.thrown = thrown;
    this.pending = undefined;
    return thrown;
  }

  /**
   * Sets the result of the step that has just been yielded, when the step takes no position in the
   * journal.
   */
  answer(value: unknown): void {
    this.told = value;
  }

  answerInPlace({ detail }: Extract<AnyStep, { kind: 'inline' }>): void {
    const answer = detail.answer({ now: this.scope.now, userId: this.input.userId });
    if (detail.experiment !== undefined) this.variants.set(detail.experiment, String(answer));
    this.answer(answer);
  }

  /** The flow's history begins at this position, with this state. */
  startFrom(position: number, state: Json): void {
    this.position = position;
    this.state = state;
  }

  /** The flow starts over. The restart takes a position, so that random numbers do not repeat. */
  beginAnew(state: Json): void {
    this.startFrom(this.position + 1, state);
    this.generator = undefined;
    this.told = undefined;
    this.attributes = new AttributeView(this.attributes.present(), () => undefined);
    this.attributes.beginLive();
  }

  private start(): Iterator<unknown, unknown, unknown> {
    const { userId, enteredAt, event = null, entry = 1 } = this.input;
    const context = {
      id: userId,
      attributes: this.attributes.proxy,
      enteredAt: new Date(enteredAt),
      entry,
      event: event && { ...structuredClone(event), createdAt: new Date(event.createdAt) },
      state: typeof this.state === 'object' ? structuredClone(this.state) : this.state,
    };
    return startFlow(this.flow, Object.freeze(context));
  }
}
