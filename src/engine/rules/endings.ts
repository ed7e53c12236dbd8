import type { RunEnding } from '../../schema/index.ts';

/**
 * Why a run ended before its flow did: `ending` for code, which compares only that, and words for
 * people.
 */
export interface Ending {
  ending: RunEnding;
  reason: string;
}

export const LEFT: Ending = { ending: 'left', reason: "the user left the campaign's segments" };

export const REMOVED: Ending = { ending: 'removed', reason: 'the campaign was removed' };

export const CANCELLED: Ending = {
  ending: 'cancelled',
  reason: 'cancelled by a deployment (--in-flight=cancel)',
};

export const RESTARTED: Ending = {
  ending: 'restarted',
  reason: 'ended by a deployment (--in-flight=restart)',
};

export const SKIPPED: Ending = {
  ending: 'skipped',
  reason: 'qualified when the campaign was deployed (--existing=skip)',
};

export function exitByEvent(name: string): Ending {
  return { ending: 'exit_event', reason: `the user did "${name}" (exitWhen)` };
}

export function exitBySegment(id: string): Ending {
  return { ending: 'exit_segment', reason: `the user came into the segment "${id}" (exitWhen)` };
}
