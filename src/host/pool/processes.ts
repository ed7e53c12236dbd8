import { SegflowError } from '../../core/errors.ts';
import type { BundleRef, WireRequest, WorkKind } from '../wire/protocol.ts';
import { HostProcess, type ItemLimits, type Reply } from './host-process.ts';

export interface ProcessesOptions {
  max: number;
  idleMs: number;
  graceMs: number;
  maxMemoryBytes: number;
  environment: Record<string, string>;
  log: (line: string) => void;
}

export interface Job {
  kind: WorkKind;
  bundle: BundleRef & { code: string };
  items: WireRequest['items'];
  limits: ItemLimits;
  /** The job mostly waits for side effects, so its child does not count towards the limit. */
  aside?: boolean;
  /** The job may hang, so it runs at once in a child that no other job waits for. */
  trial?: boolean;
  /**
   * The job runs at once in a child of its own, used only once, whose code is optimised less, so
   * that places in the code stay known.
   */
  once?: boolean;
}

/** The kinds of work that render emails. */
const RENDERS: Record<WorkKind, boolean> = {
  inspect: true,
  catalog: true,
  segments: false,
  advance: false,
  render: true,
  'find-flow': false,
  'find-email': true,
};

/** Options for the runtime. */
const UNOPTIMISED = { BUN_JSC_useDFGJIT: '0', BUN_JSC_useFTLJIT: '0' };

/**
 * A child with React Email is kept this many times as long as another: loading React Email takes
 * half a second.
 */
const EMAIL_IDLE_FACTOR = 10;

/** A child that has loaded this many bundles is replaced, because their code cannot be unloaded. */
const MAX_BUNDLES = 50;

/** The maximum number of children that wait for side effects at the same time. */
const MAX_ASIDE = 2;

interface Entry {
  job: Job;
  settle: (reply: Reply) => void;
  reject: (error: unknown) => void;
}

interface State {
  /** The current job, if any. */
  serving: Job | undefined;
  /** Reserved for trials. */
  forTrials: boolean;
  /** The result of the current job is no longer wanted. */
  abandoned: boolean;
  /** When the child last became idle, on the monotonic clock. */
  usedAt: number;
}

/**
 * The host children and their queue: first come, first served, one job per child. A child is
 * started when a job finds none idle and the limit allows another. Idle children end after a while.
 * One is kept, so that the next job finds a child ready; in the end this is a child without React
 * Email, which takes little memory.
 *
 * A child that ended is forgotten; nothing in it was needed. States: open → closing (running jobs
 * finish, no new jobs are accepted) → closed.
 */
export class Processes {
  readonly #options: ProcessesOptions;
  readonly #children = new Map<HostProcess, State>();
  readonly #queue: Entry[] = [];
  /** Keys of bundles that only a child with React Email can load. */
  readonly #needEmail = new Set<string>();
  #sweeping: Timer | undefined;
  #closing: Promise<void> | undefined;
  #whenQuiet: (() => void) | undefined;

  constructor(options: ProcessesOptions) {
    this.#options = options;
  }

  /** Runs a job in one of the children. Rejects with `unavailable` while closing. */
  async run(job: Job): Promise<Reply> {
    if (this.#closing) throw shuttingDown();
    const { promise, resolve, reject } = Promise.withResolvers<Reply>();
    this.#queue.push({ job, settle: resolve, reject });
    this.#pump();
    return promise;
  }

  /** Ends the running trials and searches for places: they reject with `unavailable`. */
  abandonTrials(): void {
    for (const [child, state] of this.#children) {
      if (!state.serving?.trial && !state.serving?.once) continue;
      state.abandoned = true;
      child.kill();
    }
  }

  /** Process ids of the children. */
  pids(): number[] {
    return [...this.#children.keys()].map((child) => child.pid);
  }

  /** Waits a while for running jobs, then ends the children. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    clearTimeout(this.#sweeping);
    if (!this.#isQuiet()) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#whenQuiet = resolve;
      const timer = setTimeout(resolve, this.#options.graceMs);
      await promise;
      clearTimeout(timer);
    }
    for (const { reject } of this.#queue.splice(0)) reject(shuttingDown());
    const children = [...this.#children.keys()];
    for (const child of children) child.kill();
    await Promise.all(children.map((child) => child.gone));
  }

  #isQuiet(): boolean {
    return this.#queue.length === 0 && [...this.#children.values()].every(({ serving }) => !serving);
  }

  #pump(): void {
    for (const entry of [...this.#queue]) {
      try {
        const child = this.#childFor(entry.job);
        // A waiting `aside` job does not block the jobs after it.
        if (!child && !entry.job.aside) return;
        if (!child) continue;
        void this.#serve(child, entry);
      } catch (error) {
        entry.reject(error);
      }
      this.#queue.splice(this.#queue.indexOf(entry), 1);
    }
  }

  #childFor({ kind, bundle, aside, trial = false, once }: Job): HostProcess | undefined {
    const states = [...this.#children.values()];
    const withEmail = RENDERS[kind] || this.#needEmail.has(bundle.key);
    if (once) return this.#start(withEmail, { more: UNOPTIMISED });
    const waiting = states.filter(({ serving }) => serving?.aside).length;
    if (aside && waiting >= MAX_ASIDE) return undefined;
    const idle = this.#idle(trial);
    const able = idle.filter((child) => child.withEmail || !withEmail);
    const found = able.find((child) => child.bundles.has(bundle.key)) ?? able[0];
    if (found) return found;
    const counting = states.filter(
      ({ serving, forTrials }) => !forTrials && !serving?.aside && !serving?.once,
    );
    if (!trial && counting.length >= this.#options.max) {
      const other = idle[0];
      if (!other) return undefined;
      this.#end(other);
    }
    return this.#start(withEmail, { forTrials: trial });
  }

  /** Idle children, for trials or not, the least recently used first. */
  #idle(trials: boolean): HostProcess[] {
    return [...this.#children]
      .filter(([, { serving, forTrials }]) => !serving && forTrials === trials)
      .sort(([, a], [, b]) => a.usedAt - b.usedAt)
      .map(([child]) => child);
  }

  #start(
    withEmail: boolean,
    { more = {}, forTrials = false }: { more?: Record<string, string>; forTrials?: boolean } = {},
  ): HostProcess {
    const { maxMemoryBytes, log } = this.#options;
    const environment = { ...this.#options.environment, ...more };
    const child = new HostProcess({ withEmail, environment, maxMemoryBytes, log });
    this.#children.set(child, {
      serving: undefined,
      forTrials,
      abandoned: false,
      usedAt: performance.now(),
    });
    void child.exited.then(() => this.#children.delete(child));
    return child;
  }

  #end(child: HostProcess): void {
    this.#children.delete(child);
    child.kill();
  }

  async #serve(child: HostProcess, entry: Entry): Promise<void> {
    const state = this.#children.get(child)!;
    state.serving = entry.job;
    try {
      const reply = await this.#ask(child, entry.job);
      if (state.abandoned) entry.reject(shuttingDown());
      else if (reply) entry.settle(reply);
      else this.#queue.unshift(entry);
    } catch (error) {
      entry.reject(error);
    }
    state.serving = undefined;
    state.usedAt = performance.now();
    if (entry.job.once || child.bundles.size > MAX_BUNDLES) this.#end(child);
    // Not at once, because the caller that waited for this reply may have another job for the same
    // child.
    queueMicrotask(() => this.#settled());
  }

  /** The child's reply; undefined when only a child with React Email can answer. */
  async #ask(child: HostProcess, { kind, bundle, items, limits }: Job): Promise<Reply | undefined> {
    const { key, code, environment } = bundle;
    for (let known = child.bundles.has(key); ; known = false) {
      const ref = known ? { key, environment } : { key, environment, code };
      const reply = await child.request({ kind, bundle: ref, items }, limits);
      if ('ended' in reply) {
        this.#children.delete(child);
        return reply;
      }
      if ('needsEmail' in reply.answer) {
        this.#needEmail.add(key);
        return undefined;
      }
      if (!('missing' in reply.answer)) {
        if ('ok' in reply.answer) child.bundles.add(key);
        return reply;
      }
      if (!known) throw new SegflowError('internal', 'a host child did not keep the code it was sent');
    }
  }

  #settled(): void {
    this.#pump();
    if (this.#isQuiet()) this.#whenQuiet?.();
    if (!this.#closing && !this.#sweeping) this.#sweepLater();
  }

  #sweepLater(): void {
    this.#sweeping = setTimeout(() => {
      this.#sweep();
      const settled =
        this.#children.size <= 1 &&
        [...this.#children].every(([child, { forTrials }]) => !child.withEmail && !forTrials);
      if (settled) this.#sweeping = undefined;
      else this.#sweepLater();
    }, this.#options.idleMs);
    this.#sweeping.unref();
  }

  #sweep(): void {
    const now = performance.now();
    for (const child of this.#idle(true)) {
      if (now - this.#children.get(child)!.usedAt >= this.#options.idleMs) this.#end(child);
    }
    for (const child of this.#idle(false)) {
      const patience = this.#options.idleMs * (child.withEmail ? EMAIL_IDLE_FACTOR : 1);
      const isLast = [...this.#children.values()].filter(({ forTrials }) => !forTrials).length === 1;
      if (now - this.#children.get(child)!.usedAt < patience || (isLast && !child.withEmail)) continue;
      this.#end(child);
      if (isLast) this.#start(false);
    }
  }
}

function shuttingDown(): SegflowError {
  return new SegflowError('unavailable', 'the server is shutting down', {
    hint: 'Try again once it runs.',
  });
}
