import type { Clock } from '../../core/clock.ts';
import type { Store } from '../ports/store.ts';
import type { LeasedSlots } from './slots.ts';
import type { Next } from './worker.ts';

/** How often a process looks for work that other processes left in a shared store. */
export const POLL_MS = 200;

/**
 * Looks for due runs and messages in this process's slots. Nothing wakes this process when another
 * process commits some.
 *
 * A turn of a runner or of the mailer that finds nothing takes five queries, and there are several
 * of them. The lookout asks four for all of them, so an idle server uses half as much of the
 * database and of a core.
 */
export class Lookout {
  #store: Pick<Store, 'nextWake' | 'nextAttempt'>;
  #slots: Pick<LeasedSlots, 'owned' | 'now'>;
  #clock: Clock;
  #onRuns: () => void;
  #onMessages: () => void;

  constructor(options: {
    store: Pick<Store, 'nextWake' | 'nextAttempt'>;
    slots: Pick<LeasedSlots, 'owned' | 'now'>;
    clock: Clock;
    onRuns: () => void;
    onMessages: () => void;
  }) {
    this.#store = options.store;
    this.#slots = options.slots;
    this.#clock = options.clock;
    this.#onRuns = options.onRuns;
    this.#onMessages = options.onMessages;
  }

  async turn(): Promise<Next> {
    const slots = this.#slots.owned();
    const now = this.#slots.now();
    if (slots.length > 0 && now !== undefined) {
      const [wake, attempt] = await Promise.all([
        this.#store.nextWake(slots),
        this.#store.nextAttempt(slots),
      ]);
      if (wake !== undefined && wake <= now) this.#onRuns();
      if (attempt !== undefined && attempt <= now) this.#onMessages();
    }
    return { at: this.#clock.now() + POLL_MS };
  }
}
