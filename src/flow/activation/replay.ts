import type { ActivationInput, ActivationOutput, Outside } from './activation.ts';
import { abandonScope, flowScope, within } from './deterministic.ts';
import { abandonReplay } from './journal-replay.ts';
import type { Interruption } from './live-activation.ts';
import { OngoingActivation } from './ongoing-activation.ts';

/**
 * Runs one activation of `flow`. Never throws or rejects, unless `outside.limit` does: errors are
 * outcomes. The activation is finished on return, unless the flow reaches a side effect or a query,
 * which are awaited.
 */
export function activate(
  flow: unknown,
  input: ActivationInput,
  outside: Outside,
): ActivationOutput | Promise<ActivationOutput> {
  const scope = flowScope(input.runId);
  const activation = new OngoingActivation(flow, input, { scope, outside });
  const stretch = (work: () => ActivationOutput | Interruption) => {
    const inScope = () => within(scope, work);
    return outside.limit ? outside.limit(inScope) : inScope();
  };
  const first = stretch(() => activation.begin());
  if ('outcome' in first) return first;
  return finish(first, (interruption, settled) => stretch(() => activation.goOnAfter(interruption, settled)));
}

/** Restores the globals after an activation that was interrupted and could not restore them. */
export function abandonActivation(): void {
  abandonScope();
  abandonReplay();
}

// --- internal ---

async function finish(
  first: Interruption,
  goOn: (
    interruption: Interruption,
    settled: PromiseSettledResult<unknown>,
  ) => ActivationOutput | Interruption,
): Promise<ActivationOutput> {
  let next: ActivationOutput | Interruption = first;
  while (!('outcome' in next)) {
    const [settled] = await Promise.allSettled([next.work()]);
    next = goOn(next, settled!);
  }
  return next;
}
