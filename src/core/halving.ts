/*
 * One bad item makes a whole batch fail, and the failure does not say which item. The batch is
 * halved until the item is alone; all other items succeed.
 */

export interface Halving<T, R, F> {
  /**
   * Tries these items together. Returns a result for each, or the reason why all of them failed. An
   * outage is thrown, or is the result of each item.
   */
  attempt(items: T[]): Promise<{ results: R[] } | { failure: F }>;
  /**
   * After this many failures without a success, the remaining items are no longer tried: a failure
   * that affects every item is no item's fault.
   */
  patience?: number;
}

/** `blamed`: the item failed alone, and others did not fail. */
export type Halved<R, F> = { result: R } | { failure: F; blamed: boolean };

/** Enough to find a dozen bad items beside one another in a batch of 500. */
const PATIENCE = 40;

/** The outcome of each item, in order. */
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
