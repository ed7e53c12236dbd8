import { seededRandom } from '../helpers/random.ts';

/** Choices that are the same for the same seed. */
export interface Random {
  /** A whole number from 0 to `below - 1`. */
  below(below: number): number;
  chance(probability: number): boolean;
  pick<T>(from: readonly T[]): T;
  /** Whole number from `least` to `most`, both included. */
  between(least: number, most: number): number;
}

export function randomOf(seed: number): Random {
  const next = seededRandom(seed);
  // The first numbers of neighbouring seeds are alike.
  next();
  const below = (count: number) => Math.floor(next() * count);
  return {
    below,
    chance: (probability) => next() < probability,
    pick: (from) => from[below(from.length)]!,
    between: (least, most) => least + below(most - least + 1),
  };
}

/** Another seed, for the part of this ordinal. */
export function seedOf(seed: number, part: number): number {
  return (Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(part + 1, 0xc2b2ae35)) >>> 0;
}
