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

/** What the server serves. The application implements it over the engine; a test may hand in another. */
export interface Backend {
  /**
   * Applies the operations in order and resolves once they are committed, to one result an operation. A rejected operation
   * does not undo the others. With an idempotency key seen before, gives the results of that time and applies nothing;
   * throws `idempotency_key_reused` when the request was another.
   */
  submit(
    operations: IngestOperation[],
    idempotency?: { key: string; requestHash: string },
  ): Promise<OperationResult[]>;
  /** Runs `work` and resolves once the segments and campaigns of the user were evaluated, with what changed. */
  withChanges<T>(userId: string, work: () => Promise<T>): Promise<{ result: T; changes: Changes }>;
  /** Throws `user_not_found`. */
  journey(userId: string): Promise<Journey>;
  messages(filter: MessageQuery): Promise<MessageItem[]>;
  status(): Promise<Status>;
  /**
   * Plans the deployment and, unless it is a dry run, puts it in force. While the plan is being made it may answer with how far it
   * is: asked in the same words it goes on. Throws `invalid_config` with `details: Problem[]`, and `conflict` when the plan agreed to
   * was made for another state of things.
   */
  push(body: Push): Promise<DeploymentAnswer | Planning>;
  /** The same with a deployment of former times. Throws `not_found`. */
  rollback(body: Rollback): Promise<DeploymentAnswer | Planning>;
  deployments(): Promise<DeploymentItem[]>;
  /** Throws `user_not_found`, and `not_found` for a campaign the user never was in and that is not deployed. */
  explain(userId: string, campaign: string | undefined): Promise<Explanation>;
  pauses(): Promise<PauseItem[]>;
  /** Throws `not_found` for a campaign that is not deployed. */
  pause(body: { campaign?: string | undefined; reason?: string | undefined }): Promise<PauseItem>;
  /** Returns whether it was paused. */
  resume(campaign: string | undefined): Promise<boolean>;
  retry(body: RetryBody): Promise<RetryAnswer>;
  /** Undefined when ready for requests, else why not. */
  notReady(): Promise<string | undefined>;
}

export interface MessageQuery {
  userId?: string | undefined;
  status?: MessageItem['status'] | undefined;
  campaign?: string | undefined;
  template?: string | undefined;
  /** Id of a message: only older ones. */
  before?: string | undefined;
  limit: number;
}
