import type { SQL } from 'drizzle-orm';
import type { QueryBuilder } from 'drizzle-orm/mysql-core';
import type { Duration } from '../../core/duration.ts';
import type { Json } from '../../core/json.ts';
import type { Command, EmailOutcome, FlowEvent, SideEffectContext, TimedCommand } from './commands.ts';

/**
 * What a flow can do. Each method makes a command for the flow to `yield` (or `yield*`, for a result with its type), and does
 * nothing until yielded. Arguments that make no sense throw `invalid_input`, which fails the run.
 *
 * A step is found again in the run's history by its kind and by what it is about: the template of an email, the name of an
 * event. An `id` names it instead, so that what it is about may change while people are in the midst of the flow. The length
 * of a wait is no part of that: a wait that has begun, or is over, keeps the deadline it had.
 */
export interface Runtime {
  /**
   * Sends the template `template` to the user. The flow goes on once the message is settled: sent, refused or skipped.
   * @param template an id from the config's `templates`.
   * @param options.props further props of the component, beside `user`; JSON.
   * @param options.subject the subject, instead of the template's.
   */
  sendEmail(
    template: string,
    options?: { props?: Record<string, unknown>; subject?: string; id?: string },
  ): Command<EmailOutcome>;

  /**
   * Sleeps for `duration`: any mix of weeks, days, hours, minutes, seconds, milliseconds; fractions allowed; 0 to 100 years.
   * The deadline is fixed when the wait begins and survives restarts and deployments.
   */
  wait(duration: Duration, options?: { id?: string }): TimedCommand<void>;
  /** The same as `wait`. */
  sleep(duration: Duration, options?: { id?: string }): TimedCommand<void>;

  /**
   * Sleeps until a moment; one that is past is no wait.
   * @param moment a Date, an ISO 8601 text with its offset (`2026-12-24T09:00:00+01:00`; a date alone is midnight UTC), or epoch milliseconds.
   */
  sleepUntil(moment: Date | string | number, options?: { id?: string }): TimedCommand<void>;

  /**
   * Sleeps until the next time that the clocks where the user lives show `time`, later than now. A day that skips the time has
   * it as much later as was skipped; a day that has it twice has it the first time only.
   * @param when.time `HH:MM` or `HH:MM:SS`.
   * @param when.timezone an IANA name. Default: the user's attribute `timezone`, also when that changes during the wait; UTC when it is missing or names none.
   * @param when.weekdays only these days. Default: every day.
   */
  waitUntil(when: {
    time: string;
    timezone?: string;
    weekdays?: readonly Weekday[];
    id?: string;
  }): TimedCommand<void>;

  /**
   * Waits for the user's next event of this name.
   * @param options.timeout give up after so long. Default: never.
   * @param options.match only an event whose attributes have these values.
   * @returns the event, or null when the time is up.
   */
  waitForEvent(
    name: string,
    options?: { timeout?: Duration; match?: Record<string, unknown>; id?: string },
  ): TimedCommand<FlowEvent | null>;

  /**
   * Waits until the user is in the segment, which may be so at once.
   * @returns whether it came to that before the time was up.
   */
  waitForSegment(segment: string, options?: { timeout?: Duration; id?: string }): TimedCommand<boolean>;

  /**
   * Waits for the first of several waits: `const first = yield* rt.race({ bought: rt.waitForEvent('purchase'), late: rt.wait({ days: 3 }) })`.
   * @returns the label of the first, with its result: `{ label: 'bought', value: event }`.
   */
  race<const B extends Record<string, TimedCommand>>(
    branches: B,
    options?: { id?: string },
  ): Command<RaceResult<B>>;

  /** Whether the user is in the segment now. */
  inSegment(segment: string, options?: { id?: string }): Command<boolean>;

  /**
   * Rows of a read-only SELECT in which the tables hold this user's rows only.
   * @param build returns a Drizzle select, or SQL text, for MySQL: `(db) => db.select({ n: count() }).from(schema.events)`.
   */
  query<Q extends FlowQuery>(
    build: (db: FlowDb, userId: string) => Q,
    options?: { id?: string },
  ): Command<RowsOf<Q>>;

  /**
   * Changes the user's attributes: a JSON merge patch, in which null removes one. `ctx.attributes` shows it from then on, and
   * segments are evaluated.
   */
  updateUser(patch: Record<string, unknown>, options?: { id?: string }): Command<void>;

  /** Records an event of the user's, as if it had come from outside: transactions, segments and waits see it. */
  emit(event: string, attributes?: Record<string, unknown>, options?: { id?: string }): Command<void>;

  /** Has the user enter another campaign, whatever its segments, unless the user is in it already. */
  startCampaign(campaign: string, options?: { id?: string }): Command<void>;

  /**
   * A side effect, such as a call of a webhook: the one place where code may be async, read the real clock and use the network.
   * Its result is recorded, as JSON carries it, and it is not done again. An attempt that throws or takes too long is
   * repeated after 1, 2, 4, 8, … seconds; when the last one fails, its error is recorded and thrown in the flow.
   *
   * At least once: when the machine fails between the side effect and its record, it is done again. `context.idempotencyKey`
   * is the same then, for the receiver to tell.
   * @param id names the step.
   * @param options.retries attempts after the first. 0 to 20. Default 5.
   * @param options.timeout for one attempt. Up to 60 seconds. Default 10.
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
  /** A UUID (version 4), the same in every replay. It can be guessed from the run's id: it is no secret. */
  uuid(): Command<string>;

  /**
   * Which variant of an experiment the user has: the same for one person and name, for ever, and spread over people by
   * the weights: `yield* rt.variant('subject-line', { short: 50, long: 50 })`.
   */
  variant<const L extends string>(name: string, weights: Readonly<Record<L, number>>): Command<L>;

  /** Ends the run here. The reason is shown with it. */
  exit(reason: string): Command<never>;

  /**
   * Begins the flow anew, with `ctx.state` set to `state` (JSON) and a history that is empty again. For flows without an end:
   * a history of more than 10,000 steps takes its time to replay.
   */
  continueAsNew(state?: unknown): Command<never>;

  /**
   * Whether the run may follow a change of the flow: true for runs that had not come this far when the change was deployed,
   * false for those that had, which must do as before. What was answered is kept, for each place.
   */
  patched(id: string): Command<boolean>;
}

export type Weekday = 'mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun';

/** What a race gives: for each label, with the result of its command. */
export type RaceResult<B extends Record<string, TimedCommand>> = {
  [L in keyof B & string]: { label: L; value: B[L] extends Command<infer R> ? R : never };
}[keyof B & string];

/** Drizzle's MySQL query builder. */
export type FlowDb = Pick<QueryBuilder, 'select' | 'selectDistinct' | '$with' | 'with'>;

/** A Drizzle select, or SQL text of a SELECT. */
export type FlowQuery = { getSQL(): SQL; readonly _: { readonly result: readonly unknown[] } } | SQL;

export type RowsOf<Q> = Q extends { readonly _: { readonly result: infer R } } ? R : Record<string, Json>[];
