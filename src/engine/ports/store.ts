import type { DeploymentStatements, PlanStatements } from './deployments.ts';
import type { Fence, Leases } from './leases.ts';
import type { MessageStatements } from './messages.ts';
import type { ReadStatements } from './reads.ts';
import type { AwaitStatements, PauseStatements, RunStatements } from './runs.ts';
import type { SegmentStatements } from './segments.ts';
import type { UserStatements } from './users.ts';

/*
 * The engine's port to the store, by area; adapters are in store/. All times are epoch
 * milliseconds, UTC. Lists may be empty (no effect) or of any length: the store splits them.
 */

export interface Store extends Statements {
  /**
   * Runs `work` in one write transaction: durable once it resolves, undone when it rejects. A
   * conflict that the database reports as retryable (a deadlock) runs `work` again, so `work` may
   * have no effects besides its statements. With a `fence` it rejects with `lease_lost` unless the
   * node still owns those slots, and other nodes cannot take them until it has ended.
   */
  transaction<T>(work: (tx: Statements) => Promise<T>, fence?: Fence): Promise<T>;
  /** How processes share this store; undefined when one process has it to itself. */
  readonly leases: Leases | undefined;
  /**
   * Set while the provider must be asked about every message before it is sent, because the data
   * came from a backup.
   */
  restored(): Promise<Restored | undefined>;
  close(): Promise<void>;
}

/** Epoch milliseconds, UTC. */
export interface Restored {
  /** When the backup was made. What the original did afterwards is not known here. */
  backedUpAt: number;
  /** Until when the provider is asked. */
  askUntil: number;
}

/** Statements by area. Lists may be empty (no effect) or of any length: the store splits them. */
export interface Statements
  extends UserStatements,
    SegmentStatements,
    RunStatements,
    AwaitStatements,
    PauseStatements,
    MessageStatements,
    DeploymentStatements,
    PlanStatements,
    ReadStatements {
  /** The database's clock. */
  now(): Promise<number>;
  /** The installation's id. It is created with the database and moves with the data. */
  instanceId(): Promise<string>;
}
