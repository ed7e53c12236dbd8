import type { ErrorCode } from '../core/errors.ts';
import { isRetryable } from './retry.ts';

export interface SegflowApiErrorInit {
  status: number;
  code: ErrorCode;
  message: string;
  hint?: string | undefined;
  details?: unknown;
  requestId?: string | undefined;
  cause?: unknown;
  /** Default: what the status says. */
  retryable?: boolean | undefined;
}

/**
 * Every method of the client rejects with this error, except when the caller's own signal aborts.
 */
export class SegflowApiError extends Error {
  /** HTTP status of the answer; 0 without an answer. */
  readonly status: number;
  /** `unreachable` when there was no answer, or an answer that is not Segflow's. */
  readonly code: ErrorCode;
  /** What to do next. */
  readonly hint: string | undefined;
  /** For `invalid_input`, one `{ path, message, expected, got }` a field; for `invalid_config`, one problem an entry. */
  readonly details: unknown;
  /** Whether the same call may succeed later without any change. */
  readonly retryable: boolean;
  /** The request's id in the server's log. */
  readonly requestId: string | undefined;

  constructor(init: SegflowApiErrorInit) {
    super(init.message, init.cause === undefined ? undefined : { cause: init.cause });
    this.name = 'SegflowApiError';
    this.status = init.status;
    this.code = init.code;
    this.hint = init.hint;
    this.details = init.details;
    this.retryable = init.retryable ?? isRetryable(init.status);
    this.requestId = init.requestId;
  }
}
