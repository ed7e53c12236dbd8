import type { Clock } from '../core/clock.ts';

/** A clock that stands still until a caller moves it. */
export class SimulatedClock implements Clock {
  #now: number;
  #sleepers = new Set<{ at: number; wake: () => void }>();

  /** @param start and all other times as epoch milliseconds, a Date, or ISO 8601. */
  constructor(start: number | string | Date) {
    this.#now = millisOf(start);
  }

  now(): number {
    return this.#now;
  }

  sleepUntil(at: number, signal: AbortSignal): Promise<void> {
    if (at <= this.#now || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const sleeper = {
        at,
        wake: () => {
          this.#sleepers.delete(sleeper);
          signal.removeEventListener('abort', sleeper.wake);
          resolve();
        },
      };
      this.#sleepers.add(sleeper);
      signal.addEventListener('abort', sleeper.wake, { once: true });
    });
  }

  /** The wake-up times of all sleepers, the earliest first. */
  get sleeping(): number[] {
    return [...this.#sleepers].map(({ at }) => at).sort((a, b) => a - b);
  }

  /** Moves to a time, forwards or backwards, and wakes the sleepers that are due. */
  set(to: number | string | Date): void {
    this.#now = millisOf(to);
    const due = [...this.#sleepers].filter(({ at }) => at <= this.#now).sort((a, b) => a.at - b.at);
    for (const sleeper of due) sleeper.wake();
  }

  advance(ms: number): void {
    this.set(this.#now + ms);
  }
}

function millisOf(time: number | string | Date): number {
  return new Date(time).getTime();
}
