import { messageOf } from '../../core/errors.ts';
import type { Json } from '../../core/json.ts';
import type { AnyStep } from '../commands/commands.ts';
import { waitsFor } from '../commands/pending.ts';
import type { Identity } from '../journal/identity.ts';
import type { ActivationInput, ActivationOutput, FlowQueries, Outside } from './activation.ts';
import { ActivationDraft } from './activation-draft.ts';
import { MAX_COMMANDS_PER_ACTIVATION, TooManyCommands } from './endless-loop.ts';
import { accept, checkReturned } from './flow-rules.ts';
import type { RunningFlow } from './running-flow.ts';
import { attemptSideEffect, pauseAfter } from './side-effect.ts';

/** Work that must run outside of the flow's scope before the activation can continue. */
export interface Interruption {
  work(): Promise<unknown>;
  /** How the activation continues, within the scope. */
  after(settled: PromiseSettledResult<unknown>): ActivationOutput | Interruption;
}

/**
 * The part of an activation that its journal does not contain yet. Each step is carried out and
 * recorded, in place if possible. The activation ends at a step that waits, and is interrupted by a
 * step that must await code outside of the flow's world.
 */
export class LiveActivation {
  private readonly flow: RunningFlow;
  private readonly input: ActivationInput;
  private readonly outside: Outside;
  private readonly draft: ActivationDraft;
  private yielded = 0;
  /** This activation has completed a side effect whose result is not committed yet. */
  private uncommitted = false;

  constructor(
    flow: RunningFlow,
    { input, outside, identity }: { input: ActivationInput; outside: Outside; identity: Identity },
  ) {
    this.flow = flow;
    this.input = input;
    this.outside = outside;
    this.draft = new ActivationDraft(flow, { identity, at: input.at });
  }

  begin(): ActivationOutput | Interruption {
    return this.guarded(() => this.takeUp());
  }

  goOnAfter(
    interruption: Interruption,
    settled: PromiseSettledResult<unknown>,
  ): ActivationOutput | Interruption {
    return this.guarded(() => interruption.after(settled));
  }

  private guarded(work: () => ActivationOutput | Interruption): ActivationOutput | Interruption {
    try {
      return work();
    } catch (error) {
      if (error instanceof TooManyCommands) this.draft.forget();
      return this.draft.failed(error);
    }
  }

  private takeUp(): ActivationOutput | Interruption {
    const { draft, flow } = this;
    const { pending } = flow;
    const { result } = this.input;
    flow.beginActivation(this.input.at);
    flow.attributes.beginLive();
    if (pending?.kind === 'exit') return draft.advanced(null, pending.detail.reason);
    // The result of a side effect comes from here: whatever the engine supplies, the side effect is
    // tried (again).
    if (pending?.kind === 'run') return this.sideEffect(pending);
    if (pending?.kind === 'query') return this.queryPending(pending, result);
    if (pending?.kind === 'member' && typeof result !== 'boolean') {
      return draft.advanced({ kind: 'member', segment: pending.detail.segment });
    }
    if (pending) draft.settle(result ?? null);
    draft.keep();
    return this.goOn();
  }

  private goOn(): ActivationOutput | Interruption {
    this.flow.hurry.check();
    while (true) {
      const next = this.flow.next();
      if (next.done) {
        checkReturned(next.value);
        return this.draft.advanced(null);
      }
      if (this.yielded++ >= MAX_COMMANDS_PER_ACTIVATION) throw new TooManyCommands();
      const ended = this.carryOut(accept(next.value));
      if (ended) return ended;
    }
  }

  /** Undefined when the step was answered in place and the flow can continue. */
  private carryOut(step: AnyStep): ActivationOutput | Interruption | undefined {
    const { draft, flow } = this;
    switch (step.kind) {
      case 'inline':
        flow.answerInPlace(step);
        return undefined;
      case 'patch':
        draft.record(step);
        draft.settle(true);
        return undefined;
      case 'update':
        draft.do({ kind: 'update', position: draft.record(step), patch: step.detail.patch });
        flow.attributes.patch(step.detail.patch);
        draft.settle(null);
        return undefined;
      case 'emit':
        draft.do({ kind: 'emit', position: draft.record(step), ...step.detail });
        draft.settle(null);
        return undefined;
      case 'start':
        draft.do({ kind: 'start', position: draft.record(step), ...step.detail });
        draft.settle(null);
        return undefined;
      case 'again':
        draft.beginAnew(step.detail.state);
        return undefined;
      case 'exit':
        draft.record(step);
        return draft.advanced(null, step.detail.reason);
      case 'run':
        draft.record(step);
        // Each side effect is recorded before the next one begins, so a crash repeats at most one.
        if (this.uncommitted)
          return draft.advanced({ kind: 'retry', until: this.input.at, error: '', begins: true });
        return this.sideEffect(step);
      case 'query':
        return this.withQueries((queries) => {
          const { sql, params } = queries.compile(step.detail.build, this.input.userId);
          draft.record(step);
          return draft.advanced({ kind: 'query', sql, params });
        });
      default: {
        const pending = waitsFor(step, { at: this.input.at, attributes: flow.attributes.present() });
        draft.record(step);
        return draft.advanced(pending);
      }
    }
  }

  private sideEffect(step: Extract<AnyStep, { kind: 'run' }>): ActivationOutput | Interruption {
    const { draft, flow } = this;
    const { at, dryRun, runId, enteredAt } = this.input;
    if (dryRun) return draft.advanced({ kind: 'retry', until: at, error: '' });
    const { retries, timeoutMs } = step.detail;
    const work = this.outside.sideEffect?.(step.key) ?? step.detail.work;
    const attempt = flow.attempts + 1;
    // A receiver may also know other instances, or this one before a restore, where this run number
    // is a different run.
    const idempotencyKey = `${runId}.${flow.position - 1}.${enteredAt.toString(36)}`;
    return {
      work: () => attemptSideEffect(work, { attempt, idempotencyKey, timeoutMs }),
      after: (settled) => {
        this.uncommitted = true;
        if (settled.status === 'fulfilled') {
          draft.settle(settled.value as Json);
          return this.goOn();
        }
        const error = messageOf(settled.reason);
        if (attempt <= retries) {
          draft.failedAttempt(error);
          return draft.advanced({ kind: 'retry', until: at + pauseAfter(attempt), error });
        }
        draft.failedForGood(error);
        return this.goOn();
      },
    };
  }

  /** A query from an earlier activation: its rows are here, or the query is asked again. */
  private queryPending(
    step: Extract<AnyStep, { kind: 'query' }>,
    result: Json | undefined,
  ): ActivationOutput | Interruption {
    return this.withQueries((queries) => {
      const { sql, params, rows } = queries.compile(step.detail.build, this.input.userId);
      if (!Array.isArray(result)) return this.draft.advanced({ kind: 'query', sql, params });
      this.draft.settle({ ...rows(result) });
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
}
