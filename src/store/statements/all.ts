import type { Statements } from '../../engine/ports/store.ts';
import type { Context } from '../driver/context.ts';
import { awaitStatements } from './awaits.ts';
import { deploymentStatements } from './deployments.ts';
import { dueRunStatements } from './due-runs.ts';
import { instanceId } from './instance.ts';
import { messageStatements } from './messages.ts';
import { pauseStatements } from './pauses.ts';
import { planStatements } from './plans.ts';
import { readStatements } from './reads.ts';
import { runStatements } from './runs.ts';
import { findSegmentChanges, markHere } from './segment-changes.ts';
import { segmentStatements } from './segments.ts';
import { stuckRunStatements } from './stuck-runs.ts';
import { sweepStatements } from './sweeps.ts';
import { userStatements } from './users.ts';

/** All statements, on one connection. */
export function allStatements(on: Context): Statements {
  const users = userStatements(on);
  return {
    ...users,
    ...segmentStatements(on),
    ...sweepStatements(on),
    ...runStatements(on),
    ...dueRunStatements(on),
    ...stuckRunStatements(on),
    ...awaitStatements(on),
    ...pauseStatements(on),
    ...messageStatements(on),
    ...deploymentStatements(on),
    ...planStatements(on),
    ...readStatements(on),
    markSegmentChanges: (segment) => findSegmentChanges(on, segment, (marks) => markHere(users, marks)),
    now: () => on.now(),
    instanceId: () => instanceId(on),
  };
}
