import { HTTP_STATUS, SegflowError } from '../../core/errors.ts';
import type { ErrorBody } from '../../protocol/api.ts';

/** Where an error happened. */
export interface ErrorContext {
  requestId: string;
  /** Method and pattern. Never the path itself, because its ids may be addresses. */
  route: string;
  log: (line: string) => void;
  /**
   * Whether to log this error: an outage meets every request, and is logged only once in a while.
   * Default: always.
   */
  isNews?: (about: string) => boolean;
}

const RETRY_AFTER_SECONDS = 1;

/**
 * The answer to any thrown value. A value other than SegflowError is logged and answered as
 * `internal`, without any of its text.
 */
export function errorResponse(error: unknown, context: ErrorContext): Response {
  const known = SegflowError.is(error) ? error : internal(error, context);
  const status = HTTP_STATUS[known.code];
  if (status >= 500 && known === error) {
    const text = safeText(known.message);
    const isNews = !known.retryable || (context.isNews?.(`${known.code}: ${text}`) ?? true);
    if (isNews) context.log(line(context, known.code, text));
  }
  const headers = new Headers({ 'content-type': 'application/json' });
  if (known.retryable) headers.set('retry-after', String(RETRY_AFTER_SECONDS));
  if (status === 401) headers.set('www-authenticate', 'Bearer');
  if (known.code === 'method_not_allowed' && Array.isArray(known.details)) {
    headers.set('allow', known.details.join(', '));
  }
  return new Response(JSON.stringify(errorBody(known)), { status, headers });
}

export function errorBody(error: {
  code: SegflowError['code'];
  message: string;
  hint?: string | undefined;
  details?: unknown;
  retryable?: boolean;
}): ErrorBody {
  const { code, message, hint, details, retryable } = error;
  return {
    error: {
      code,
      message,
      ...(retryable === undefined ? {} : { retryable }),
      ...(hint === undefined ? {} : { hint }),
      ...(details === undefined ? {} : { details }),
    },
  };
}

function internal(error: unknown, context: ErrorContext): SegflowError {
  context.log(line(context, 'internal', error instanceof Error ? trace(error) : safeText(String(error))));
  return new SegflowError('internal', 'something went wrong inside Segflow', {
    hint: `It is in the server's log as ${context.requestId}.`,
  });
}

function line(context: ErrorContext, code: string, text: string): string {
  return `${context.requestId} ${context.route} ${code}: ${text}`;
}

/** The error's name, message and frames, on one line. */
function trace(error: Error): string {
  const frames = (error.stack ?? '')
    .split('\n')
    .filter((text) => /^\s+at |@/.test(text) && /:\d+/.test(text));
  return [`${error.name}: ${safeText(error.message)}`, ...frames.slice(0, 8).map((text) => text.trim())].join(
    ' | ',
  );
}

/**
 * Removes addresses and quoted values: the message of an unexpected error may quote the input that
 * caused it.
 */
function safeText(text: string): string {
  return text
    .replace(/[^\s"'`<>@]+@[^\s"'`<>@]+/g, '[address]')
    .replace(/(["'`])(?:(?!\1).){24,}\1/g, '$1…$1')
    .replace(/\s+/g, ' ')
    .slice(0, 300);
}
