import type {
  BatchAnswer,
  Changes,
  EventAnswer,
  Journey,
  MessageItem,
  Operation,
  Status,
} from '../protocol/api.ts';
import { SegflowApiError } from './error.ts';
import { type CallOptions, Http, type RequestOptions } from './http.ts';
import type { ClientOptions, FetchLike } from './options.ts';

export type {
  BatchAnswer,
  CallOptions,
  Changes,
  ClientOptions,
  EventAnswer,
  FetchLike,
  Journey,
  MessageItem,
  Operation,
  RequestOptions,
  Status,
};
export { SegflowApiError };

/** Changes to attributes as a JSON merge patch (RFC 7396): objects merge, null removes, anything else replaces. */
export type AttributesPatch<A> = { [K in keyof A]?: AttributesPatchValue<A[K]> | null };
type AttributesPatchValue<V> = V extends readonly unknown[] ? V : V extends object ? AttributesPatch<V> : V;

/** A user as stored after the call. */
export interface UserResult<A extends object> {
  user: { id: string; attributes: A };
  /** Whether the call created the user. */
  created: boolean;
  /** Only with `wait`. */
  changes?: Changes | undefined;
}

export interface WriteOptions extends CallOptions {
  /**
   * Answer only after segments and campaigns were evaluated, with `changes`: what the user entered
   * and left.
   */
  wait?: boolean | undefined;
  /**
   * 1 to 255 printable ASCII characters; the same key with the same request returns the first
   * answer again. Generated if absent.
   */
  idempotencyKey?: string | undefined;
}

export interface EmitOptions extends WriteOptions {
  /**
   * Your own id of the event, 1 to 255 characters; an event with a known id is not stored again,
   * however much later.
   */
  messageId?: string | undefined;
  /** When the event happened, if not now. Not in the future. */
  createdAt?: Date | undefined;
}

export interface MessageFilter {
  /** Id of a user. */
  user?: string | undefined;
  status?: MessageItem['status'] | undefined;
  /** Id of a campaign. */
  campaign?: string | undefined;
  /** Id of a template or transaction. */
  template?: string | undefined;
  /** Id of a message: return only older messages. For paging. */
  before?: string | undefined;
  /** 1 to 1,000. Default 100. */
  limit?: number | undefined;
}

/**
 * A Segflow instance. `A` is the shape of a user's attributes. Needs only `fetch`: runs in Node 20,
 * Bun, workers and browsers.
 *
 * Network errors, time-outs and the statuses 429, 502, 503 and 504 are retried, after the delay
 * that the server asks for or otherwise with growing delays; an idempotency key makes retries
 * harmless. All other failures reject with a {@link SegflowApiError}.
 */
export class Client<A extends object = Record<string, unknown>> {
  readonly #http: Http;
  /**
   * A server stops waiting after 30 s and reports this, so the client waits long enough to get that
   * answer.
   */
  readonly #waitMs: number;

  /** Throws SegflowApiError `invalid_input` for options that cannot work. */
  constructor(options: ClientOptions) {
    this.#http = new Http(options);
    this.#waitMs = options.timeoutMs ?? 60_000;
  }

  /**
   * Creates the user, or merges `attributes` into those of an existing user. `id` is yours: 1 to
   * 255 characters.
   */
  async createUser(id: string, attributes: A, options: WriteOptions = {}): Promise<UserResult<A>> {
    return await this.#write('PUT', userPath(id), { attributes }, options);
  }

  /**
   * Merges `attributes` into the user's; null removes an attribute. Rejects with `user_not_found`
   * if the user does not exist.
   */
  async updateUser(
    id: string,
    attributes: AttributesPatch<A>,
    options: WriteOptions = {},
  ): Promise<UserResult<A>> {
    return await this.#write('PATCH', userPath(id), { attributes }, options);
  }

  /** The user with segments, runs and their steps, messages and latest events. Rejects with `user_not_found`. */
  async getUser(id: string, options: CallOptions = {}): Promise<Journey & { attributes: A }> {
    return await this.request<Journey & { attributes: A }>('GET', userPath(id), options);
  }

  /** Removes the user with events, memberships and runs. Rejects with `user_not_found`. */
  async deleteUser(id: string, options: Omit<WriteOptions, 'wait'> = {}): Promise<void> {
    await this.#write('DELETE', userPath(id), undefined, options);
  }

  /**
   * Records that the user did something. Rejects with `user_not_found` if the user does not exist.
   */
  async emit(
    userId: string,
    name: string,
    attributes: Record<string, unknown> = {},
    options: EmitOptions = {},
  ): Promise<EventAnswer> {
    const { messageId, createdAt } = options;
    const body = { userId, name, attributes, messageId, createdAt: createdAt?.toISOString() };
    return await this.#write('POST', '/v1/events', body, options);
  }

  /**
   * Applies up to 1,000 operations, 1 MiB in all, in order. An operation for an unknown user is
   * rejected alone; its entry in `results` says so. A malformed operation rejects the whole batch
   * with `invalid_input`, and nothing is applied.
   */
  batch(operations: Operation[], options: Omit<WriteOptions, 'wait'> = {}): Promise<BatchAnswer> {
    return this.#write('POST', '/v1/batch', { operations }, options);
  }

  /** Messages, the newest first. */
  messages(filter: MessageFilter = {}, options: CallOptions = {}): Promise<MessageItem[]> {
    return this.request<MessageItem[]>('GET', '/v1/messages', { ...options, query: { ...filter } });
  }

  /** Counts of users, events, members of segments, runs and messages. */
  status(options: CallOptions = {}): Promise<Status> {
    return this.request<Status>('GET', '/v1/status', options);
  }

  /** Sends any request that has no method here. `path` starts with a slash. */
  request<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
    return this.#http.request<T>(method, path, options);
  }

  #write<T>(method: string, path: string, body: unknown, options: WriteOptions): Promise<T> {
    const { wait, idempotencyKey, ...call } = options;
    return this.request<T>(method, path, {
      signal: call.signal,
      timeoutMs: call.timeoutMs ?? (wait ? this.#waitMs : undefined),
      body,
      query: { wait: wait ? true : undefined },
      headers: idempotencyKey === undefined ? undefined : { 'idempotency-key': idempotencyKey },
    });
  }
}

function userPath(id: string): string {
  if (typeof id === 'string' && id !== '' && id !== '.' && id !== '..' && id.isWellFormed?.() !== false) {
    return `/v1/users/${encodeURIComponent(id)}`;
  }
  throw new SegflowApiError({
    status: 0,
    code: 'invalid_input',
    message: `a user's id is a text of 1 to 255 characters, got ${JSON.stringify(id) ?? typeof id}`,
    hint: 'Ids are your own; numbers are written as text: String(id).',
  });
}
