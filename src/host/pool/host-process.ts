import { readFileSync } from 'node:fs';
import { eachLine } from '../wire/lines.ts';
import { type Progress, ProgressReader, STAGE } from '../wire/progress.ts';
import { WITH_EMAIL, type WireAnswer, type WireRequest } from '../wire/protocol.ts';
import { hostCommand } from './spawn.ts';

export interface ProcessOptions {
  withEmail: boolean;
  environment: Record<string, string>;
  /** The limit for the child's own memory (anonymous pages), above which it is killed. */
  maxMemoryBytes: number;
  log: (line: string) => void;
}

/** Why a child ended during a request. */
export type ProcessEnding =
  | { reason: 'timeout'; limitMs: number }
  | { reason: 'memory'; limitBytes: number }
  | { reason: 'exit'; words: string };

export type Reply =
  | { answer: WireAnswer }
  /** The child has ended. `index`: the item it was running, or a STAGE. */
  | { ended: ProcessEnding; index: number };

export interface ItemLimits {
  /** The time limit for one item. */
  itemMs: number;
  /** The time limit for evaluating the bundle. Default: the limit for an item. */
  bundleMs?: number;
}

/** How often a busy child is checked. */
const LOOK_EVERY_MS = 50;
/** The time limit for loading Segflow's own modules, which takes long only on a broken machine. */
const MODULES_MS = 60_000;

/**
 * One host child and its watchdog. States: idle → busy (one request) → idle …, and ended, which is
 * final and can follow any other state. Every request is answered: by the child, or with how the
 * child ended.
 *
 * The watchdog checks the progress file while the child is busy. It adds up the time between its
 * checks, counting each gap as at most twice the interval: the author is not to blame for a machine
 * that slept, or was too busy to run this process.
 */
export class HostProcess {
  readonly withEmail: boolean;
  /** Keys of bundles that the child presumably has loaded. */
  readonly bundles = new Set<string>();
  readonly #child: Bun.Subprocess<'ignore', 'pipe', 'pipe'>;
  readonly #progress = new ProgressReader();
  readonly #options: ProcessOptions;
  #sequence = 0;
  #request: { sequence: number; settle: (reply: Reply) => void } | undefined;
  #killedFor: ProcessEnding | undefined;
  #ended = false;
  #lastLine = '';
  /** Resolves once the process has ended. */
  readonly exited: Promise<void>;
  /** Resolves once the process has ended and its output has been read. */
  readonly gone: Promise<void>;

  constructor(options: ProcessOptions) {
    this.withEmail = options.withEmail;
    this.#options = options;
    this.#child = Bun.spawn({
      cmd: [...hostCommand(), ...(options.withEmail ? [WITH_EMAIL] : [])],
      env: options.environment,
      stdio: ['ignore', 'pipe', 'pipe', this.#progress.fd],
      serialization: 'advanced',
      ipc: (message: WireAnswer) => this.#answered(message),
    });
    const output = this.#forward();
    this.exited = this.#child.exited.then((code) => this.#exited(code, output));
    this.gone = this.exited.then(() => output);
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Sends one request; the child must be idle. Never rejects. */
  async request(request: Omit<WireRequest, 'sequence'>, limits: ItemLimits): Promise<Reply> {
    if (this.#request) throw new Error('the host child is busy');
    const sequence = ++this.#sequence;
    const { promise, resolve } = Promise.withResolvers<Reply>();
    this.#request = { sequence, settle: resolve };
    const stop = this.#watch(sequence, limits);
    try {
      this.#child.send({ ...request, sequence } satisfies WireRequest);
    } catch {
      // The child is shutting down: its end is the reply.
      this.kill();
    }
    const reply = await promise;
    stop();
    this.#request = undefined;
    return reply;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #answered(answer: WireAnswer): void {
    if (answer.sequence === this.#request?.sequence) this.#request.settle({ answer });
  }

  async #forward(): Promise<void> {
    const line = (text: string) => {
      if (text.trim() !== '') this.#lastLine = text;
      this.#options.log(text);
    };
    const { stdout, stderr } = this.#child;
    // A reader fails when the process is killed in the middle of a line.
    await Promise.allSettled([eachLine(stdout, line), eachLine(stderr, line)]);
  }

  async #exited(code: number, output: Promise<void>): Promise<void> {
    this.#ended = true;
    const signal = this.#child.signalCode;
    let words = signal ? `killed by ${signal}` : `exit code ${code}`;
    const { index, sequence } = this.#progress.read();
    this.#progress.close();
    if (sequence === 0 && this.#request) {
      // The child did not even start; its last output shows the reason.
      await output;
      words += `: ${this.#lastLine}`;
    }
    const begun = sequence === this.#request?.sequence;
    const ended = this.#killedFor ?? { reason: 'exit', words };
    this.#request?.settle({ ended, index: begun ? index : STAGE.modules });
  }

  /** Checks the child until the returned function is called. */
  #watch(sequence: number, { itemMs, bundleMs = itemMs }: ItemLimits): () => void {
    let at: Progress = { sequence: -1, index: STAGE.none };
    let spent = 0;
    let looked = performance.now();
    const look = () => {
      if (this.#ended) return;
      const now = performance.now();
      const since = Math.min(now - looked, 2 * LOOK_EVERY_MS);
      looked = now;
      const progress = this.#progress.read();
      const moved = progress.sequence !== at.sequence || progress.index !== at.index;
      at = progress;
      spent = moved ? 0 : spent + since;
      const started = progress.sequence === sequence && progress.index !== STAGE.modules;
      const authorsMs = progress.index === STAGE.bundle ? bundleMs : itemMs;
      const limitMs = started ? authorsMs : MODULES_MS;
      if (spent > limitMs) this.#killFor({ reason: 'timeout', limitMs });
      else if (memoryOf(this.pid) > this.#options.maxMemoryBytes) {
        this.#killFor({ reason: 'memory', limitBytes: this.#options.maxMemoryBytes });
      }
    };
    const timer = setInterval(look, LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }

  #killFor(ending: ProcessEnding): void {
    this.#killedFor ??= ending;
    this.kill();
  }
}

// --- internal ---

/** Anonymous memory of a process, in bytes; 0 where the system does not report it. */
function memoryOf(pid: number): number {
  if (process.platform !== 'linux') return 0;
  try {
    const kilobytes = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    return Number(kilobytes ?? 0) * 1024;
  } catch {
    return 0;
  }
}
