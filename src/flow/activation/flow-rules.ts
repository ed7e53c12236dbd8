import { SegflowError } from '../../core/errors.ts';
import { type AnyStep, isStep } from '../commands/commands.ts';
import { runtime } from '../commands/runtime-commands.ts';
import { wordsOf } from '../journal/identity.ts';

/* What a flow may be and may yield, and the error messages for anything else. */

/** Calls a campaign's flow. Throws `flow_error` when it is not a generator function. */
export function startFlow(flow: unknown, context: object): Iterator<unknown, unknown, unknown> {
  const tag = typeof flow === 'function' ? Reflect.get(flow, Symbol.toStringTag) : undefined;
  if (tag === 'AsyncFunction' || tag === 'AsyncGeneratorFunction') {
    throw refuse('a flow must be a plain generator function (function*), but this one is async');
  }
  if (typeof flow !== 'function') {
    throw refuse(`a flow must be a generator function (function*), but this one is ${describe(flow)}`);
  }
  const generator: unknown = flow(context, runtime);
  if (
    typeof generator !== 'object' ||
    generator === null ||
    !('next' in generator) ||
    !(Symbol.iterator in generator)
  ) {
    ignoreRejection(generator);
    throw refuse(
      `a flow must be a generator function (function*), but this one returned ${describe(generator)}`,
    );
  }
  return generator as unknown as Iterator<unknown, unknown, unknown>;
}

/** The command a flow yielded. Throws `flow_error` for anything else. */
export function accept(value: unknown): AnyStep {
  if (isStep(value)) return value;
  ignoreRejection(value);
  throw refuse(
    `a flow can yield commands of rt such as rt.sendEmail('…'), but this one yielded ${describe(value)}`,
  );
}

/**
 * Throws `flow_error` when a flow returns a command instead of yielding it, since nothing would
 * execute it.
 */
export function checkReturned(value: unknown): void {
  if (!isStep(value) || value.kind === 'exit') return;
  throw refuse(
    `the flow returned a command instead of yielding it ("${wordsOf(value)}"): write yield before it`,
  );
}

// --- internal ---

function refuse(message: string): SegflowError {
  return new SegflowError('flow_error', message);
}

function describe(value: unknown): string {
  if (value === undefined) return 'undefined';
  if (value === null) return 'null';
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object') return `the ${typeof value} ${JSON.stringify(String(value))}`;
  if ('then' in value) return 'a promise';
  return Array.isArray(value) ? 'an array' : 'an object';
}

/** A refused promise may reject later, after the failure has already been reported. */
function ignoreRejection(value: unknown): void {
  if (value instanceof Promise) value.catch(() => {});
}
