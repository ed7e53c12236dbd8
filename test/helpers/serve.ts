import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { evidence } from './evidence.ts';
import { orphansOf } from './processes.ts';
import { waitFor } from './wait-for.ts';

export interface ServeOptions {
  /** The executable. */
  program: string;
  /** The working folder; data goes to `.segflow` in it. */
  cwd: string;
  /** All of the environment. */
  env: Record<string, string>;
  /** More arguments of `serve`. */
  args?: string[];
}

export interface Exit {
  code: number;
  signal: NodeJS.Signals | null;
}

/**
 * Runs `segflow serve` on a free port and resolves once it is ready; rejects with its output when it ends before that.
 * Disposal ends it with SIGTERM if it still runs, and throws when it, or a child of it, does not end.
 */
export async function startServe(options: ServeOptions): Promise<Serve> {
  const child = Bun.spawn([options.program, 'serve', '--port', '0', '--json', ...(options.args ?? [])], {
    cwd: options.cwd,
    env: options.env,
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const output = { out: '', err: '' };
  const drained = Promise.all([
    collect(child.stdout, (text) => {
      output.out += text;
    }),
    collect(child.stderr, (text) => {
      output.err += text;
    }),
  ]);
  const logs = () => output.out + output.err;
  evidence(`serve, process ${child.pid}`, () => `${logs()}\n${endOf(child)}`);
  const exited = child.exited.then(async (code): Promise<Exit> => {
    await drained;
    return { code, signal: child.signalCode as NodeJS.Signals | null };
  });
  let gone: Exit | undefined;
  void exited.then((exit) => {
    gone = exit;
  });
  const ready = await waitFor('serve to be ready', () => {
    if (gone) throw new Error(`serve ended with ${gone.signal ?? gone.code} before it was ready:\n${logs()}`);
    return readyLine(output.out);
  }).catch((error) => {
    child.kill('SIGKILL');
    throw error;
  });
  return new Serve(options, child, ready, exited, logs);
}

export class Serve implements AsyncDisposable {
  readonly url: string;
  readonly apiKey: string;
  readonly pid: number;
  /** How it ended, once it has. */
  readonly exited: Promise<Exit>;
  /** All it has printed so far. */
  readonly logs: () => string;
  #options: ServeOptions;
  #child: Bun.Subprocess;

  constructor(
    options: ServeOptions,
    child: Bun.Subprocess,
    ready: { url: string; apiKey?: string },
    exited: Promise<Exit>,
    logs: () => string,
  ) {
    this.#options = options;
    this.#child = child;
    this.url = ready.url;
    this.apiKey =
      options.env.SEGFLOW_API_KEY ??
      ready.apiKey ??
      readFileSync(join(options.cwd, '.segflow', 'api-key'), 'utf8').trim();
    this.pid = child.pid;
    this.exited = exited;
    this.logs = logs;
  }

  /** One request with the key; the body is sent as JSON. */
  fetch(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    return fetch(`${this.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${this.apiKey}`, 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  /** The same, for an answer that is to be good: gives its JSON, or rejects with what it says. */
  async json<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await this.fetch(method, path, body);
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  /** Sends a signal and waits for the end of the process and of its children. */
  async kill(signal: NodeJS.Signals): Promise<Exit> {
    this.#child.kill(signal);
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 30_000);
    const exit = await this.exited;
    clearTimeout(timer);
    await this.childrenGone();
    return exit;
  }

  /** Waits until no child that it left alone is there any more. */
  async childrenGone(): Promise<void> {
    await waitFor('the children of serve to end', () => orphansOf(this.#options.program).length === 0, {
      timeoutMs: 30_000,
    }).catch((error) => {
      const left = orphansOf(this.#options.program);
      for (const { pid } of left) process.kill(pid, 'SIGKILL');
      throw new Error(`${error.message} (${left.map(({ pid, command }) => `${pid} ${command}`).join('; ')})`);
    });
  }

  /** Another serve on the same folder and with the same settings, bar those given. This one must have ended. */
  again(changes: { env?: Record<string, string>; args?: string[] } = {}): Promise<Serve> {
    const { SEGFLOW_CRASH_AT: _, ...env } = this.#options.env;
    return startServe({ ...this.#options, ...changes, env: { ...env, ...changes.env } });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const running = this.#child.exitCode === null && this.#child.signalCode === null;
    if (!running) return this.childrenGone();
    const exit = await this.kill('SIGTERM');
    if (exit.code !== 0) {
      throw new Error(`serve ended with ${exit.signal ?? exit.code} on SIGTERM:\n${this.logs()}`);
    }
  }
}

// --- internal ---

function endOf(child: Bun.Subprocess): string {
  if (child.signalCode) return `(ended by ${child.signalCode})`;
  return child.exitCode === null ? '(it runs)' : `(ended with exit code ${child.exitCode})`;
}

async function collect(stream: ReadableStream<Uint8Array>, take: (text: string) => void): Promise<void> {
  const decoder = new TextDecoder();
  for await (const chunk of stream) take(decoder.decode(chunk, { stream: true }));
}

function readyLine(output: string): { url: string; apiKey?: string } | undefined {
  const line = output.split('\n').find((each) => each.startsWith('{') && each.endsWith('}'));
  return line ? JSON.parse(line) : undefined;
}
