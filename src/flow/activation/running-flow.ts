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
 * A flow that is run, and the dialogue with it, the same whether a journal is repeated or something new happens: the flow is resumed and
 * yields a step; the step is pending until it is told, or thrown, the step's result.
 */
export class RunningFlow {
  readonly scope: FlowScope;
  attributes: AttributeView;
  /** Steps yielded so far, but for those that leave no record. */
  position = 0;
  pending: AnyStep | undefined;
  /** Attempts at the pending side effect that failed. */
  attempts = 0;
  readonly hurry = new Hurry();
  /** The labels that the flow was given, by experiment. */
  readonly variants = new Map<string, string>();
  private readonly flow: unknown;
  private readonly input: ActivationInput;
  private generator: Iterator<unknown, unknown, unknown> | undefined;
  private state: Json = null;
  /** The position at which random numbers began last. */
  private seeded = -1;
  /** What the flow is told, or thrown, when it is resumed next. */
  private told: unknown;
  private thrown: SegflowError | undefined;
  /** What it has yielded that is yet to be looked at. */
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

  /** Resumes the flow. Throws what it throws. */
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

  /** Gives back what `next` gave: it gives that again. */
  hold(result: IteratorResult<unknown, unknown>): void {
    this.held = result;
  }

  /** The step takes its place, and waits for its result. Returns its position. */
  await(step: AnyStep): number {
    this.pending = step;
    this.attempts = 0;
    this.hurry.yielded(this.scope.now);
    return this.position++;
  }

  /** The result of the pending step, as the journal has it. */
  tell(result: unknown): void {
    if (!this.pending) throw new Error('there is a result without its command');
    this.hurry.told(this.pending, result, this.scope.now);
    this.told = toldOf(this.pending, result);
    this.pending = undefined;
  }

  /** The pending side effect failed for good. Returns what will be thrown into the flow. */
  throwIn(message: string): SegflowError {
    if (!this.pending) throw new Error('there is an error without its command');
    const thrown = new SegflowError('flow_error', `the side effect "${this.pending.key}" failed: ${message}`);
    this.thrown = thrown;
    this.pending = undefined;
    return thrown;
  }

  /** What the step that has just been yielded gives, where that takes no place in the journal. */
  answer(value: unknown): void {
    this.told = value;
  }

  answerInPlace({ detail }: Extract<AnyStep, { kind: 'inline' }>): void {
    const answer = detail.answer({ now: this.scope.now, userId: this.input.userId });
    if (detail.experiment !== undefined) this.variants.set(detail.experiment, String(answer));
    this.answer(answer);
  }

  /** Its history begins at this position, with this state. */
  startFrom(position: number, state: Json): void {
    this.position = position;
    this.state = state;
  }

  /** The flow begins from its start. It takes a position, so that chance does not repeat itself. */
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
