import { hash53 } from '../../core/hash.ts';

/**
 * The label that a user has in the experiment `name`: always the same for the same weights. Users
 * are distributed by the weights. The label is not recorded, so this function must behave the same
 * in every version.
 * @param weights at least one above 0.
 */
export function variantOf(userId: string, name: string, weights: Record<string, number>): string {
  // Sorted, so that the order in which they are written does not matter.
  const labels = Object.keys(weights).sort();
  const total = labels.reduce((sum, label) => sum + weights[label]!, 0);
  let rest = (Number.parseInt(hash53(`${name}\n${userId}`), 16) / 2 ** 53) * total;
  for (const label of labels) {
    rest -= weights[label]!;
    if (rest < 0) return label;
  }
  // Reached when rounding lost the last bit.
  return labels.findLast((label) => weights[label]! > 0)!;
}
