import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { evidence } from './evidence.ts';
import {
  type Accepted,
  outboundDetails,
  parseMessages,
  type Reply,
  searchOutbound,
} from './postmark-messages.ts';
import { type AccountRules, type PostmarkMessage, recipientsOf, refusal } from './postmark-rules.ts';

/*
 * A Postmark on the loopback interface that behaves as its documentation says, for tests and for trying things out. It delivers
 * nothing and keeps what it accepted. What goes wrong is scripted with `fault`, or from another process by POSTing the same
 * object to /_control (besides `deactivate`, `searchLagMs`, `release`); GET /_control tells what happened so far.
 *
 *   await using postmark = await startPostmark();
 *   postmark.fault({ end: 'drop' });        // accepts the next batch, then drops the connection
 */

/** What befalls the next requests of a kind, instead of an ordinary answer. */
export interface Fault {
  /** Sending (default) or searching. */
  on?: 'send' | 'search';
  /** How many requests. Default 1. */
  times?: number;
  /** Whether the messages are accepted. Default: only when no `status` is given. */
  accept?: boolean;
  /** Answer with this status. */
  status?: number;
  errorCode?: number;
  message?: string;
  headers?: Record<string, string>;
  /**
   * Drop the connection instead of answering, never answer, or answer what is no list of results, a list in another order, one that
   * is too short, or a huge one.
   */
  end?: 'drop' | 'hang' | 'garbage' | 'reversed' | 'short' | 'huge';
  /** Wait before anything else. */
  delayMs?: number;
  /** Wait there for `release`. */
  hold?: 'before-accept' | 'after-accept';
}

export interface PostmarkOptions {
  /** Default: any that is free. */
  port?: number;
  /** Default `test-token`. */
  token?: string;
  /** A file of what was accepted, one JSON object a line: read at the start, appended to before the answer is given. */
  file?: string;
  /** Addresses or domains that may send. Default: all. */
  senders?: string[];
  /** Default outbound and broadcast. */
  streams?: string[];
  /** How long an accepted message cannot be found yet. */
  searchLagMs?: number;
}

export async function startPostmark(options: PostmarkOptions = {}): Promise<Postmark> {
  const postmark = new Postmark(options);
  await postmark.listen(options.port ?? 0);
  evidence('Postmark', () =>
    [
      `${postmark.requests.length} requests, the last: ${postmark.requests.slice(-10).join(', ')}`,
      `accepted ${postmark.accepted.length}:`,
      ...postmark.accepted.map(({ message }) => `  ${message.Tag} to ${message.To}: ${message.Subject}`),
    ].join('\n'),
  );
  return postmark;
}

export class Postmark {
  readonly token: string;
  readonly account: AccountRules;
  /** What was accepted, in order. */
  readonly accepted: Accepted[] = [];
  /** Method and URL of every request but those to /_control. */
  readonly requests: string[] = [];
  /** Requests that wait at a fault's `hold`. */
  held = 0;
  searchLagMs: number;
  #faults: (Fault & { on: string; times: number })[] = [];
  #poison = new Map<string, Fault>();
  #file: string | undefined;
  #server: Server;
  #release = Promise.withResolvers<void>();
  #reached = Promise.withResolvers<void>();

  constructor(options: PostmarkOptions) {
    this.token = options.token ?? 'test-token';
    this.account = {
      senders: options.senders,
      streams: options.streams ?? ['outbound', 'broadcast'],
      inactive: new Set(),
    };
    this.searchLagMs = options.searchLagMs ?? 0;
    this.#file = options.file;
    if (this.#file && existsSync(this.#file)) {
      const lines = readFileSync(this.#file, 'utf8').split('\n').filter(Boolean);
      this.accepted.push(...lines.map((line) => JSON.parse(line) as Accepted));
    }
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch((error: unknown) => {
        write(response, { status: 500, body: { ErrorCode: 0, Message: String(error) } });
      });
    });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async listen(port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, '127.0.0.1', resolve);
    });
  }

  fault(fault: Fault): void {
    this.#faults.push({ on: 'send', times: 1, ...fault });
  }

  /** Whenever a request has a message to this address, the fault befalls all of it. */
  poison(address: string, fault: Fault): void {
    this.#poison.set(address.toLowerCase(), fault);
  }

  /** Makes an address one that bounced: Postmark refuses to send to it (error 406). */
  deactivate(address: string): void {
    this.account.inactive.add(address.toLowerCase());
  }

  /** Resolves once a request waits at a fault's `hold`. */
  async reached(): Promise<void> {
    await this.#reached.promise;
  }

  /** Lets every request that is held go on. */
  release(): void {
    this.#release.resolve();
    this.#release = Promise.withResolvers();
    this.#reached = Promise.withResolvers();
    this.held = 0;
  }

  /** Values of the metadata `key` that were accepted more than once: emails that someone gets twice. */
  duplicates(key = 'segflow-message'): string[] {
    const byId = Map.groupBy(this.accepted, ({ message }) => message.Metadata?.[key] ?? '');
    return [...byId].filter(([id, all]) => id !== '' && all.length > 1).map(([id]) => id);
  }

  /** What was accepted for an address. */
  to(address: string): PostmarkMessage[] {
    const messages = this.accepted.map(({ message }) => message);
    return messages.filter((message) => recipientsOf(message).includes(address.toLowerCase()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.release();
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request);
    const outcome = await this.#route(request, body);
    if (outcome === 'drop') response.socket?.destroy();
    else if (outcome !== 'hang') write(response, outcome);
  }

  async #route(request: IncomingMessage, body: Buffer): Promise<Reply | 'drop' | 'hang'> {
    const { method, url = '/', headers } = request;
    const { pathname, searchParams } = new URL(url, 'http://loopback');
    if (pathname === '/_control') return this.#control(method === 'POST' ? JSON.parse(body.toString()) : {});
    this.requests.push(`${method} ${url}`);
    const route = ROUTES.find(({ path }) => path.test(pathname));
    if (!route) return problem(404, 0, 'The requested resource does not exist.');
    if (method !== route.method) return problem(405, 0, 'The method is not allowed.');
    if (method === 'POST' && !/\bapplication\/json\b/.test(headers['content-type'] ?? '')) {
      return problem(415, 409, 'The Content-Type must be application/json.');
    }
    const token = headers['x-postmark-server-token'];
    if (token !== this.token) return problem(401, 10, 'Request does not contain a valid Server token.');
    switch (route.name) {
      case 'server':
        return { status: 200, body: { ID: 1, Name: 'Loopback', DeliveryType: 'Live' } };
      case 'details':
        return outboundDetails(this.accepted, pathname.split('/')[3] ?? '');
      case 'search': {
        const fault = this.#nextFault('search');
        if (fault?.delayMs) await Bun.sleep(fault.delayMs);
        const found = searchOutbound(this.accepted, searchParams, Date.now() - this.searchLagMs);
        return (fault && faulty(fault)) ?? found;
      }
      default:
        return this.#send(body, route.name === 'batch');
    }
  }

  async #send(body: Buffer, isBatch: boolean): Promise<Reply | 'drop' | 'hang'> {
    const messages = parseMessages(body, isBatch);
    const fault = this.#nextFault('send') ?? this.#poisonOf(messages);
    if (fault?.delayMs) await Bun.sleep(fault.delayMs);
    if (fault?.hold === 'before-accept') await this.#hold();
    if (!Array.isArray(messages)) return messages;
    const isAccepted = fault?.accept ?? fault?.status === undefined;
    const results = isAccepted ? messages.map((message) => this.#accept(message)) : [];
    if (fault?.hold === 'after-accept') await this.#hold();
    const instead = fault && faulty(fault);
    if (instead) return instead;
    if (fault?.end === 'reversed') results.reverse();
    if (fault?.end === 'short') results.pop();
    if (isBatch) return { status: 200, body: results };
    return { status: results[0]?.ErrorCode ? 422 : 200, body: results[0] };
  }

  #accept(message: PostmarkMessage): Result {
    const refused = refusal(message, this.account);
    if (refused) return refused;
    const accepted = { MessageID: crypto.randomUUID(), acceptedAt: Date.now(), message };
    if (this.#file) appendFileSync(this.#file, `${JSON.stringify(accepted)}\n`);
    this.accepted.push(accepted);
    const SubmittedAt = new Date(accepted.acceptedAt).toISOString();
    return { To: message.To, SubmittedAt, MessageID: accepted.MessageID, ErrorCode: 0, Message: 'OK' };
  }

  async #hold(): Promise<void> {
    const { promise } = this.#release;
    this.held++;
    this.#reached.resolve();
    await promise;
  }

  #poisonOf(messages: unknown): Fault | undefined {
    if (!Array.isArray(messages)) return undefined;
    const addresses = (messages as PostmarkMessage[]).flatMap((message) => recipientsOf(message));
    return addresses.map((address) => this.#poison.get(address)).find((fault) => fault !== undefined);
  }

  #nextFault(on: 'send' | 'search'): Fault | undefined {
    const fault = this.#faults.find((it) => it.on === on);
    if (fault && --fault.times <= 0) this.#faults.splice(this.#faults.indexOf(fault), 1);
    return fault;
  }

  #control(
    wish: Fault & { deactivate?: string; poison?: string; release?: boolean; searchLagMs?: number },
  ): Reply {
    const { deactivate, poison, release, searchLagMs, ...fault } = wish;
    if (deactivate !== undefined) this.deactivate(deactivate);
    if (searchLagMs !== undefined) this.searchLagMs = searchLagMs;
    if (release) this.release();
    if (poison !== undefined) this.poison(poison, fault);
    else if (Object.keys(fault).length > 0) this.fault(fault);
    const { accepted, held, requests } = this;
    return { status: 200, body: { accepted, held, requests, duplicates: this.duplicates() } };
  }
}

/** One message's part of an answer. */
interface Result {
  ErrorCode: number;
  Message: string;
  MessageID?: string;
  SubmittedAt?: string;
  To?: string | undefined;
}

const ROUTES = [
  { name: 'single', method: 'POST', path: /^\/email$/ },
  { name: 'batch', method: 'POST', path: /^\/email\/batch$/ },
  { name: 'search', method: 'GET', path: /^\/messages\/outbound$/ },
  { name: 'details', method: 'GET', path: /^\/messages\/outbound\/[^/]+\/details$/ },
  { name: 'server', method: 'GET', path: /^\/server$/ },
] as const;

/** What a fault gives in place of the ordinary answer, if anything. */
function faulty(fault: Fault): Reply | 'drop' | 'hang' | undefined {
  if (fault.end === 'drop' || fault.end === 'hang') return fault.end;
  if (fault.end === 'garbage') return { status: 200, body: { nothing: 'of use' } };
  if (fault.end === 'huge') return { status: 200, body: [{ Message: 'x'.repeat(20_000_000) }] };
  if (fault.status === undefined) return undefined;
  const reply = problem(fault.status, fault.errorCode ?? 0, fault.message ?? `status ${fault.status}`);
  return fault.headers ? { ...reply, headers: fault.headers } : reply;
}

function problem(status: number, ErrorCode: number, Message: string): Reply {
  return { status, body: { ErrorCode, Message } };
}

function write(response: ServerResponse, { status, body, headers }: Reply): void {
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(JSON.stringify(body));
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
