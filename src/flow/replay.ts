import type { ActivationInput, ActivationOutput, Outside } from './activation.ts';
import { flowScope, within } from './deterministic.ts';
import type { Interruption } from './live-activation.ts';
import { Passage } from './passage.ts';

/**
 * Runs one activation of `flow`. Never throws or rejects: what goes wrong is an outcome. It is done when it returns unless the
 * flow comes to a side effect or a query, which are awaited.
 */
export function activate(
  flow: unknown,
  input: ActivationInput,
  outside: Outside,
): ActivationOutput | Promise<ActivationOutput> {
  const scope = flowScope(input.runId);
  const passage = new Passage(flow, input, { scope, outside });
  const first = within(scope, () => passage.begin());
  if ('outcome' in first) return first;
  const inScope = (interruption: Interruption, settled: PromiseSettledResult<unknown>) =>
    within(scope, () => passage.goOnAfter(interruption, settled));
  return finish(first, inScope);
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
