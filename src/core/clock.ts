/** Time as an argument: the system's clock in production, a simulated clock in tests. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /**
   * Resolves once `now()` has reached `at` or `signal` aborts, whichever is first; never rejects.
   * The system's clock also resolves after the real time until `at` has passed, so that a clock
   * that is set back delays nothing. Check `now()` again afterwards.
   */
  sleepUntil(at: number, signal: AbortSignal): Promise<void>;
}

/** Timers do not run while the machine is suspended, so the clock is checked this often. */
const LONGEST_TIMER_MS = 10_000;

export const systemClock: Clock = {
  now: () => Date.now(),
  async sleepUntil(at, signal) {
    const passed = performance.now() + (at - Date.now()) + 1;
    while (!signal.aborted) {
      const delay = Math.min(at - Date.now(), passed - performance.now());
      if (delay <= 0) return;
      await new Promise<void>((resolve) => {
        const done = () => {
          clearTimeout(timer);
          signal.removeEventListener('abort', done);
          resolve();
        };
        const timer = setTimeout(done, Math.min(delay, LONGEST_TIMER_MS));
        signal.addEventListener('abort', done, { once: true });
      });
    }
  },
};
