import { formatDuration } from '../../core/duration.ts';
import type { Json, JsonObject } from '../../core/json.ts';

/**
 * What a flow yields. A command is inert: making one does nothing. `kind`, `key` and `args` identify the step in the
 * run's journal, so the same code on the same history always makes the same commands in the same order (see identity).
 *
 * `yield command` hands it to the engine; `yield* command` does the same and gives the result with its type.
 */
export interface Command<Result = unknown> {
  readonly kind: CommandKind;
  /** What the step is about, for people: a template's id, a wait's length. */
  readonly key: string;
  /** The step's own name, where the author gave it one. */
  readonly id: string | null;
  /** Arguments that are part of the step's identity; they are compared by hash. */
  readonly args: unknown;
  [Symbol.iterator](): Iterator<Command<Result>, Result, unknown>;
}

/** A command that waits for something that happens by itself: what a race can be between. */
export interface TimedCommand<Result = unknown> extends Command<Result> {
  readonly kind: 'wait' | 'until' | 'daytime' | 'event' | 'segment';
}

/** Kinds of commands by their journal names. Names are stored for ever: add, never rename. */
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
  // These leave no record of their own.
  | 'again'
  | 'inline';

/** How the sending of an email ended. */
export interface EmailOutcome {
  /** `sent`: the provider took it. `failed`: it refused for good. `skipped`: Segflow did not ask it to. */
  status: 'sent' | 'failed' | 'skipped';
  messageId: string;
  /** Why it failed or was skipped. */
  reason?: string;
}

/** An event as a flow sees it. */
export interface FlowEvent {
  name: string;
  attributes: Record<string, unknown>;
  createdAt: Date;
}

/** What a side effect of `run` is told. */
export interface SideEffectContext {
  /** 1, 2, … */
  attempt: number;
  /** The same for every attempt at this step, after a crash too, and no other's: what to send as an idempotency key. */
  idempotencyKey: string;
  /** Aborts when the time is up. */
  signal: AbortSignal;
}

/** Details of a command beyond its identity, by kind: what carrying it out takes. All is checked, and JSON where it says so. */
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
  /** Answered in place, from what the activation knows. */
  inline: {
    answer: (context: InlineContext) => unknown;
    /** The experiment whose variant it is. */
    experiment?: string;
  };
}

export interface InlineContext {
  /** Epoch milliseconds. */
  now: number;
  userId: string;
}

/** The one class of commands. */
export class Step<Result, K extends CommandKind = CommandKind> implements Command<Result> {
  readonly kind: K;
  readonly id: string | null;
  readonly args: unknown;
  readonly detail: CommandDetails[K];
  private readonly label: string | null;

  /** @param named.label null: made from the details when somebody asks, as a replay has no use for it. */
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

/** A step whose details go with its kind. */
export type AnyStep = { [K in CommandKind]: Step<unknown, K> }[CommandKind];

export function isStep(value: unknown): value is AnyStep {
  return value instanceof Step;
}

// --- internal ---

/** Of a wait, or of a sleep until a moment. */
function labelOf(detail: object | null): string {
  if (detail && 'ms' in detail) return formatDuration((detail as CommandDetails['wait']).ms);
  return new Date((detail as CommandDetails['until']).at).toISOString();
}

/** Yields its step once, and gives what it is told then. A generator function would do, at four times the cost. */
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

  // So that an error thrown at, or an end of, the outer generator passes through.
  throw(error: unknown): never {
    throw error;
  }

  return(value: Result): IteratorResult<Command<Result>, Result> {
    return { done: true, value };
  }
}
