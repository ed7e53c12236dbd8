import { SegflowError } from '../../core/errors.ts';
import type { AnyStep } from '../commands/commands.ts';
import { wordsOf } from '../journal/identity.ts';

/** More commands than this from one activation are a loop that never waits. */
export const MAX_COMMANDS_PER_ACTIVATION = 10_000;
/** So are more activations than this in a row, if the flow waits between them for what takes no time. */
export const MAX_HURRIED_ACTIVATIONS = 1_000;

/** The flow's own code is where it is; that it was noticed here helps nobody. */
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
  /** @param last what the flow was told of last. */
  constructor(last: AnyStep | undefined) {
    const steps = `the flow took ${inWords(MAX_HURRIED_ACTIVATIONS)} steps in a row that no time passed in, an email counting as ten`;
    super(last ? `${steps}; the last was "${wordsOf(last)}"` : steps);
  }
}

/**
 * How many activations in a row began although the flow had not waited since the one before. It has waited when what it yielded took
 * its time, by the times in the journal, or brought an event: those come from outside, as fast as they like. However long an email
 * takes, the flow is not what made it wait.
 */
export class Hurry {
  count = 0;
  private since = 0;
  private last: AnyStep | undefined;

  /** An activation begins. Nothing is pending when a failed run is taken up: it has another chance. */
  begin(pending: AnyStep | undefined): void {
    this.count = pending ? this.count + 1 : 0;
  }

  yielded(at: number): void {
    this.since = at;
  }

  /** The flow goes on after the step. */
  told(step: AnyStep, result: unknown, at: number): void {
    this.last = step;
    if (bringsEvent(step, result) || (at - this.since >= MOMENT_MS && !ASKING.has(step.kind))) this.count = 0;
    // A thousand of them would be too much for anybody.
    if (step.kind === 'email') this.count += 9;
  }

  /** Throws when that has gone on for too long. */
  check(): void {
    if (this.count > MAX_HURRIED_ACTIVATIONS) throw new TooManyActivations(this.last);
  }
}

// --- internal ---

/** What takes less time is no wait. */
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
