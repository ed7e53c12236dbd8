import type { Json, JsonObject } from '../../core/json.ts';
import type { AnyStep, TimedCommand } from './commands.ts';
import { nextDaytime, timezoneOf } from './daytime.ts';

/** What a run waits for. Times are epoch milliseconds; a deadline of null is none. */
export type Pending =
  | { kind: 'email'; template: string; options?: EmailOptions }
  | TimedPending
  /** The first of these to finish decides, by label; the result is `{ label, value }`. */
  | { kind: 'race'; branches: Record<string, TimedPending> }
  /** Is the user in the segment? Answered at once by the engine: true or false. */
  | { kind: 'member'; segment: string }
  /**
   * A read-only SELECT about this user. Answered at once by the engine: the rows, as objects by
   * column name, with the store's values (times and JSON may be text).
   */
  | { kind: 'query'; sql: string; params: Json[] }
  /**
   * A side effect is attempted at this time, by resuming without a result: again after this error,
   * or for the first time when it `begins`. With an error of null, the side effect is still
   * running, and the activation asks for its outcome.
   */
  | { kind: 'retry'; until: number; error: string | null; begins?: true };

export type TimedPending =
  | { kind: 'wait'; until: number }
  /**
   * A time of day in the user's time zone. Follows changes of the time zone while the run sleeps.
   * `timezone` null: the user's attribute `timezone`, or UTC.
   */
  | { kind: 'daytime'; until: number; time: string; weekdays: number[] | null; timezone: string | null }
  /** Result: the event as `{ name, attributes, createdAt }` (ISO time), or null at the deadline. */
  | { kind: 'event'; name: string; match: JsonObject | null; until: number | null }
  /** Result: true once the user is in the segment, false at the deadline. */
  | { kind: 'segment'; segment: string; until: number | null };

/** JSON-able parts of sendEmail's options. */
export interface EmailOptions {
  /** Additional props of the component, besides `user`. */
  props?: JsonObject;
  subject?: string;
}

/** Steps whose result comes only from the engine. */
export type WaitingStep = Extract<AnyStep, { kind: TimedCommand['kind'] | 'email' | 'race' | 'member' }>;

export interface YieldMoment {
  /** The time of the activation, epoch milliseconds. */
  at: number;
  attributes: JsonObject;
}

/** What the run waits for when it yields the step at that moment. */
export function waitsFor(step: WaitingStep, moment: YieldMoment): Pending {
  switch (step.kind) {
    case 'email':
      return {
        kind: 'email',
        template: step.key,
        ...(Object.keys(step.detail).length > 0 && { options: step.detail }),
      };
    case 'race':
      return { kind: 'race', branches: branchesOf(step.detail.branches, moment) };
    case 'member':
      return { kind: 'member', segment: step.detail.segment };
    default:
      return timed(step, moment);
  }
}

// --- internal ---

type TimedStep = Extract<AnyStep, { kind: TimedCommand['kind'] }>;

function branchesOf(branches: [string, AnyStep][], moment: YieldMoment): Record<string, TimedPending> {
  const pending: Record<string, TimedPending> = Object.create(null);
  // A race consists of such steps only.
  for (const [label, branch] of branches) pending[label] = timed(branch as TimedStep, moment);
  return { ...pending };
}

function timed(step: TimedStep, { at, attributes }: YieldMoment): TimedPending {
  switch (step.kind) {
    case 'wait':
      return { kind: 'wait', until: at + step.detail.ms };
    case 'until':
      return { kind: 'wait', until: step.detail.at };
    case 'daytime': {
      const timezone = step.detail.timezone ?? timezoneOf(attributes);
      return { kind: 'daytime', ...step.detail, until: nextDaytime(at, { ...step.detail, timezone }) };
    }
    case 'event': {
      const { name, match, timeoutMs } = step.detail;
      return { kind: 'event', name, match, until: deadline(at, timeoutMs) };
    }
    case 'segment': {
      const { segment, timeoutMs } = step.detail;
      return { kind: 'segment', segment, until: deadline(at, timeoutMs) };
    }
  }
}

function deadline(at: number, timeoutMs: number | null): number | null {
  return timeoutMs === null ? null : at + timeoutMs;
}
