import type { Operation, OperationResult } from '../engine/operations.ts';
import type {
  Changes,
  DeploymentAnswer,
  DeploymentItem,
  Journey,
  MessageItem,
  Status,
} from '../protocol/api.ts';

export type { Operation as BackendOperation, OperationResult } from '../engine/operations.ts';

/** What the server serves. The application implements it over the engine; a test may hand in another. */
export interface Backend {
  /**
   * Applies the operations in order and resolves once they are committed, to one result an operation. A rejected operation
   * does not undo the others. With an idempotency key seen before, gives the results of that time and applies nothing;
   * throws `idempotency_key_reused` when the request was another.
   */
  submit(
    operations: Operation[],
    idempotency?: { key: string; requestHash: string },
  ): Promise<OperationResult[]>;
  /** Runs `work` and resolves once the segments and campaigns of the user were evaluated, with what changed. */
  withChanges<T>(userId: string, work: () => Promise<T>): Promise<{ result: T; changes: Changes }>;
  /** Throws `user_not_found`. */
  journey(userId: string): Promise<Journey>;
  messages(filter: MessageQuery): Promise<MessageItem[]>;
  status(): Promise<Status>;
  /** Throws `invalid_config` with `details: Problem[]`. */
  push(body: { code: string; environment: Record<string, string> }): Promise<DeploymentAnswer>;
  deployments(): Promise<DeploymentItem[]>;
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
