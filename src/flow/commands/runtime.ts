import type { SQL } from 'drizzle-orm';
import type { QueryBuilder } from 'drizzle-orm/mysql-core';
import type { Duration } from '../../core/duration.ts';
import type { Json } from '../../core/json.ts';
import type { Command, EmailOutcome, FlowEvent, SideEffectContext, TimedCommand } from './commands.ts';

/**
 * The methods available to a flow. Each method makes a command for the flow to `yield` (or
 * `yield*`, for a typed result), and does nothing until yielded. Invalid arguments throw
 * `invalid_input`, which fails the run.
 *
 * A step is matched to the run's history by its kind and its subject: the template of an email, the
 * name of an event. An `id` replaces the subject, so that the subject may change while users are in
 * the middle of the flow. The length of a wait is not part of the match: a wait that has begun or
 * ended keeps its deadline.
 */
export interface Runtime {
  /**
   * Sends the template `template` to the user. The flow continues once the message is settled:
   * sent, refused or skipped.
   * @param template an id from the config's `templates`.
   * @param options.props additional props of the component, besides `user`; JSON.
   * @param options.subject replaces the template's subject.
   */
  sendEmail(
    template: string,
    options?: { props?: Record<string, unknown>; subject?: string; id?: string },
  ): Command<EmailOutcome>;

  /**
   * Sleeps for `duration`: any mix of weeks, days, hours, minutes, seconds and milliseconds,
   * fractions allowed, from 0 to 100 years. The deadline is fixed when the wait begins and survives
   * restarts and deployments.
   */
  wait(duration: Duration, options?: { id?: string }): TimedCommand<void>;
  /** The same as `wait`. */
  sleep(duration: Duration, options?: { id?: string }): TimedCommand<void>;

  /**
   * Sleeps until a moment. A moment in the past does not wait.
   * @param moment a Date, an ISO 8601 text with its offset (`2026-12-24T09:00:00+01:00`; a date
   * alone is midnight UTC), or epoch milliseconds.
   */
  sleepUntil(moment: Date | string | number, options?: { id?: string }): TimedCommand<void>;

  /**
   * Sleeps until the next time, later than now, at which the user's local clock shows `time`. On a
   * day that skips this time, the sleep ends later by the skipped amount. On a day that has this
   * time twice, only the first one counts.
   * @param when.time `HH:MM` or `HH:MM:SS`.
   * @param when.timezone an IANA name. Default: the user's attribute `timezone`, even when the
   * attribute changes during the wait; UTC when the attribute is missing or not a time zone.
   * @param when.weekdays only these days. Default: every day.
   */
  waitUntil(when: {
    time: string;
    timezone?: string;
    weekdays?: readonly Weekday[];
    id?: string;
  }): TimedCommand<void>;

  /**
   * Waits for the user's next event with this name.
   * @param options.timeout how long to wait. Default: forever.
   * @param options.match accepts only an event whose attributes have these values.
   * @returns the event, or null after the timeout.
   */
  waitForEvent(
    name: string,
    options?: { timeout?: Duration; match?: Record<string, unknown>; id?: string },
  ): TimedCommand<FlowEvent | null>;

  /**
   * Waits until the user is in the segment. Does not wait when the user already is.
   * @returns true once the user is in the segment, or false after the timeout.
   */
  waitForSegment(segment: string, options?: { timeout?: Duration; id?: string }): TimedCommand<boolean>;

  /**
   * Waits for the first of several waits: `const first = yield* rt.race({ bought:
   * rt.waitForEvent('purchase'), late: rt.wait({ days: 3 }) })`.
   * @returns the label of the first wait to finish, with its result: `{ label: 'bought', value:
   * event }`.
   */
  race<const B extends Record<string, TimedCommand>>(
    branches: B,
    options?: { id?: string },
  ): Command<RaceResult<B>>;

  /** Whether the user is in the segment now. */
  inSegment(segment: string, options?: { id?: string }): Command<boolean>;

  /**
   * Returns the rows of a read-only SELECT. The tables contain only this user's rows.
   * @param build returns a Drizzle select, or SQL text, for MySQL: `(db) => db.select({ n: count()
   * }).from(schema.events)`.
   */
  query<Q extends FlowQuery>(
    build: (db: FlowDb, userId: string) => Q,
    options?: { id?: string },
  ): Command<RowsOf<Q>>;

  /**
   * Changes the user's attributes with a JSON merge patch, in which null removes an attribute. From
   * then on `ctx.attributes` shows the change, and segments are evaluated.
   */
  updateUser(patch: Record<string, unknown>, options?: { id?: string }): Command<void>;

  /**
   * Records an event for the user, as if it came from outside: transactions, segments and waits see
   * it.
   */
  emit(event: string, attributes?: Record<string, unknown>, options?: { id?: string }): Command<void>;

  /**
   * Enters the user into another campaign, regardless of its segments, unless the user is already
   * in it.
   */
  startCampaign(campaign: string, options?: { id?: string }): Command<void>;

  /**
   * Performs a side effect, such as calling a webhook. Only here may code be async, read the real
   * clock and use the network. The result is recorded as JSON, and the side effect is not performed
   * again. An attempt that throws or exceeds the timeout is retried after 1, 2, 4, 8, … seconds.
   * When the last attempt fails, its error is recorded and thrown in the flow.
   *
   * At least once: when the machine fails between the side effect and its record, the side effect
   * is performed again. `context.idempotencyKey` stays the same, so that the receiver can recognise
   * the repetition.
   * @param id names the step.
   * @param options.retries attempts after the first. 0 to 20. Default: 5.
   * @param options.timeout for one attempt. Up to 60 seconds. Default: 10 seconds.
   */
  run<T>(
    id: string,
    work: (context: SideEffectContext) => T,
    options?: { retries?: number; timeout?: Duration },
  ): Command<Awaited<T>>;

  /** The time at which this part of the flow first ran. */
  now(): Command<Date>;
  /** A number of 0 ≤ n < 1, the same in every replay. */
  random(): Command<number>;
  /**
   * A UUID (version 4), the same in every replay. It can be guessed from the run's id: do not use
   * it as a secret.
   */
  uuid(): Command<string>;

  /**
   * The user's variant in an experiment: always the same for one user and name. Users are
   * distributed by the weights: `yield* rt.variant('subject-line', { short: 50, long: 50 })`.
   */
  variant<const L extends string>(name: string, weights: Readonly<Record<L, number>>): Command<L>;

  /** Ends the run here. The reason is shown with the run. */
  exit(reason: string): Command<never>;

  /**
   * Starts the flow over, with `ctx.state` set to `state` (JSON) and an empty history. For flows
   * without an end: a history of more than 10,000 steps is slow to replay.
   */
  continueAsNew(state?: unknown): Command<never>;

  /**
   * Whether the run may follow a change of the flow: true for runs that had not reached this point
   * when the change was deployed; false for runs that had, which must behave as before. The answer
   * is recorded, separately for each place in the flow.
   */
  patched(id: string): Command<boolean>;
}

export type Weekday = 'mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun';

/** The result of a race: for each label, the label with the result of its command. */
export type RaceResult<B extends Record<string, TimedCommand>> = {
  [L in keyof B & string]: { label: L; value: B[L] extends Command<infer R> ? R : never };
}[keyof B & string];

/** Drizzle's MySQL query builder. */
export type FlowDb = Pick<QueryBuilder, 'select' | 'selectDistinct' | '$with' | 'with'>;

/** A Drizzle select, or SQL text of a SELECT. */
export type FlowQuery = { getSQL(): SQL; readonly _: { readonly result: readonly unknown[] } } | SQL;

export type RowsOf<Q> = Q extends { readonly _: { readonly result: infer R } } ? R : Record<string, Json>[];
