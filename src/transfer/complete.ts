import type { Clock } from '../core/clock.ts';
import { SegflowError } from '../core/errors.ts';
import { newId } from '../core/ids.ts';
import { type Moved, writeFact } from '../store/driver/instance-state.ts';
import { toTime } from '../store/driver/times.ts';
import { compareEnds, type StoreComparison } from './compare.ts';
import type { End } from './ends.ts';
import { changeFacts, fact } from './facts.ts';
import type { OnProgress } from './progress.ts';

/**
 * Handles a target that already holds the instance. If both ends are still the same, the transfer
 * counts as complete; otherwise the operator must know that the target's data would be lost.
 */
export async function confirmComplete(
  source: End,
  target: End,
  { clock, onProgress }: { clock: Clock; onProgress: OnProgress },
): Promise<StoreComparison['tables']> {
  const moved = await fact(source, 'moved');
  const past = moved?.done
    ? `${source.shown} was moved to ${moved.to} at ${toTime(moved.at).slice(0, 16)} UTC`
    : `${target.shown} holds this very instance already`;
  const next = moved?.done
    ? 'Nothing is left to transfer: it is to be served from there.'
    : `${source.shown} was served after it had been moved: decide which of them is to go on.`;
  const hint = `${next} To move ${source.shown} once more, empty the target first: what happened there is lost then.`;
  const users = await target.inUseBy();
  if (users.length > 0) {
    throw new SegflowError('conflict', `${past}, and is served there by ${users.join(', ')}`, { hint });
  }
  const { tables, differences } = await compareEnds(source, target, onProgress);
  if (differences.length > 0) {
    throw new SegflowError('conflict', `${past}, and they differ since: ${differences.join('; ')}`, { hint });
  }
  if (!moved?.done) {
    const at = clock.now();
    const mark: Moved = { transfer: newId('transfer', at), to: target.shown, at, done: true };
    await changeFacts(source, (on) => writeFact(on, 'moved', mark));
  }
  return tables;
}
