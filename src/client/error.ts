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

/** What every method of the client rejects with, except when the caller's own signal aborts. */
export class SegflowApiError extends Error {
  /** HTTP status of the answer; 0 when there was none. */
  readonly status: number;
  /** `unreachable` when there was no answer, or one that is not Segflow's. */
  readonly code: ErrorCode;
  /** What to do next. */
  readonly hint: string | undefined;
  /** For `invalid_input`, one `{ path, message, expected, got }` a field; for `invalid_config`, one problem an entry. */
  readonly details: unknown;
  /** Whether the same call may succeed later though nobody changed anything. */
  readonly retryable: boolean;
  /** Find it in the server's log. */
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
