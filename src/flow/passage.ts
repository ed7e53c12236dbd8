import { messageOf, SegflowError } from '../core/errors.ts';
import type { Json, JsonObject } from '../core/json.ts';
import type { ActivationInput, ActivationOutput, Effect, FlowQueries, Outside } from './activation.ts';
import { AttributeView } from './attribute-view.ts';
import type { AnyStep } from './commands.ts';
import type { FlowScope } from './deterministic.ts';
import { accept, startFlow } from './flow-rules.ts';
import { Identity, isPatchRecord, wordsOf, wordsOfRecord } from './identity.ts';
import { parseBase, record } from './journal.ts';
import { waitsFor } from './pending.ts';

import { toldOf } from './results.ts';
import { attemptSideEffect, pauseAfter } from './side-effect.ts';

/*
 * One file, though long: it is one state machine.
 *
 * One activation of a run: its flow is run from the start and told again what the journal says it was told, which must lead to the
 * commands the journal says it yielded; then it goes on from there until it yields a command that waits, ends or throws.
 *
 * Replay, by record: `@` the clock moves, `!` the attributes change, `<` or `^` the flow will be told or thrown this, `>` the flow
 * is resumed and must yield this. Resuming only at `>` lets an activation that failed be taken up by a later one. Steps
 * that leave no record (`inline`) are answered wherever they come. Then, live: each step is carried out and recorded, in place
 * where that is possible; the activation ends at one that waits, and is interrupted by one for which code outside of the flow's
 * world has to be awaited.
 *
 * Nothing here is kept between calls: after a crash the journal is all there is, and all that is needed. What was done
 * in place since the last commit, side effects included, is then done again.
 */

/** More commands than this from one activation are a loop that never waits. */
export const MAX_COMMANDS_PER_ACTIVATION = 10_000;

/** Work to be done outside of the flow's scope before its activation can go on. */
export interface Interruption {
  work(): Promise<unknown>;
  /** How it goes on, within the scope. */
  after(settled: PromiseSettledResult<unknown>): ActivationOutput | Interruption;
}

/** Whether a flow is being told again what it was told before: what it prints now was printed then. */
export function isReplaying(): boolean {
  return replaying;
}

let replaying = false;

export class Passage {
  private readonly flow: unknown;
  private readonly input: ActivationInput;
  private readonly scope: FlowScope;
  private readonly outside: Outside;
  private readonly identity = new Identity();
  private attributes: AttributeView;
  private generator: Iterator<unknown, unknown, unknown> | undefined;
  private state: Json = null;
  private position = 0;
  /** The position at which random numbers began last. */
  private seeded = -1;
  /** What the flow is told, or thrown, when it is resumed next. */
  private told: unknown;
  private thrown: SegflowError | undefined;
  private pending: AnyStep | undefined;
  /** Attempts at the pending side effect that failed. */
  private attempts = 0;
  private cursor = 0;
  /** What the flow has yielded that no record was found for yet. */
  private held: IteratorResult<unknown, unknown> | undefined;
  /** The result that follows is of a `patched` that the flow does not ask for any more. */
  private skipping = false;
  // Of the live part:
  private body = '';
  /** The body and the position once the pending command had its result. */
  private taken = { body: '', position: 0 };
  private yielded = 0;
  private readonly effects: Effect[] = [];
  /** The side effect that has just failed for good, and the body to keep when the flow fails of that. */
  private uncaught: { error: SegflowError; body: string; position: number } | undefined;
  /** Set once the flow began anew: the record of that. */
  private fresh: string | undefined;

  constructor(
    flow: unknown,
    input: ActivationInput,
    { scope, outside }: { scope: FlowScope; outside: Outside },
  ) {
    this.flow = flow;
    this.input = input;
    this.scope = scope;
    this.outside = outside;
    this.attributes = new AttributeView(input.attributes, (key) => this.laterRecord(key));
  }

  begin(): ActivationOutput | Interruption {
    replaying = true;
    try {
      const diverged = this.replay();
      if (diverged) return diverged;
    } finally {
      replaying = false;
    }
    if (this.input.replayOnly) {
      return { outcome: 'advanced', appended: '', position: this.position, pending: null, ...this.guesses() };
    }
    return this.guarded(() => this.takeUp());
  }

  goOnAfter(
    interruption: Interruption,
    settled: PromiseSettledResult<unknown>,
  ): ActivationOutput | Interruption {
    return this.guarded(() => interruption.after(settled));
  }

  // --- replay ---

  /** Repeats the journal. Returns why that is impossible, if it is. */
  private replay(): ActivationOutput | undefined {
    const text = this.input.journal;
    try {
      while (this.cursor < text.length) {
        const from = this.cursor;
        const to = text.indexOf('\n', from);
        if (to < 0) throw new Error('the last record is cut off');
        switch (text.charCodeAt(from)) {
          case LETTER.command: {
            const diverged = this.repeat(text, from, to);
            if (diverged) return diverged;
            break;
          }
          case LETTER.result:
            if (this.skipping) this.skipping = false;
            else this.tell(parseValue(text, from + 1, to));
            break;
          case LETTER.activation:
            this.scope.now = Number.parseInt(text.slice(from + 1, to), 36);
            this.attributes.beginReplayed();
            break;
          case LETTER.seen:
            this.attributes.addRecorded(parseValue(text, from + 1, to) as JsonObject);
            break;
          case LETTER.attempt:
            this.attempts++;
            break;
          case LETTER.error:
            this.throwIn((parseValue(text, from + 1, to) as { message: string }).message);
            break;
          case LETTER.base: {
            const { base, state } = parseBase(text.slice(from + 1, to));
            this.position = base;
            this.state = state as Json;
            break;
          }
          default:
            throw new Error(`unknown record "${text[from]}", written by a newer Segflow`);
        }
        this.cursor = to + 1;
      }
      if (!this.pending && this.input.result !== undefined && this.position > 0) {
        throw new Error('there is a result, but no command waits for one');
      }
    } catch (error) {
      return this.diverged(`a journal that cannot be continued (${messageOf(error)})`, 'nothing');
    }
    return undefined;
  }

  /** Resumes the flow, which must yield the command of the record at `from`. */
  private repeat(text: string, from: number, to: number): ActivationOutput | undefined {
    if (this.pending) throw new Error('a command has no result, but another one follows');
    let words: string;
    try {
      const result = this.nextRecorded(text, from, to);
      const step = result.done ? undefined : accept(result.value);
      if (step && this.identity.matches(step, text, { from, to })) {
        this.await(step);
        if (step.kind === 'update') this.attributes.patch(step.detail.patch);
        return undefined;
      }
      if (isPatchRecord(text, from)) {
        this.held = result;
        this.skipping = true;
        this.position++;
        return undefined;
      }
      words = step ? wordsOf(step) : 'the end of the flow';
    } catch (error) {
      words = `an error: ${messageOf(error)}`;
    }
    const recorded = wordsOfRecord(text, from, to);
    return this.diverged(recorded, words === recorded ? `${words} with other values` : words);
  }

  /** What the flow yields next that leaves a record. */
  private nextRecorded(text: string, from: number, to: number): IteratorResult<unknown, unknown> {
    for (let count = 0; count <= MAX_COMMANDS_PER_ACTIVATION; count++) {
      const result = this.next();
      if (result.done) return result;
      const step = accept(result.value);
      if (step.kind === 'inline') this.answerInPlace(step);
      // It was not asked when this was first run: do as then.
      else if (step.kind === 'patch' && !this.patchAhead(step, text, { from, to })) this.told = false;
      else return result;
    }
    throw new TooManyCommands();
  }

  /** Whether the record at `from` is of this `patched`, or of another that the flow asks no more, and this one follows. */
  private patchAhead(step: AnyStep, text: string, { from, to }: { from: number; to: number }): boolean {
    while (isPatchRecord(text, from)) {
      if (this.identity.matches(step, text, { from, to })) return true;
      from = text.indexOf('\n', to + 1) + 1;
      to = text.indexOf('\n', from);
    }
    return false;
  }

  // --- live ---

  private guarded(work: () => ActivationOutput | Interruption): ActivationOutput | Interruption {
    try {
      return work();
    } catch (error) {
      if (error instanceof TooManyCommands) this.forget();
      const { uncaught } = this;
      if (error === uncaught?.error && this.position === uncaught?.position) this.body = uncaught.body;
      return {
        outcome: 'failed',
        appended: this.appended(),
        position: this.position,
        error: describeError(error),
        ...this.besides(),
      };
    }
  }

  /** Takes back what an endless loop did: nobody meant to emit ten thousand events. */
  private forget(): void {
    this.body = this.taken.body;
    this.position = this.taken.position;
    this.effects.length = 0;
    this.fresh = undefined;
  }

  private takeUp(): ActivationOutput | Interruption {
    const { pending } = this;
    const { result } = this.input;
    this.scope.now = this.input.at;
    this.attributes.beginLive();
    if (pending?.kind === 'exit') return this.advanced(null, pending.detail.reason);
    // Its result comes from here: whatever the engine gives, it is tried (again).
    if (pending?.kind === 'run') return this.sideEffect(pending);
    if (pending?.kind === 'query') return this.queryPending(pending, result);
    if (pending?.kind === 'member' && typeof result !== 'boolean') {
      return this.advanced({ kind: 'member', segment: pending.detail.segment });
    }
    if (pending) this.settle(result ?? null);
    this.taken = { body: this.body, position: this.position };
    return this.goOn();
  }

  private goOn(): ActivationOutput | Interruption {
    while (true) {
      const next = this.next();
      if (next.done) return this.advanced(null);
      if (this.yielded++ >= MAX_COMMANDS_PER_ACTIVATION) throw new TooManyCommands();
      const ended = this.carryOut(accept(next.value));
      if (ended) return ended;
    }
  }

  /** Undefined when the step was answered in place, and the flow can go on. */
  private carryOut(step: AnyStep): ActivationOutput | Interruption | undefined {
    switch (step.kind) {
      case 'inline':
        this.answerInPlace(step);
        return undefined;
      case 'patch':
        this.record(step);
        this.settle(true);
        return undefined;
      case 'update':
        this.effects.push({ kind: 'update', position: this.record(step), patch: step.detail.patch });
        this.attributes.patch(step.detail.patch);
        this.settle(null);
        return undefined;
      case 'emit':
        this.effects.push({ kind: 'emit', position: this.record(step), ...step.detail });
        this.settle(null);
        return undefined;
      case 'start':
        this.effects.push({ kind: 'start', position: this.record(step), ...step.detail });
        this.settle(null);
        return undefined;
      case 'again':
        this.beginAnew(step.detail.state);
        return undefined;
      case 'exit':
        this.record(step);
        return this.advanced(null, step.detail.reason);
      case 'run':
        this.record(step);
        return this.sideEffect(step);
      case 'query':
        return this.withQueries((queries) => {
          const { sql, params } = queries.compile(step.detail.build, this.input.userId);
          this.record(step);
          return this.advanced({ kind: 'query', sql, params });
        });
      default: {
        const pending = waitsFor(step, { at: this.input.at, attributes: this.attributes.present() });
        this.record(step);
        return this.advanced(pending);
      }
    }
  }

  private sideEffect(step: Extract<AnyStep, { kind: 'run' }>): ActivationOutput | Interruption {
    const { at, dryRun, runId } = this.input;
    if (dryRun) return this.advanced({ kind: 'retry', until: at, error: '' });
    const { retries, timeoutMs } = step.detail;
    const work = this.outside.sideEffect?.(step.key) ?? step.detail.work;
    const attempt = this.attempts + 1;
    const idempotencyKey = `${runId}.${this.position - 1}`;
    return {
      work: () => attemptSideEffect(work, { attempt, idempotencyKey, timeoutMs }),
      after: (settled) => {
        if (settled.status === 'fulfilled') {
          this.settle(settled.value as Json);
          return this.goOn();
        }
        const error = messageOf(settled.reason);
        if (attempt <= retries) {
          this.body += record.attempt(error);
          return this.advanced({ kind: 'retry', until: at + pauseAfter(attempt), error });
        }
        const before = this.body;
        const thrown = this.throwIn(error);
        // Recorded as another attempt when nobody catches it: who takes up the failed run has it tried again.
        this.uncaught = { error: thrown, body: before + record.attempt(error), position: this.position };
        this.body += record.error(error);
        return this.goOn();
      },
    };
  }

  /** A query that was asked before this activation: its rows are here, or it is asked again. */
  private queryPending(
    step: Extract<AnyStep, { kind: 'query' }>,
    result: Json | undefined,
  ): ActivationOutput | Interruption {
    return this.withQueries((queries) => {
      const { sql, params, rows } = queries.compile(step.detail.build, this.input.userId);
      if (!Array.isArray(result)) return this.advanced({ kind: 'query', sql, params });
      this.settle({ ...rows(result) });
      return this.goOn();
    });
  }

  private withQueries(use: (queries: FlowQueries) => ActivationOutput | Interruption): Interruption {
    return {
      work: () => this.outside.queries(),
      after: (settled) => {
        if (settled.status === 'rejected') throw settled.reason;
        return use(settled.value as FlowQueries);
      },
    };
  }

  /** The flow begins from its start, with an empty journal. It takes a position, so that chance does not repeat itself. */
  private beginAnew(state: Json): void {
    this.position++;
    this.fresh = record.base(this.position, state);
    this.body = '';
    this.state = state;
    this.generator = undefined;
    this.told = undefined;
    this.attributes = new AttributeView(this.attributes.present(), () => undefined);
    this.attributes.beginLive();
  }

  private advanced(
    pending: Extract<ActivationOutput, { outcome: 'advanced' }>['pending'],
    exit?: string,
  ): ActivationOutput {
    return {
      outcome: 'advanced',
      appended: this.appended(),
      position: this.position,
      pending,
      ...this.besides(),
      ...(exit !== undefined && { exit }),
    };
  }

  private appended(): string {
    const noted = this.attributes.noted();
    const beginning = record.activation(this.input.at) + (this.fresh ?? '');
    return beginning + (noted ? record.seen(noted) : '') + this.body;
  }

  private besides(): { effects?: Effect[]; fresh?: boolean } {
    return {
      ...(this.effects.length > 0 && { effects: this.effects }),
      ...(this.fresh !== undefined && { fresh: true }),
    };
  }

  /** Records a live step. Returns its position. */
  private record(step: AnyStep): number {
    this.body += this.identity.recordOf(step);
    return this.await(step);
  }

  private settle(value: Json): void {
    this.body += record.result(value);
    this.tell(value);
  }

  // --- both ---

  private await(step: AnyStep): number {
    this.pending = step;
    this.attempts = 0;
    return this.position++;
  }

  private answerInPlace({ detail }: Extract<AnyStep, { kind: 'inline' }>): void {
    this.told = detail.answer({ now: this.scope.now, userId: this.input.userId });
  }

  private tell(result: unknown): void {
    if (!this.pending) throw new Error('there is a result without its command');
    this.told = toldOf(this.pending, result);
    this.pending = undefined;
  }

  private throwIn(message: string): SegflowError {
    if (!this.pending) throw new Error('there is an error without its command');
    const thrown = new SegflowError('flow_error', `the side effect "${this.pending.key}" failed: ${message}`);
    this.thrown = thrown;
    this.pending = undefined;
    return thrown;
  }

  private next(): IteratorResult<unknown, unknown> {
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

  /** The first value of an attribute recorded after the activation being replayed. */
  private laterRecord(key: string): Json | undefined {
    const text = this.input.journal;
    let from = this.cursor;
    while (true) {
      const found = text.indexOf('\n!', from);
      if (found < 0) return undefined;
      from = text.indexOf('\n', found + 1);
      const values = parseValue(text, found + 2, from) as JsonObject;
      if (Object.hasOwn(values, key)) return values[key];
    }
  }

  private diverged(recorded: string, yielded: string): ActivationOutput {
    return { outcome: 'diverged', position: this.position, recorded, yielded, ...this.guesses() };
  }

  private guesses(): { guessed?: string[] } {
    const { guessed } = this.attributes;
    return this.input.replayOnly && guessed.size > 0 ? { guessed: [...guessed] } : {};
  }
}

// --- internal ---

const LETTER = { activation: 64, base: 61, seen: 33, command: 62, attempt: 45, result: 60, error: 94 };

function parseValue(text: string, from: number, to: number): unknown {
  // Every wait's result is null: worth a short cut.
  if (to - from === 4 && text.charCodeAt(from) === 110) return null;
  return JSON.parse(text.slice(from, to));
}

class TooManyCommands extends SegflowError {
  constructor() {
    const count = MAX_COMMANDS_PER_ACTIVATION.toLocaleString('en');
    super('flow_error', `the flow yielded ${count} commands without ever waiting`, {
      hint: 'Put an rt.wait() into the loop.',
    });
  }
}

function describeError(error: unknown): { message: string; stack: string } {
  const stack = error instanceof Error && typeof error.stack === 'string' ? error.stack : '';
  return { message: messageOf(error), stack };
}
