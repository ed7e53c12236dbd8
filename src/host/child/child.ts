import { writeFileSync } from 'node:fs';
import { SegflowError } from '../../core/errors.ts';
import { applyEnvironment } from '../wire/environment.ts';
import { ProgressWriter, STAGE } from '../wire/progress.ts';
import { WITH_EMAIL, type WireAnswer, type WireError, type WireRequest } from '../wire/protocol.ts';
import { Bundles, NEEDS_EMAIL } from './bundles.ts';
import { dieWithParent } from './orphan.ts';
import { quietReplays } from './quiet-replays.ts';
import { prepare, WORKERS } from './work.ts';

/*
 * A host child runs pushed code for the server, one request at a time. Everything that it holds can
 * be rebuilt: the server kills it when an item overruns, and starts another. Its position is in the
 * progress file (see progress).
 */

/** Serves the parent until the parent ends. Never resolves. */
export async function runHostChild(): Promise<never> {
  const send = process.send?.bind(process);
  if (!send)
    throw new SegflowError('invalid_input', '__host is for Segflow itself: it runs a part of `serve`');
  const exit = process.exit.bind(process);
  await dieWithParent(() => exit(0));
  guardProcess();
  preferAsVictim();
  applyEnvironment({});

  const server = new ChildServer({ withEmail: process.argv.includes(WITH_EMAIL) });
  let turn = Promise.resolve();
  process.on('message', (request: WireRequest) => {
    turn = turn.then(async () => {
      const answer = await server.answer(request);
      try {
        send(answer);
      } catch (error) {
        send({ sequence: request.sequence, error: wireError(error) });
      }
      collectSoon();
    });
  });
  return new Promise<never>(() => {});
}

// --- internal ---

const TICK_MS = 25;

class ChildServer {
  readonly #bundles: Bundles;
  readonly #progress = new ProgressWriter();

  constructor(options: { withEmail: boolean }) {
    this.#bundles = new Bundles(options);
  }

  /** While items wait for their side effects, shows the watchdog that the process is not stuck. */
  #tick(at: (stage: number) => void): () => void {
    let odd = false;
    const tick = () => {
      odd = !odd;
      at(odd ? STAGE.waiting : STAGE.waitingStill);
    };
    tick();
    const timer = setInterval(tick, TICK_MS);
    return () => clearInterval(timer);
  }

  async answer({ sequence, kind, bundle: ref, items }: WireRequest): Promise<WireAnswer> {
    const at = (index: number) => this.#progress.note({ sequence, index });
    try {
      at(STAGE.modules);
      applyEnvironment(ref.environment);
      await prepare(kind);
      const bundle = await this.#bundles.get(ref, (stage) => at(STAGE[stage]));
      if (!bundle) return { sequence, missing: true };
      // The parent's types guarantee that the items are of this kind.
      const work = WORKERS[kind] as (typeof WORKERS)['advance'];
      const results: ReturnType<typeof work>[] = [];
      let parked = 0;
      for (const [index, item] of (items as WireRequest<'advance'>['items']).entries()) {
        at(index);
        const parking = Promise.withResolvers<void>();
        const result = work(bundle, item, {
          parked(promise) {
            parked++;
            parking.resolve();
            return promise.finally(() => parked--);
          },
        });
        results.push(result);
        await Promise.race([result, parking.promise]);
      }
      const stop = parked > 0 ? this.#tick(at) : undefined;
      try {
        return { sequence, ok: await Promise.all(results) };
      } finally {
        stop?.();
      }
    } catch (error) {
      if (error === NEEDS_EMAIL) return { sequence, needsEmail: true };
      return { sequence, error: wireError(error) };
    } finally {
      at(STAGE.none);
    }
  }
}

function wireError(error: unknown): WireError {
  if (SegflowError.is(error)) {
    const { code, message, hint, details } = error;
    return { code, message, ...(hint !== undefined && { hint }), details };
  }
  return {
    code: 'internal',
    message: error instanceof Error ? (error.stack ?? error.message) : String(error),
  };
}

/** As far as possible, keeps mistakes in user code from ending or confusing the process. */
function guardProcess(): void {
  // User code must not write to the channel.
  Reflect.deleteProperty(process, 'send');
  process.exit = (code) => {
    throw new Error(`process.exit(${code ?? ''}) was called: code that Segflow runs cannot end the process`);
  };
  const report = (error: unknown) => {
    console.error('unhandled error in pushed code:', error);
  };
  // Ctrl-C and a service manager's stop signal reach the whole process group, but the server still
  // needs the work in progress here.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => {});
  process.on('unhandledRejection', report);
  process.on('uncaughtException', report);
  quietReplays();
}

/**
 * When the machine runs out of memory, Linux should end this process rather than the server: this
 * one can be replaced.
 */
function preferAsVictim(): void {
  if (process.platform !== 'linux') return;
  try {
    writeFileSync('/proc/self/oom_score_adj', '800');
  } catch {
    // Not permitted here, which is harmless.
  }
}

const COLLECT_AFTER_MS = 2_000;
let collecting: Timer | undefined;

/** An idle child returns its free memory to the system. */
function collectSoon(): void {
  clearTimeout(collecting);
  collecting = setTimeout(() => Bun.gc(true), COLLECT_AFTER_MS);
  collecting.unref();
}
