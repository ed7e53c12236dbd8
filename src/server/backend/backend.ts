import type { IngestOperation, OperationResult } from '../../engine/ingest/operations.ts';
import type {
  Changes,
  DeploymentAnswer,
  DeploymentItem,
  Journey,
  MessageItem,
  PauseItem,
  Push,
  RetryAnswer,
  RetryBody,
  Rollback,
  Status,
} from '../../protocol/api.ts';
import type { Explanation } from '../../protocol/explain.ts';
import type { Planning } from '../../protocol/plan.ts';

export type { IngestOperation as BackendOperation, OperationResult } from '../../engine/ingest/operations.ts';

/**
 * The server's port to the application, which implements it over the engine. Tests may pass another
 * implementation.
 */
export interface Backend {
  /**
   * Applies the operations in order and resolves once they are committed, to one result an
   * operation. A rejected operation does not undo the others. With a known idempotency key, returns
   * the earlier results and applies nothing; throws `idempotency_key_reused` if the request
   * differs.
   */
  submit(
    operations: IngestOperation[],
    idempotency?: { key: string; requestHash: string },
  ): Promise<OperationResult[]>;
  /**
   * Runs `work` and resolves once the user's segments and campaigns were evaluated, with the
   * changes.
   */
  withChanges<T>(userId: string, work: () => Promise<T>): Promise<{ result: T; changes: Changes }>;
  /** Throws `user_not_found`. */
  journey(userId: string): Promise<Journey>;
  messages(filter: MessageQuery): Promise<MessageItem[]>;
  status(): Promise<Status>;
  /**
   * Plans the deployment and, unless it is a dry run, activates it. May answer with the plan's
   * progress while the plan is being made; the same request continues it. Throws `invalid_config`
   * with `details: Problem[]`, and `conflict` if the confirmed plan was made for another state.
   */
  push(body: Push): Promise<DeploymentAnswer | Planning>;
  /** The same for an earlier deployment. Throws `not_found`. */
  rollback(body: Rollback): Promise<DeploymentAnswer | Planning>;
  deployments(): Promise<DeploymentItem[]>;
  /**
   * Throws `user_not_found`, and `not_found` for a campaign that the user was never in and that is
   * not deployed.
   */
  explain(userId: string, campaign: string | undefined): Promise<Explanation>;
  pauses(): Promise<PauseItem[]>;
  /** Throws `not_found` for a campaign that is not deployed. */
  pause(body: { campaign?: string | undefined; reason?: string | undefined }): Promise<PauseItem>;
  /** Returns whether it was paused. */
  resume(campaign: string | undefined): Promise<boolean>;
  retry(body: RetryBody): Promise<RetryAnswer>;
  /** Undefined when ready for requests, otherwise the reason. */
  notReady(): Promise<string | undefined>;
}

export interface MessageQuery {
  userId?: string | undefined;
  status?: MessageItem['status'] | undefined;
  campaign?: string | undefined;
  template?: string | undefined;
  /** Id of a message: return only older messages. */
  before?: string | undefined;
  limit: number;
}
