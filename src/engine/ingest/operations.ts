import type { JsonObject } from '../../core/json.ts';

/** What a client can ask the engine to record. */
export type IngestOperation =
  /** `mode: 'merge'` is rejected with `user_not_found` when the user does not exist; `upsert` creates it. */
  | { type: 'user'; id: string; attributes: JsonObject; mode: 'upsert' | 'merge' }
  | { type: 'delete'; id: string }
  | {
      type: 'event';
      userId: string;
      name: string;
      attributes: JsonObject;
      messageId?: string | undefined;
      /** Epoch milliseconds; now when absent. */
      createdAt?: number | undefined;
    };

export type OperationResult =
  | { ok: true; type: 'user'; created: boolean; attributes: JsonObject }
  | { ok: true; type: 'delete' }
  | { ok: true; type: 'event'; duplicate: boolean }
  | { ok: false; error: { code: 'user_not_found' | 'payload_too_large'; message: string; hint: string } };

/** Operations of one request: applied in order, committed together, answered together. */
export interface Submission {
  operations: IngestOperation[];
  idempotency?: { key: string; requestHash: string } | undefined;
}
