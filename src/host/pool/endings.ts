import { SegflowError } from '../../core/errors.ts';
import type { Problem } from '../../engine/ports/manifest.ts';
import { STAGE } from '../wire/progress.ts';
import type { WireError, WorkKind } from '../wire/protocol.ts';
import type { ProcessEnding } from './host-process.ts';

/* Describes how a host child ended, by its kind of work. */

const SUBJECT: Record<WorkKind, [who: string, late: string]> = {
  inspect: ['the configuration', 'the check of the configuration was not done'],
  catalog: ['the configuration', 'the check of the configuration was not done'],
  segments: ['the evaluator', 'the evaluator did not return'],
  advance: ['the flow', 'the flow did not yield'],
  render: ['the email', 'the email was not rendered'],
  'find-flow': ['the flow', 'the flow did not yield'],
  'find-email': ['the email', 'the email was not rendered'],
};
const LOADING: [who: string, late: string] = ['the configuration', 'the configuration was not loaded'];

/** How an item ended its process, in words. */
export function describeEnding(ending: ProcessEnding, kind: WorkKind): string {
  return words(ending, SUBJECT[kind]);
}

/**
 * The error for a bundle that ends every process that loads it, or for a child that cannot start.
 */
export function endingError(
  ending: ProcessEnding,
  { index, kind }: { index: number; kind: WorkKind },
): SegflowError {
  if (index === STAGE.modules) {
    return new SegflowError(
      'host_crashed',
      `a host process did not start: ${words(ending, ['it', 'it was not ready'])}`,
    );
  }
  const message = words(ending, index === STAGE.bundle ? LOADING : SUBJECT[kind]);
  const cause = new SegflowError(ending.reason === 'timeout' ? 'host_timeout' : 'host_crashed', message);
  if (kind === 'inspect' || kind === 'catalog') {
    const hint =
      'Look for an endless loop, or a call that ends the process, in an email, a subject, an evaluator, or in code that runs when the file is loaded. `segflow preview` renders each email separately.';
    const problem: Problem = { path: '', message, hint };
    return new SegflowError('invalid_config', message, { hint, details: [problem], cause });
  }
  return cause;
}

/** An error that a child reported, rebuilt. */
export function wireFailure({ code, message, hint, details }: WireError): SegflowError {
  return new SegflowError(code, message, { ...(hint !== undefined && { hint }), details });
}

// --- internal ---

function words(ending: ProcessEnding, [who, late]: [who: string, late: string]): string {
  switch (ending.reason) {
    case 'timeout':
      return `${late} within ${ending.limitMs / 1000} s`;
    case 'memory':
      return `${who} took more than ${Math.round(ending.limitBytes / 1024 ** 2)} MB of memory`;
    case 'exit':
      return `${who} ended its process (${ending.words})`;
  }
}
