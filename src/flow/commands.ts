/**
 * What a flow yields. A command is inert: making one does nothing. `kind`, `key` and `args` identify the step in the
 * run's journal, so the same code on the same history always makes the same commands in the same order.
 *
 * `yield command` hands it to the engine; `yield* command` does the same and gives the result with its type.
 */
export interface Command<Result = unknown> {
  readonly kind: CommandKind;
  /** What the step is about: a template's id, a wait's length. Part of the step's identity. */
  readonly key: string;
  /** All other arguments; they are compared by hash. */
  readonly args: unknown;
  [Symbol.iterator](): Generator<Command<Result>, Result, Result>;
}

/** Kinds of commands by their journal names. Names are stored for ever: add, never rename. */
export type CommandKind = 'email' | 'wait';

/** How the sending of an email ended. */
export interface EmailOutcome {
  /** `sent`: the provider took it. `failed`: it refused for good. `skipped`: Segflow did not ask it to. */
  status: 'sent' | 'failed' | 'skipped';
  messageId: string;
  /** Why it failed or was skipped. */
  reason?: string;
}

export function command<Result>(kind: CommandKind, key: string, args: unknown = null): Command<Result> {
  return {
    kind,
    key,
    args,
    *[Symbol.iterator]() {
      return yield this as Command<Result>;
    },
  };
}

export function isCommand(value: unknown): value is Command {
  return (
    typeof value === 'object' &&
    value !== null &&
    'kind' in value &&
    'key' in value &&
    Symbol.iterator in value
  );
}
