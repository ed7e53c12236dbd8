import { describe } from 'bun:test';
import type { Store } from '../../src/engine/ports/store.ts';
import type { SimulatedClock } from '../../src/testing/simulated-clock.ts';

import { awaits } from './conformance/awaits.ts';
import { deployments } from './conformance/deployments.ts';
import { messages } from './conformance/messages.ts';
import { operating } from './conformance/operating.ts';
import { plans } from './conformance/plans.ts';
import { runs } from './conformance/runs.ts';
import { segmentQueries } from './conformance/segment-queries.ts';
import { segments } from './conformance/segments.ts';
import { sweeps } from './conformance/sweeps.ts';
import { transactions } from './conformance/transactions.ts';
import { typedComparisons } from './conformance/typed-comparisons.ts';
import { users } from './conformance/users.ts';

/** A store of a test's own: empty, on a clock that stands at 2026-01-01. */
export interface OpenedStore extends AsyncDisposable {
  store: Store;
  clock: SimulatedClock;
}

export type Opener = () => Promise<OpenedStore>;

/** What every store does, whatever it is built on. */
export function conformance(name: string, open: Opener): void {
  describe(name, () => {
    transactions(open);
    users(open);
    segments(open);
    segmentQueries(open);
    typedComparisons(open);
    sweeps(open);
    runs(open);
    messages(open);
    awaits(open);
    operating(open);
    deployments(open);
    plans(open);
  });
}
