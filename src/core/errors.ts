/** Every failure Segflow reports on purpose carries one of these codes. */
export type ErrorCode =
  | 'invalid_input'
  | 'invalid_config'
  | 'config_not_found'
  | 'unauthorized'
  | 'not_found'
  | 'user_not_found'
  | 'method_not_allowed'
  | 'payload_too_large'
  | 'unsupported_media_type'
  | 'conflict'
  | 'idempotency_key_reused'
  | 'not_deployed'
  | 'unavailable'
  | 'unreachable'
  | 'store_locked'
  | 'lease_lost'
  | 'store_unsupported'
  | 'schema_newer'
  | 'flow_error'
  | 'render_error'
  | 'host_timeout'
  | 'host_crashed'
  | 'provider_error'
  | 'port_in_use'
  | 'internal';

export interface SegflowErrorOptions {
  /** What the reader can do next. */
  hint?: string;
  cause?: unknown;
  /** Machine-readable detail: the list of problems of a config, for example. */
  details?: unknown;
  /** Whether the same call may succeed later without any change. Default: depends on the code. */
  retryable?: boolean;
}

/**
 * Codes of temporary failures: a database outage, a lock held by another process, a provider
 * without an answer.
 */
const RETRYABLE: ReadonlySet<ErrorCode> = new Set([
  'unavailable',
  'unreachable',
  'store_locked',
  'lease_lost',
  'provider_error',
]);

const BRAND = Symbol.for('segflow.error');

/**
 * The one error class: a closed code, what was expected and what came (message), what to do next
 * (hint), and whether a retry can help (retryable). Code that decides about a retry checks
 * `retryable`, never the message.
 */
export class SegflowError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly details: unknown;
  readonly retryable: boolean;
  readonly [BRAND] = true;

  constructor(code: ErrorCode, message: string, options: SegflowErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'SegflowError';
    this.code = code;
    this.hint = options.hint;
    this.details = options.details;
    this.retryable = options.retryable ?? RETRYABLE.has(code);
  }

  static is(value: unknown): value is SegflowError {
    return typeof value === 'object' && value !== null && BRAND in value;
  }
}

/** The HTTP status for an error code. */
export const HTTP_STATUS: Record<ErrorCode, number> = {
  invalid_input: 400,
  invalid_config: 422,
  config_not_found: 400,
  unauthorized: 401,
  not_found: 404,
  user_not_found: 404,
  method_not_allowed: 405,
  payload_too_large: 413,
  unsupported_media_type: 415,
  conflict: 409,
  idempotency_key_reused: 422,
  not_deployed: 409,
  unavailable: 503,
  unreachable: 502,
  store_locked: 503,
  lease_lost: 503,
  store_unsupported: 422,
  schema_newer: 500,
  flow_error: 500,
  render_error: 500,
  host_timeout: 500,
  host_crashed: 500,
  provider_error: 502,
  port_in_use: 500,
  internal: 500,
};

/**
 * The exit code of a command that ends with an error code; codes that are not listed exit with 1.
 */
export const EXIT_CODE: Partial<Record<ErrorCode, number>> = {
  invalid_input: 2,
  invalid_config: 3,
  config_not_found: 3,
  unauthorized: 4,
  unreachable: 5,
  not_found: 6,
  user_not_found: 6,
};

/** The text of any thrown value, without its stack. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
