import type { Clock } from '../../core/clock.ts';
import { messageOf, SegflowError } from '../../core/errors.ts';
import type { Log } from '../ports/log.ts';
import type { Outage } from './outage.ts';

/** When a turn wants to run again: at once, at a time (epoch ms), or when woken. */
export type Next = 'now' | 'when-woken' | { at: number };

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 30_000;
/** A store that is away is tried more often: it may be back at any moment. */
const LAST_LOOK_MS = 5_000;
const LEASE_LOST_MS = 250;
/** This many turns in a row may lose a race against another process before a warning is logged. */
const MOST_LOSSES = 20;

/**
 * Repeats a turn. States: idle (no timer, or one that is not due), in a turn, stopped.
 * - A wake during a turn is not lost: the turn runs once more.
 * - A turn that throws is logged and repeated after a growing delay, so a failing database is
 *   retried automatically. The outage and its end are logged once for all workers.
 * - A turn that lost a race against another process runs again at once; one whose users another
 *   process took over runs again a moment later.
 * - `stop()` lets the current turn finish. A crash in a turn loses nothing: each turn commits whole
 *   or not at all.
 */
export class Worker {
  readonly name: string;
  #turn: () => Promise<Next>;
  #clock: Clock;
  #log: Log;
  #outage: Outage;
  #woken = true;
  #alarm = new AbortController();
  #stopped = false;
  #idle = false;
  /** When to run again without a wake. */
  #wakeAt = Number.POSITIVE_INFINITY;
  #rest = Promise.withResolvers<void>();
  #failures = 0;
  #losses = 0;
  #loop: Promise<void> | undefined;

  constructor(name: string, turn: () => Promise<Next>, options: { clock: Clock; log: Log; outage: Outage }) {
    this.name = name;
    this.#turn = turn;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#outage = options.outage;
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  wake(): void {
    this.#woken = true;
    this.#alarm.abort();
  }

  /** Whether there is nothing to do at the present time. */
  get idle(): boolean {
    return this.#idle && (this.#stopped || (!this.#woken && this.#clock.now() < this.#wakeAt));
  }

  /** Resolves once there is nothing to do at the present time. */
  async settled(): Promise<void> {
    while (!this.idle) await this.#rest.promise;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.wake();
    await this.#loop;
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      this.#woken = false;
      const next = await this.#attempt();
      if (next === 'now' || this.#woken) continue;
      this.#alarm = new AbortController();
      this.#wakeAt = next === 'when-woken' ? Number.POSITIVE_INFINITY : next.at;
      this.#rested();
      await (next === 'when-woken'
        ? aborted(this.#alarm.signal)
        : this.#clock.sleepUntil(next.at, this.#alarm.signal));
      this.#idle = false;
    }
    this.#rested();
  }

  #rested(): void {
    this.#idle = true;
    this.#rest.resolve();
    this.#rest = Promise.withResolvers();
  }

  async #attempt(): Promise<Next> {
    try {
      const next = await this.#turn();
      this.#failures = 0;
      this.#losses = 0;
      this.#outage.passed(this, this.#clock.now());
      return next;
    } catch (error) {
      const known = SegflowError.is(error) ? error : undefined;
      const code = known?.code;
      if (code === 'conflict' && this.#losses++ < MOST_LOSSES) return 'now';
      // The next renewal reports which slots are left.
      if (code === 'lease_lost') return { at: this.#clock.now() + LEASE_LOST_MS };
      const away = known?.retryable === true;
      if (away && this.#stopped) return 'when-woken';
      const delay = Math.min(FIRST_RETRY_MS * 2 ** this.#failures++, away ? LAST_LOOK_MS : LAST_RETRY_MS);
      const now = this.#clock.now();
      if (away) this.#outage.failed(this, messageOf(error), now);
      else this.#log.error(`${this.name}: ${messageOf(error)}; trying again in ${delay} ms`, error);
      return { at: now + delay };
    }
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
