import type { SendResult } from '../../engine/ports/mail.ts';

/*
 * What Postmark's answers mean for a message. `retry`: the account, the config or Postmark must be
 * fixed, and then the message can be sent. `refused`: this message is wrong. `unknown`: Postmark
 * may have accepted the message. Text that Postmark quotes from a recipient is never read; only
 * Postmark's own words at the beginning of a message are.
 *
 * Codes: https://postmarkapp.com/developer/api/overview#error-codes. About HTTP 500, that page says
 * that "in most cases" the message is lost: in the other cases it was sent.
 */

/** One message's part of a batch answer. */
export interface PostmarkAnswer {
  errorCode: number;
  message: string;
  messageId?: string | undefined;
}

/** Why a whole request returned no answers. */
export interface Failure {
  /** HTTP status; undefined when there was no response. */
  status?: number | undefined;
  errorCode?: number | undefined;
  /** Postmark's words, or the network error's. */
  message: string;
  /** The network error's code: `ECONNREFUSED`. */
  networkCode?: string | undefined;
  retryAfterMs?: number | undefined;
}

/** The delay before a retry when a person must first fix the account or config. */
const FIX_DELAY_MS = 60_000;

/** Codes that disappear once the account or the config is fixed. */
const ACCOUNT_PROBLEMS: Record<number, string> = {
  10: 'Postmark does not know the API token',
  400: 'Postmark has no sender signature for the from address',
  401: 'the sender signature of the from address is not confirmed at Postmark',
  405: 'the Postmark account may not send: it ran out of credits',
  412: 'the Postmark account is pending approval',
  413: 'the Postmark account may not send',
};

const MAINTENANCE = 100;
const INVALID_EMAIL = 300;
const RATE_LIMIT = 429;

/**
 * Codes of a whole request that a single message can cause; sending fewer messages finds that
 * message.
 */
const BLAMES_A_MESSAGE = new Set([INVALID_EMAIL, 402, 403, 406, 409, 410, 411]);

/** Errors of a connection that was never established, so nothing was sent. */
const NEVER_CONNECTED =
  /^(ECONNREFUSED|ConnectionRefused|ENOTFOUND|EAI_|EHOSTUNREACH|ENETUNREACH|FailedToOpenSocket|DNS|CERT_|ERR_TLS|ERR_SSL|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/i;

export function readAnswer({ errorCode, message, messageId }: PostmarkAnswer): SendResult {
  if (errorCode === 0 && messageId) return { status: 'sent', providerId: messageId };
  if (errorCode === 0) return { status: 'unknown', reason: `Postmark gave no message id: ${message}` };
  if (errorCode === MAINTENANCE || errorCode === RATE_LIMIT) {
    return { status: 'retry', reason: describe(errorCode, message) };
  }
  if (isFixable(errorCode, message)) return retryWhenFixed(describe(errorCode, message));
  return { status: 'refused', reason: describe(errorCode, message) };
}

/** What a failed request says about its messages. */
export type Verdict =
  /** The same result for every message: the account, the network or Postmark is to blame. */
  | { blames: 'all'; result: SendResult }
  /** One of the messages is to blame. */
  | { blames: 'a message'; reason: string }
  /** A message is to blame if other messages go through. */
  | { blames: 'perhaps a message'; reason: string };

export function readFailure(failure: Failure): Verdict {
  const { status, errorCode = 0, message } = failure;
  const reason = describe(errorCode, message);
  if (status === 413) return { blames: 'a message', reason: `too large for Postmark (HTTP 413: ${message})` };
  if (status === 422 && !isFixable(errorCode, message)) {
    return { blames: BLAMES_A_MESSAGE.has(errorCode) ? 'a message' : 'perhaps a message', reason };
  }
  if (status !== undefined && status >= 400 && status < 500 && !ABOUT_THE_REQUEST.has(status)) {
    return { blames: 'perhaps a message', reason: `Postmark answered HTTP ${status}: ${reason}` };
  }
  return { blames: 'all', result: ofEveryMessage(failure) };
}

/**
 * The result for a message whose fault cannot be told apart from the account's or the config's: it
 * is retried after a delay in which a person may fix these.
 */
export function undecided(reason: string): SendResult {
  return retryWhenFixed(reason);
}

/** Statuses about the token, URL, method, time-out, account or rate limit. */
const ABOUT_THE_REQUEST = new Set([401, 404, 405, 407, 408, 422, 425, 426, 429]);

function ofEveryMessage(failure: Failure): SendResult {
  const { status, errorCode = 0, message } = failure;
  const text = describe(errorCode, message);
  if (status === undefined) {
    return NEVER_CONNECTED.test(failure.networkCode ?? '')
      ? { status: 'retry', reason: `Postmark cannot be reached: ${message}` }
      : { status: 'unknown', reason: `the connection to Postmark ended before its answer: ${message}` };
  }
  switch (status) {
    case 401:
      return retryWhenFixed(`${ACCOUNT_PROBLEMS[10]} (HTTP 401: ${message})`);
    case 408:
      return { status: 'retry', reason: `Postmark waited too long for the request (HTTP 408)` };
    case 422:
      return retryWhenFixed(text);
    case 429:
      return retry(`Postmark's rate limit is reached (HTTP 429: ${message})`, failure.retryAfterMs);
    case 503:
      return retry(`Postmark is not available (HTTP 503: ${message})`, failure.retryAfterMs);
  }
  if (status >= 500 || (status >= 200 && status < 300)) {
    return { status: 'unknown', reason: `Postmark answered HTTP ${status}: ${message}` };
  }
  return retryWhenFixed(`Postmark answered HTTP ${status}: ${message}; is its URL right?`);
}

function isFixable(errorCode: number, message: string): boolean {
  // Message streams have the codes 12xx. Both a bad sender and a bad recipient have the code 300;
  // the first quoted name says which one is bad.
  const isStream = errorCode >= 1200 && errorCode < 1300;
  const isSender = errorCode === INVALID_EMAIL && message.split("'")[1]?.toLowerCase() === 'from';
  return errorCode in ACCOUNT_PROBLEMS || isStream || isSender;
}

function describe(errorCode: number, message: string): string {
  const known = ACCOUNT_PROBLEMS[errorCode];
  return `${known ? `${known}: ` : ''}${message}${errorCode ? ` (Postmark error ${errorCode})` : ''}`;
}

function retryWhenFixed(reason: string): SendResult {
  return { status: 'retry', reason, retryAfterMs: FIX_DELAY_MS };
}

function retry(reason: string, retryAfterMs: number | undefined): SendResult {
  return { status: 'retry', reason, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}
