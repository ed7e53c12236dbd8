import { HTTP_STATUS, SegflowError } from '../../core/errors.ts';
import type { ErrorBody } from '../../protocol/api.ts';

/** Where an error happened. */
export interface ErrorContext {
  requestId: string;
  /** Method and pattern: never the path itself, since its ids may be addresses. */
  route: string;
  log: (line: string) => void;
  /** Whether this is worth a line: an outage meets every request, and is logged once a while. Default: always. */
  isNews?: (about: string) => boolean;
}

const RETRY_AFTER_SECONDS = 1;

/** The answer to anything thrown. What is not a SegflowError is logged and answered as `internal`, without a word of it. */
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

/** Name, message and frames, on one line. */
function trace(error: Error): string {
  const frames = (error.stack ?? '')
    .split('\n')
    .filter((text) => /^\s+at |@/.test(text) && /:\d+/.test(text));
  return [`${error.name}: ${safeText(error.message)}`, ...frames.slice(0, 8).map((text) => text.trim())].join(
    ' | ',
  );
}

/** Without addresses and quoted values: a message of the unexpected kind may cite what it choked on. */
function safeText(text: string): string {
  return text
    .replace(/[^\s"'`<>@]+@[^\s"'`<>@]+/g, '[address]')
    .replace(/(["'`])(?:(?!\1).){24,}\1/g, '$1…$1')
    .replace(/\s+/g, ' ')
    .slice(0, 300);
}
