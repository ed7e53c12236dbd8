import type { ErrorBody } from '../protocol/api.ts';
import { SegflowApiError } from './error.ts';
import { badOption, baseUrl, type ClientOptions, checkKey, checkNumber, type FetchLike } from './options.ts';
import { backoffMs, MAX_RETRY_AFTER_MS, retryAfterMs, sleep } from './retry.ts';

export interface CallOptions {
  /** Aborts the call: the call rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Milliseconds to wait for each answer of this call. */
  timeoutMs?: number | undefined;
}

export interface RequestOptions extends CallOptions {
  /** Sent as JSON. */
  body?: unknown;
  /** Undefined fields are left out. */
  query?: Record<string, string | number | boolean | undefined> | undefined;
  headers?: Record<string, string> | undefined;
}

/** Time and chance, for tests. */
export interface HttpTools {
  sleep(ms: number, signal: AbortSignal | undefined): Promise<void>;
  random(): number;
  now(): number;
}

const tools: HttpTools = { sleep, random: () => Math.random(), now: () => Date.now() };

/** JSON over HTTP to one Segflow instance, with retries that are safe: every write carries an Idempotency-Key. */
export class Http {
  readonly #base: string;
  readonly #apiKey: string;
  readonly #fetch: FetchLike;
  readonly #timeoutMs: number;
  readonly #retries: number;
  readonly #tools: HttpTools;

  constructor(options: ClientOptions, replaced: Partial<HttpTools> = {}) {
    this.#base = baseUrl(options.url);
    this.#apiKey = checkKey(options.apiKey);
    this.#fetch = options.fetch ?? ((url, init) => fetch(url, init));
    this.#timeoutMs = checkNumber('timeoutMs', options.timeoutMs ?? 30_000, 1);
    this.#retries = checkNumber('retries', options.retries ?? 3, 0);
    this.#tools = { ...tools, ...replaced };
  }

  /**
   * Returns the answer's JSON, or undefined for 204. `path` starts with a slash and is relative to
   * the instance's address. Throws SegflowApiError.
   */
  async request<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
    const url = this.#base + path + queryOf(options.query);
    const init: RequestInit = { method, headers: this.#headers(method, options), redirect: 'manual' };
    if (options.body !== undefined) init.body = toJson(options.body);
    for (let attempt = 0; ; attempt++) {
      options.signal?.throwIfAborted();
      const outcome = await this.#attempt(url, init, options);
      if (outcome.ok) return outcome.value as T;
      const delay = outcome.retryMs ?? backoffMs(attempt, this.#tools.random);
      const giveUp = attempt >= this.#retries || delay > MAX_RETRY_AFTER_MS;
      if (giveUp || !outcome.error.retryable) throw outcome.error;
      await this.#tools.sleep(delay, options.signal);
    }
  }

  #headers(method: string, options: RequestOptions): Record<string, string> {
    const headers: Record<string, string> = {
      accept: 'application/json',
      authorization: `Bearer ${this.#apiKey}`,
    };
    if (options.body !== undefined) headers['content-type'] = 'application/json';
    if (method !== 'GET' && method !== 'HEAD') headers['idempotency-key'] = randomKey();
    for (const [name, value] of Object.entries(options.headers ?? {})) headers[name.toLowerCase()] = value;
    return headers;
  }

  async #attempt(url: string, init: RequestInit, options: CallOptions): Promise<Outcome> {
    const timeoutMs = options.timeoutMs ?? this.#timeoutMs;
    const timeout = deadline(timeoutMs, options.signal);
    // Called without `this`: browsers refuse a fetch whose `this` is another object.
    const send = this.#fetch;
    try {
      const response = await send(url, { ...init, signal: timeout.signal });
      const text = await response.text();
      return this.#outcome(url, response, text);
    } catch (error) {
      options.signal?.throwIfAborted();
      const failure = timeout.expired()
        ? unreachable(
            `${origin(url)} did not answer within ${timeoutMs} ms`,
            'Is it busy? timeoutMs sets how long to wait.',
          )
        : unreachable(
            `cannot reach Segflow at ${origin(url)}: ${reasonOf(error)}`,
            'Is it running, and is the url right? `segflow serve` starts it.',
            error,
          );
      return { ok: false, error: failure };
    } finally {
      timeout.clear();
    }
  }

  #outcome(url: string, response: Response, text: string): Outcome {
    const { status } = response;
    if (status === 204) return { ok: true, value: undefined };
    const json = parse(text);
    if (response.ok && json !== undefined) return { ok: true, value: json };
    const requestId = response.headers.get('x-request-id') ?? undefined;
    const retryMs = retryAfterMs(response.headers.get('retry-after'), this.#tools.now());
    const error = isErrorBody(json)
      ? new SegflowApiError({ status, requestId, ...json.error })
      : notSegflow(url, response);
    return { ok: false, retryMs, error };
  }
}

type Outcome =
  | { ok: true; value: unknown }
  | { ok: false; retryMs?: number | undefined; error: SegflowApiError };

function unreachable(message: string, hint: string, cause?: unknown): SegflowApiError {
  return new SegflowApiError({ status: 0, code: 'unreachable', message, hint, cause, retryable: true });
}

function notSegflow(url: string, response: Response): SegflowApiError {
  const { status } = response;
  const redirect = response.type === 'opaqueredirect' || (status >= 300 && status < 400);
  const target = response.headers.get('location');
  const type = response.headers.get('content-type')?.split(';')[0] || 'no content type';
  return new SegflowApiError({
    status,
    code: 'unreachable',
    message: redirect
      ? `${origin(url)} answered with a redirect${target ? ` to ${target}` : ''}`
      : `${origin(url)} answered ${status} (${type}), which is not an answer of Segflow`,
    hint: redirect
      ? 'Set url to the address it leads to: requests are not redirected, so that the key stays where it was meant for.'
      : 'Is the url that of a Segflow instance, with its base path? A proxy in between may have answered instead.',
  });
}

function isErrorBody(value: unknown): value is ErrorBody {
  if (typeof value !== 'object' || value === null || !('error' in value)) return false;
  const { error } = value;
  return (
    typeof error === 'object' &&
    error !== null &&
    'code' in error &&
    typeof error.code === 'string' &&
    'message' in error &&
    typeof error.message === 'string'
  );
}

/** Joins a time-out's signal with the caller's; AbortSignal.any is too new for some browsers. */
function deadline(ms: number, outer: AbortSignal | undefined) {
  const controller = new AbortController();
  let expired = false;
  const abort = () => controller.abort(outer?.reason);
  // A delay that is too long for a timer means no time-out.
  const timer = ms < 2 ** 31 ? setTimeout(expire, ms) : undefined;
  function expire() {
    expired = true;
    controller.abort(new Error('timed out'));
  }
  if (outer?.aborted) abort();
  else outer?.addEventListener('abort', abort, { once: true });
  return {
    signal: controller.signal,
    expired: () => expired,
    clear() {
      clearTimeout(timer);
      outer?.removeEventListener('abort', abort);
    },
  };
}

// NaN would be sent as null, and null removes an attribute.
function toJson(body: unknown): string {
  try {
    return JSON.stringify(body, (key, value) => {
      if (typeof value !== 'number' || Number.isFinite(value)) return value;
      throw new TypeError(`"${key}" is ${value}`);
    });
  } catch (error) {
    throw badOption(
      `the values cannot be written as JSON: ${reasonOf(error)}`,
      'Send texts, finite numbers, booleans, null, lists and objects.',
    );
  }
}

function queryOf(query: RequestOptions['query']): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined) params.append(name, String(value));
  }
  const text = params.toString();
  return text && `?${text}`;
}

/** 128 random bits in hex. crypto.randomUUID exists only on pages served over https. */
function randomKey(): string {
  let key = '';
  for (const byte of crypto.getRandomValues(new Uint8Array(16))) key += byte.toString(16).padStart(2, '0');
  return key;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Node's message is "fetch failed"; the reason is in the cause.
  return error.cause instanceof Error && error.cause.message ? error.cause.message : error.message;
}

function origin(url: string): string {
  return new URL(url).origin;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
