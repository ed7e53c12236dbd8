/** One line of the report. */
export interface Measurement {
  name: string;
  value: number;
  unit: string;
  /** The conditions of the measurement, and the value to compare with. */
  note?: string;
}

/** `against`: the path of another checkout to compare with. */
export type Bench = (options: { quick: boolean; against?: string }) => Promise<Measurement[]>;

/** Milliseconds that `work` takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await work();
  return performance.now() - from;
}

/** The value below which the fraction `p` of `values` lies. */
export function quantile(values: number[], p: number): number {
  if (values.length === 0) throw new Error('nothing was measured');
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))]!;
}

export function median(values: number[]): number {
  return quantile(values, 0.5);
}

/**
 * Measures several things in turn, round after round, so that a slow moment of the machine affects
 * all of them.
 */
export async function interleaved<K extends string>(
  rounds: number,
  subjects: Record<K, () => Promise<number>>,
): Promise<Record<K, number[]>> {
  const names = Object.keys(subjects) as K[];
  const results = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<K, number[]>;
  for (let round = 0; round < rounds; round++) {
    for (const name of names) results[name].push(await subjects[name]());
  }
  return results;
}

/** Runs `work` on every item, `width` at a time. */
export async function parallel<T>(
  items: T[],
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  const worker = async () => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: width }, worker));
}
