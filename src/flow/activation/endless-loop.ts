import { SegflowError } from '../../core/errors.ts';
import type { AnyStep } from '../commands/commands.ts';
import { wordsOf } from '../journal/identity.ts';

/** More commands than this in one activation are a loop that never waits. */
export const MAX_COMMANDS_PER_ACTIVATION = 10_000;
/**
 * The same applies to more activations than this in a row, if the steps between them take no time.
 */
export const MAX_HURRIED_ACTIVATIONS = 1_000;

/** The loop is in the flow's own code; a stack trace of this file would not help anybody. */
class EndlessLoop extends SegflowError {
  constructor(message: string) {
    super('flow_error', `${message}. Put an rt.wait() into the loop.`);
    this.stack = '';
  }
}

export class TooManyCommands extends EndlessLoop {
  constructor() {
    super(`the flow yielded ${inWords(MAX_COMMANDS_PER_ACTIVATION)} commands without ever waiting`);
  }
}

export class TooManyActivations extends EndlessLoop {
  /** @param last the step whose result the flow got last. */
  constructor(last: AnyStep | undefined) {
    const steps = `the flow took ${inWords(MAX_HURRIED_ACTIVATIONS)} steps in a row without time passing (an email counts as ten)`;
    super(last ? `${steps}; the last was "${wordsOf(last)}"` : steps);
  }
}

/**
 * Counts the activations in a row that began although the flow had not waited since the previous
 * one. The flow has waited when its step took time (by the times in the journal) or brought an
 * event, because events come from outside at any rate. However long an email takes, the flow did
 * not choose to wait for it.
 */
export class Hurry {
  count = 0;
  private since = 0;
  private last: AnyStep | undefined;

  /**
   * An activation begins. When nothing is pending, a failed run is being retried and gets another
   * chance.
   */
  begin(pending: AnyStep | undefined): void {
    this.count = pending ? this.count + 1 : 0;
  }

  yielded(at: number): void {
    this.since = at;
  }

  /** The flow continues after the step. */
  told(step: AnyStep, result: unknown, at: number): void {
    this.last = step;
    if (bringsEvent(step, result) || (at - this.since >= MOMENT_MS && !ASKING.has(step.kind))) this.count = 0;
    // A thousand emails would be too much for any user.
    if (step.kind === 'email') this.count += 9;
  }

  /** Throws when the count exceeds the limit. */
  check(): void {
    if (this.count > MAX_HURRIED_ACTIVATIONS) throw new TooManyActivations(this.last);
  }
}

// --- internal ---

/** A step that takes less time is not a wait. */
const MOMENT_MS = 1_000;
const ASKING: ReadonlySet<string> = new Set(['email', 'member', 'query']);

function bringsEvent(step: AnyStep, result: unknown): boolean {
  if (step.kind === 'event') return result !== null;
  if (step.kind !== 'race') return false;
  const { label, value } = result as { label: string; value: unknown };
  return (
    value !== null && step.detail.branches.some(([name, { kind }]) => name === label && kind === 'event')
  );
}

function inWords(count: number): string {
  return count.toLocaleString('en');
}
