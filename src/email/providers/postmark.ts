import type { Models, ServerClient } from 'postmark';
import { messageOf, SegflowError } from '../../core/errors.ts';
import { halve } from '../../core/halving.ts';
import { occasionOf } from '../../core/ids.ts';
import type { MailProvider, OutgoingEmail, SendResult } from '../../engine/ports/mail.ts';
import { senderHeader, toAsciiDomain } from '../address.ts';
import { cleanSubject } from '../subject.ts';
import {
  type Failure,
  type PostmarkAnswer,
  readAnswer,
  readFailure,
  undecided,
  type Verdict,
} from './postmark-answers.ts';

/*
 * Postmark, through its own package. Postmark has no idempotency key, so a message carries its id
 * as metadata, and `find` searches for that id after an answer was lost. Limits:
 * https://postmarkapp.com/developer/api/email-api (500 messages and 50 MB a batch, a tag of 1,000
 * characters) and its metadata rules (names of 20, values of 80 characters).
 */

export interface PostmarkOptions {
  apiKey: string;
  /** Base URL of the API. Default https://api.postmarkapp.com */
  url?: string | undefined;
  messageStream?: string | undefined;
  transactionalStream?: string | undefined;
  /** Milliseconds to wait for an answer. Default 30,000. */
  timeoutMs?: number | undefined;
}

const DEFAULT_URL = 'https://api.postmarkapp.com';
const DEFAULT_STREAM = 'outbound';
const DEFAULT_TIMEOUT_MS = 30_000;
const BATCH_SIZE = 500;
/** Below 50 MB under either definition of a megabyte, with room for the envelope. */
const BATCH_BYTES = 45_000_000;
const TAG_CHARS = 1_000;
const METADATA_KEY = 'segflow-message';
const OCCASION_KEY = 'segflow-occasion';
const FIND_AT_ONCE = 4;
/** An answer to a full batch takes about 150 kB. */
const ANSWER_BYTES = 16_000_000;

export function createPostmarkProvider(options: PostmarkOptions): MailProvider {
  const request = requester(options);
  // Postmark searches one stream at a time.
  const streams = new Set([options.messageStream, options.transactionalStream].map(streamOf));

  async function sendTogether(
    emails: OutgoingEmail[],
  ): Promise<{ results: SendResult[] } | { failure: Exclude<Verdict, { blames: 'all' }> }> {
    const messages = emails.map((email) => toMessage(email, options));
    const outcome = await request((client) => client.sendEmailBatch(messages));
    if ('value' in outcome) {
      const answers = inOrder(outcome.value, messages);
      if (answers) return { results: answers.map(readAnswer) };
    }
    const verdict = readFailure('failure' in outcome ? outcome.failure : unreadable(emails.length));
    if (verdict.blames !== 'all') return { failure: verdict };
    return { results: emails.map(() => verdict.result) };
  }

  /**
   * Sends the messages. If one message makes Postmark reject whole requests, it is found and the
   * others are sent.
   */
  async function sendApart(emails: OutgoingEmail[]): Promise<SendResult[]> {
    const outcomes = await halve(emails, { attempt: sendTogether });
    return outcomes.map((outcome) => {
      if ('result' in outcome) return outcome.result;
      const { blames, reason } = outcome.failure;
      if (blames === 'a message' || outcome.blamed) return { status: 'refused', reason };
      return undecided(reason);
    });
  }

  /** Postmark's id of a message, or undefined if Postmark does not have it. */
  async function search(key: string, value: string): Promise<string | undefined | Failure> {
    for (const messageStream of streams) {
      const filter = { count: 1, offset: 0, messageStream, [`metadata_${key}`]: value };
      const outcome = await request((client) => client.getOutboundMessages(filter));
      if ('failure' in outcome) return outcome.failure;
      const providerId = outcome.value.Messages?.[0]?.MessageID;
      if (providerId) return providerId;
    }
    return undefined;
  }

  return {
    name: 'postmark',
    batchSize: BATCH_SIZE,

    async send(emails) {
      const results: SendResult[] = [];
      for (const batch of batchesOf(emails)) results.push(...(await sendApart(batch)));
      return results;
    },

    async find(messageIds, by = 'id') {
      const found = new Map<string, string>();
      const waiting = [...new Set(messageIds)];
      let failure: Failure | undefined;
      const work = async () => {
        for (let id = waiting.pop(); id !== undefined && !failure; id = waiting.pop()) {
          const outcome = await (by === 'id'
            ? search(METADATA_KEY, id)
            : search(OCCASION_KEY, occasionOf(id)));
          if (typeof outcome === 'string') found.set(id, outcome);
          else failure ??= outcome;
        }
      };
      await Promise.all(Array.from({ length: FIND_AT_ONCE }, work));
      if (failure) throw cannotTell(failure);
      return found;
    },
  };
}

function toMessage(email: OutgoingEmail, options: PostmarkOptions): Models.Message {
  const stream = email.kind === 'campaign' ? options.messageStream : options.transactionalStream;
  return {
    From: senderHeader(email.from),
    To: toAsciiDomain(email.to),
    ...(email.replyTo === undefined ? {} : { ReplyTo: senderHeader(email.replyTo) }),
    Subject: cleanSubject(email.subject),
    HtmlBody: email.html.toWellFormed(),
    TextBody: email.text.toWellFormed(),
    Tag: email.tag.slice(0, TAG_CHARS),
    Metadata: { [METADATA_KEY]: email.id, [OCCASION_KEY]: occasionOf(email.id) },
    MessageStream: streamOf(stream),
  };
}

function streamOf(name: string | undefined): string {
  return name ?? DEFAULT_STREAM;
}

/** Splits into as few batches as Postmark's limits allow, in order. */
function batchesOf(emails: OutgoingEmail[]): OutgoingEmail[][] {
  const batches: OutgoingEmail[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const email of emails) {
    const size = Buffer.byteLength(JSON.stringify(email)) + 1_000;
    const last = batches.at(-1);
    if (!last || last.length === BATCH_SIZE || bytes + size > BATCH_BYTES) {
      batches.push([email]);
      bytes = size;
    } else {
      last.push(email);
      bytes += size;
    }
  }
  return batches;
}

type Outcome<T> = { value: T } | { failure: Failure };

/**
 * Makes each request with its own client, because the client exposes neither headers nor network
 * error codes.
 */
function requester(options: PostmarkOptions) {
  if (!options.apiKey?.trim()) {
    throw new SegflowError('invalid_config', 'Postmark needs an API key', {
      hint: 'Set emailProvider.config.apiKey, for example to process.env.POSTMARK_API_KEY.',
    });
  }
  const base = baseUrl(options.url || DEFAULT_URL);

  return async function request<T>(call: (client: ServerClient) => Promise<T>): Promise<Outcome<T>> {
    const seen: Partial<Failure> = {};
    try {
      const postmark = await import('postmark');
      const client = new postmark.ServerClient(options.apiKey, {
        ...base,
        timeout: (options.timeoutMs ?? DEFAULT_TIMEOUT_MS) / 1000,
        async fetch(input, init) {
          try {
            // A redirected POST would become a GET.
            const response = await fetch(input, { ...init, redirect: 'manual' });
            seen.status = response.status;
            seen.retryAfterMs = retryAfterMs(response.headers.get('retry-after'));
            return await ofSensibleSize(response);
          } catch (error) {
            seen.networkCode = String((error as { code?: unknown }).code ?? '');
            throw error;
          }
        },
      });
      return { value: await call(client) };
    } catch (error) {
      const { code } = error as { code?: unknown };
      const errorCode = typeof code === 'number' ? code : undefined;
      return { failure: { ...seen, errorCode, message: messageOf(error) } };
    }
  };
}

/** Reads the answer, unless it is far larger than any real answer of Postmark. */
async function ofSensibleSize(response: Response): Promise<Response> {
  if (!response.body) return response;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.length;
    if (size > ANSWER_BYTES) throw new Error(`its answer is longer than ${ANSWER_BYTES / 1_000_000} MB`);
    chunks.push(chunk);
  }
  const { status, statusText, headers } = response;
  const body = NO_BODY.has(status) ? null : Buffer.concat(chunks);
  return new Response(body, { status, statusText, headers });
}

/** Statuses whose responses have no body. */
const NO_BODY = new Set([204, 205, 304]);

function baseUrl(text: string): { requestHost: string; useHttps: boolean } {
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new SegflowError(
      'invalid_config',
      `Postmark's URL must be http(s)://HOST[:PORT][/PATH], got "${text}"`,
      {
        hint: 'Check POSTMARK_API_URL and emailProvider.config.url; without them Postmark itself is used.',
      },
    );
  }
  return { requestHost: url.host + url.pathname.replace(/\/+$/, ''), useHttps: url.protocol === 'https:' };
}

/** Seconds or an HTTP date (RFC 9110, 10.2.3). */
function retryAfterMs(header: string | null): number | undefined {
  if (header === null) return undefined;
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}

/** A success without a result for each message. */
function unreadable(count: number): Failure {
  return { status: 200, message: `its answer is not a list of ${count} results, each of its message` };
}

/**
 * The answers in the order of the messages; an answer that names a recipient belongs to that
 * recipient's message. Undefined when the answers cannot be assigned to messages.
 */
function inOrder(value: unknown, messages: Models.Message[]): PostmarkAnswer[] | undefined {
  if (!Array.isArray(value) || value.length !== messages.length) return undefined;
  const list = value as (Partial<Models.MessageSendingResponse> | null)[];
  const answers = list.map((answer) => (typeof answer === 'object' && answer !== null ? answer : {}));
  const isOf = (answer: (typeof answers)[number], { To }: Models.Message) =>
    answer.To === undefined || answer.To === null || sameText(answer.To, To);
  if (messages.every((message, i) => isOf(answers[i]!, message))) return answers.map(toAnswer);
  const recipients = new Set(messages.map(({ To }) => To?.toLowerCase()));
  // Postmark may normalise an address differently from us, but an answer with another message's
  // address belongs to that message.
  if (!answers.some(({ To }, i) => !isOf(answers[i]!, messages[i]!) && recipients.has(To?.toLowerCase())))
    return answers.map(toAnswer);
  if (answers.some(({ To }) => !To) || recipients.size < messages.length) return undefined;
  const byRecipient = new Map(answers.map((answer) => [answer.To!.toLowerCase(), answer]));
  const sorted = messages.map(({ To }) => byRecipient.get(To?.toLowerCase() ?? ''));
  return sorted.every((answer) => answer !== undefined) ? sorted.map(toAnswer) : undefined;
}

function sameText(a: string, b: string | undefined): boolean {
  return a.toLowerCase() === b?.toLowerCase();
}

function toAnswer(answer: Partial<Models.MessageSendingResponse>): PostmarkAnswer {
  return {
    errorCode: typeof answer.ErrorCode === 'number' ? answer.ErrorCode : 0,
    message: answer.Message ?? '',
    messageId: answer.MessageID,
  };
}

function cannotTell({ status, message }: Failure): SegflowError {
  const at = status === undefined ? '' : ` (HTTP ${status})`;
  return new SegflowError('provider_error', `Postmark cannot be asked about sent messages${at}: ${message}`, {
    hint: 'Messages whose outcome is unknown wait until it can be asked.',
  });
}
