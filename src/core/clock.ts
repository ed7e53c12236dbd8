/** Time as an argument: the system's in production, a set one in tests. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Resolves once `now()` has reached `at` or `signal` aborts, whichever is first; never rejects. */
  sleepUntil(at: number, signal: AbortSignal): Promise<void>;
}

/** The longest delay setTimeout takes; longer sleeps are taken in pieces. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  async sleepUntil(at, signal) {
    while (!signal.aborted) {
      const delay = at - Date.now();
      if (delay <= 0) return;
      await new Promise<void>((resolve) => {
        const done = () => {
          clearTimeout(timer);
          signal.removeEventListener('abort', done);
          resolve();
        };
        const timer = setTimeout(done, Math.min(delay, MAX_TIMER_MS));
        signal.addEventListener('abort', done, { once: true });
      });
    }
  },
};
