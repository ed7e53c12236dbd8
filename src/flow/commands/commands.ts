import { formatDuration } from '../../core/duration.ts';
import type { Json, JsonObject } from '../../core/json.ts';

/**
 * A command is what a flow yields. Creating one does nothing. `kind`, `key` and `args` identify the
 * step in the run's journal, so the same code on the same history always makes the same commands in
 * the same order (see identity).
 *
 * `yield command` passes the command to the engine; `yield* command` does the same and has a typed
 * result.
 */
export interface Command<Result = unknown> {
  readonly kind: CommandKind;
  /** The subject of the step, for people: a template's id, a wait's length. */
  readonly key: string;
  /** The step's own name, where the author gave it one. */
  readonly id: string | null;
  /** Arguments that are part of the step's identity; they are compared by hash. */
  readonly args: unknown;
  [Symbol.iterator](): Iterator<Command<Result>, Result, unknown>;
}

/** A command that waits for something that happens on its own; a race takes only such commands. */
export interface TimedCommand<Result = unknown> extends Command<Result> {
  readonly kind: 'wait' | 'until' | 'daytime' | 'event' | 'segment';
}

/**
 * Kinds of commands, by their journal names. Names are stored permanently: add names, never rename
 * one.
 */
export type CommandKind =
  | 'email'
  | 'wait'
  | 'until'
  | 'daytime'
  | 'event'
  | 'segment'
  | 'race'
  | 'member'
  | 'query'
  | 'update'
  | 'emit'
  | 'start'
  | 'run'
  | 'patch'
  | 'exit'
  // These kinds leave no record of their own.
  | 'again'
  | 'inline';

/** The outcome of sending an email. */
export interface EmailOutcome {
  /**
   * `sent`: the provider accepted it. `failed`: the provider refused it permanently. `skipped`:
   * Segflow did not try to send it.
   */
  status: 'sent' | 'failed' | 'skipped';
  messageId: string;
  /** Why the email failed or was skipped. */
  reason?: string;
}

/** An event as a flow sees it. */
export interface FlowEvent {
  name: string;
  attributes: Record<string, unknown>;
  createdAt: Date;
}

/** The argument of a side effect of `run`. */
export interface SideEffectContext {
  /** The number of this attempt: 1, 2, … */
  attempt: number;
  /**
   * The same for every attempt at this step, also after a crash, and different for every other
   * step. Send it as the idempotency key.
   */
  idempotencyKey: string;
  /** Aborts when the timeout expires. */
  signal: AbortSignal;
}

/**
 * Details that a command needs beyond its identity, by kind. All are checked, and JSON where
 * stated.
 */
export interface CommandDetails {
  email: { props?: JsonObject; subject?: string };
  wait: { ms: number };
  until: { at: number };
  daytime: { time: string; weekdays: number[] | null; timezone: string | null };
  event: { name: string; timeoutMs: number | null; match: JsonObject | null };
  segment: { segment: string; timeoutMs: number | null };
  race: { branches: [label: string, branch: AnyStep][] };
  member: { segment: string };
  query: { build: (db: never, userId: string) => unknown };
  update: { patch: JsonObject };
  emit: { name: string; attributes: JsonObject };
  start: { campaignId: string };
  run: { work: (context: SideEffectContext) => unknown; retries: number; timeoutMs: number };
  patch: null;
  exit: { reason: string };
  again: { state: Json };
  /** Answered in place, from data in the activation. */
  inline: {
    answer: (context: InlineContext) => unknown;
    /** The experiment that the variant belongs to. */
    experiment?: string;
  };
}

export interface InlineContext {
  /** Epoch milliseconds. */
  now: number;
  userId: string;
}

/** The only class of commands. */
export class Step<Result, K extends CommandKind = CommandKind> implements Command<Result> {
  readonly kind: K;
  readonly id: string | null;
  readonly args: unknown;
  readonly detail: CommandDetails[K];
  private readonly label: string | null;

  /**
   * @param named.label null: computed from the details on demand, because a replay does not need
   * it.
   */
  constructor(
    kind: K,
    detail: CommandDetails[K],
    named: { label: string | null; id?: string | null; args?: unknown },
  ) {
    this.kind = kind;
    this.detail = detail;
    this.label = named.label;
    this.id = named.id ?? null;
    this.args = named.args ?? null;
  }

  get key(): string {
    return this.label ?? labelOf(this.detail);
  }

  [Symbol.iterator](): Iterator<Command<Result>, Result, unknown> {
    return new StepIterator<Result>(this);
  }
}

/** A step whose details match its kind. */
export type AnyStep = { [K in CommandKind]: Step<unknown, K> }[CommandKind];

export function isStep(value: unknown): value is AnyStep {
  return value instanceof Step;
}

// --- internal ---

/** The label of a wait, or of a sleep until a moment. */
function labelOf(detail: object | null): string {
  if (detail && 'ms' in detail) return formatDuration((detail as CommandDetails['wait']).ms);
  return new Date((detail as CommandDetails['until']).at).toISOString();
}

/**
 * Yields its step once, and returns the step's result. A generator function would do the same at
 * four times the cost.
 */
class StepIterator<Result> implements Iterator<Command<Result>, Result, unknown> {
  private step: Command<Result> | undefined;

  constructor(step: Command<Result>) {
    this.step = step;
  }

  next(told?: unknown): IteratorResult<Command<Result>, Result> {
    const step = this.step;
    if (step === undefined) return { done: true, value: told as Result };
    this.step = undefined;
    return { done: false, value: step };
  }

  // So that errors thrown into the outer generator, and its early return, pass through.
  throw(error: unknown): never {
    throw error;
  }

  return(value: Result): IteratorResult<Command<Result>, Result> {
    return { done: true, value };
  }
}
