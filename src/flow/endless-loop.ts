import { SegflowError } from '../core/errors.ts';
import type { AnyStep } from './commands.ts';
import { wordsOf } from './identity.ts';

/** More commands than this from one activation are a loop that never waits. */
export const MAX_COMMANDS_PER_ACTIVATION = 10_000;
/** So are more activations than this in a row, if the flow waits between them for what takes no time. */
export const MAX_HURRIED_ACTIVATIONS = 1_000;

export class TooManyCommands extends SegflowError {
  constructor() {
    const count = MAX_COMMANDS_PER_ACTIVATION.toLocaleString('en');
    super('flow_error', `the flow yielded ${count} commands without ever waiting. ${HINT}`);
  }
}

export class TooManyActivations extends SegflowError {
  /** @param last what the flow was told of last. */
  constructor(last: AnyStep | undefined) {
    const count = MAX_HURRIED_ACTIVATIONS.toLocaleString('en');
    const words = last ? `, the last of them "${wordsOf(last)}"` : '';
    super('flow_error', `the flow took ${count} steps in a row that no time passed in${words}. ${HINT}`);
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
  }

  /** Throws when that has gone on for too long. */
  check(): void {
    if (this.count > MAX_HURRIED_ACTIVATIONS) throw new TooManyActivations(this.last);
  }
}

// --- internal ---

const HINT = 'Put an rt.wait() into the loop.';
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
