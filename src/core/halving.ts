/*
 * One bad item among many makes a whole batch fail, and the failure does not say which. The batch is halved until the item is
 * alone; everything else goes on.
 */

export interface Halving<T, R, F> {
  /** Tries these together: a result each, or why all of them failed. An outage is thrown, or is a result of each. */
  attempt(items: T[]): Promise<{ results: R[] } | { failure: F }>;
  /**
   * After this many failures, and no attempt that went well, the others are not tried any more: a failure that meets everyone is no
   * item's fault.
   */
  patience?: number;
}

/** `blamed`: it failed alone, and others did not. */
export type Halved<R, F> = { result: R } | { failure: F; blamed: boolean };

/** Enough to find a dozen bad items beside one another in a batch of 500. */
const PATIENCE = 40;

/** What became of each item, in order. */
export async function halve<T, R, F>(items: T[], halving: Halving<T, R, F>): Promise<Halved<R, F>[]> {
  const found = new Map<number, Halved<R, F>>();
  const patience = halving.patience ?? PATIENCE;
  let failures = 0;
  let wentWell = false;

  const tryRange = async (from: number, to: number): Promise<void> => {
    const outcome = await halving.attempt(items.slice(from, to));
    if ('results' in outcome) {
      wentWell = true;
      for (let at = from; at < to; at++) found.set(at, { result: outcome.results[at - from]! });
      return;
    }
    failures++;
    const isOutage = !wentWell && failures >= patience;
    if (to - from === 1 || isOutage) {
      for (let at = from; at < to; at++) found.set(at, { failure: outcome.failure, blamed: to - from === 1 });
      return;
    }
    const middle = Math.ceil((from + to) / 2);
    await tryRange(from, middle);
    if (!wentWell && failures >= patience) {
      for (let at = middle; at < to; at++) found.set(at, { failure: outcome.failure, blamed: false });
    } else await tryRange(middle, to);
  };

  if (items.length > 0) await tryRange(0, items.length);
  return items.map((_, at) => {
    const halved = found.get(at)!;
    return 'failure' in halved ? { ...halved, blamed: halved.blamed && wentWell } : halved;
  });
}
