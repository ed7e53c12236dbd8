import { availableParallelism } from 'node:os';
import { SegflowError } from '../../core/errors.ts';
import { hash53 } from '../../core/hash.ts';
import { canonicalJson } from '../../core/json.ts';
import type { ActivationRequest, Host, Manner, RenderRequest } from '../../engine/ports/host.ts';
import type { Bundle, Problem } from '../../engine/ports/manifest.ts';
import { journalPosition } from '../../flow/journal/journal.ts';
import { baseEnvironment, bundleEnvironment } from '../wire/environment.ts';
import type { Work, WorkKind } from '../wire/protocol.ts';
import { runItems } from './batches.ts';
import { endingError, wireFailure } from './endings.ts';
import { HangPlaces } from './hang-places.ts';
import { hangingEmails } from './hanging-emails.ts';
import type { Reply } from './host-process.ts';
import { type Job, Processes } from './processes.ts';
import { OngoingSideEffects } from './side-effects.ts';

export interface HostOptions {
  /**
   * The maximum number of child processes. Default: one fewer than the machine's cores, between 1
   * and 4.
   */
  processes?: number;
  /** The time limit for one item (an activation, a render). Default: 5 s. */
  timeoutMs?: number;
  /** The idle time after which a child other than the first ends. Default: 30 s. */
  idleMs?: number;
  /**
   * The limit for a child's own memory, in MB, above which the child is killed. Default: 512. Linux
   * only.
   */
  memoryMb?: number;
  /**
   * How long a batch waits for the side effects of its runs. Slower side effects continue outside
   * of the batch. Default: 1 s.
   */
  sideEffectGraceMs?: number;
  /** How long `close` waits for running work. Default: 5 s. */
  graceMs?: number;
  /** The server's environment. Default: process.env. */
  environment?: Record<string, string | undefined>;
  /** Receives the output of pushed code, line by line. Default: stderr. */
  log?: (line: string) => void;
}

export interface ProcessHost extends Host, AsyncDisposable {
  /**
   * Evaluates the bundle's code, nothing else. Throws `invalid_config` with the error that the code
   * threw. When the code did not finish or ended the process, the error's cause says so.
   */
  load(bundle: Bundle): Promise<void>;
  /** Process ids of the current children. */
  pids(): number[];
}

/** Checking a config renders all of its emails. */
const INSPECT_FACTOR = 4;
/** The number of items for which waking another child pays off. */
const LEAST = { advance: 250, render: 50 };
/** The time limit for a flow while other flows wait for it. */
const SHARED_FLOW_MS = 1_000;
/** The same for an email, as a fraction of its time limit: a child's first email is slow. */
const SHARED_RENDER = 0.3;

/** Runs pushed code in child processes of this executable, started when there is work. */
export function createHost(options: HostOptions = {}): ProcessHost {
  const server = options.environment ?? process.env;
  const max = options.processes ?? Math.max(1, Math.min(4, availableParallelism() - 1));
  const itemMs = options.timeoutMs ?? 5_000;
  const processes = new Processes({
    max,
    idleMs: options.idleMs ?? 30_000,
    graceMs: options.graceMs ?? 5_000,
    maxMemoryBytes: (options.memoryMb ?? 512) * 1024 ** 2,
    environment: baseEnvironment(server),
    log: options.log ?? ((line) => process.stderr.write(`${line}\n`)),
  });

  const jobOf = (kind: WorkKind, bundle: Bundle, items: Job['items']): Job => {
    const environment = bundleEnvironment(bundle, server);
    const key = `${bundle.id}.${hash53(canonicalJson(environment))}`;
    return { kind, bundle: { key, environment, code: bundle.code }, items, limits: { itemMs } };
  };
  const places = new HangPlaces({
    itemMs,
    run: (kind, bundle, item, limits) => {
      const job = jobOf(kind, bundle, [item] as Job['items']);
      return processes.run({ ...job, limits, once: true });
    },
  });
  /** For work whose items succeed or fail together. */
  const wholeOf = <K extends WorkKind>(kind: K, reply: Reply): Work[K]['result'][] => {
    if ('ended' in reply) throw endingError(reply.ended, { index: reply.index, kind });
    if ('error' in reply.answer) throw wireFailure(reply.answer.error);
    // A child answers each kind of work with that kind's results.
    return (reply.answer as { ok: Work[K]['result'][] }).ok;
  };
  const runWhole = async <K extends WorkKind>(kind: K, job: Job) => wholeOf(kind, await processes.run(job));

  const advance = (
    bundle: Bundle,
    requests: ActivationRequest[],
    { aside, onSuspect, suspected }: Manner<ActivationRequest> & { aside: boolean },
  ) =>
    runItems('advance', requests, {
      onSuspect,
      suspected,
      kinOf: ({ campaignId }) => campaignId,
      sharedMs: SHARED_FLOW_MS,
      run: (items, limits) =>
        processes.run({ ...jobOf('advance', bundle, items), limits, aside, trial: suspected ?? false }),
      itemMs,
      parts: { least: LEAST.advance, most: max },
      failed: ({ journal }, error) => ({
        outcome: 'failed',
        appended: '',
        position: journalPosition(journal),
        error,
      }),
      placeOf: (request, ending) => places.ofFlow(bundle, request, ending),
    });
  const sideEffects = new OngoingSideEffects({
    upTo: (bundle, requests, manner) => advance(bundle, requests, { ...manner, aside: false }),
    through: (bundle, requests) => advance(bundle, requests, { aside: true }),
    graceMs: options.sideEffectGraceMs ?? 1_000,
  });

  const checking = (job: Job): Job => ({ ...job, limits: { itemMs: itemMs * INSPECT_FACTOR } });

  const render = (
    bundle: Bundle,
    requests: RenderRequest[],
    { onSuspect, suspected }: Manner<RenderRequest> = {},
  ) =>
    runItems('render', requests, {
      onSuspect,
      suspected,
      kinOf: ({ kind, id }) => `${kind} ${id}`,
      sharedMs: itemMs * SHARED_RENDER,
      run: (items, limits) =>
        processes.run({ ...jobOf('render', bundle, items), limits, trial: suspected ?? false }),
      itemMs,
      parts: { least: LEAST.render, most: max },
      failed: (_request, error) => ({ ok: false, error }),
      placeOf: (request, ending) => places.ofEmail(bundle, request, ending),
    });

  return {
    async inspect(bundle) {
      const reply = await processes.run(checking(jobOf('inspect', bundle, [{ at: Date.now() }])));
      if ('ended' in reply && reply.index >= 0) {
        const catalog = await runWhole(
          'catalog',
          jobOf('catalog', bundle, [{ at: Date.now(), unchecked: true }]),
        ).catch(() => []);
        const details = await hangingEmails(catalog[0]?.items ?? [], (requests) =>
          render(bundle, requests, { suspected: true }),
        );
        if (details.length > 0) {
          throw new SegflowError('invalid_config', 'the configuration has emails that cannot be rendered', {
            details,
          });
        }
      }
      return wholeOf('inspect', reply)[0]!;
    },
    async catalog(bundle) {
      try {
        const [catalog] = await runWhole('catalog', checking(jobOf('catalog', bundle, [{ at: Date.now() }])));
        return catalog!;
      } catch (error) {
        if (!SegflowError.is(error) || error.code !== 'invalid_config') throw error;
        return {
          items: [],
          fromAddress: undefined,
          replyTo: undefined,
          problems: error.details as Problem[],
        };
      }
    },
    async load(bundle) {
      // Of all kinds of work, this one needs the fewest of Segflow's own modules.
      const reply = await processes.run(checking(jobOf('segments', bundle, [])));
      if ('ended' in reply) throw endingError(reply.ended, { index: reply.index, kind: 'inspect' });
      if ('error' in reply.answer) throw wireFailure(reply.answer.error);
    },
    async segmentQueries(bundle, segmentIds, at) {
      if (segmentIds.length === 0) return [];
      const items = segmentIds.map((id) => ({ id, at }));
      return runWhole('segments', jobOf('segments', bundle, items));
    },
    advance: (bundle, requests, manner) => sideEffects.advance(bundle, requests, manner),
    render,
    abandonTrials: () => processes.abandonTrials(),
    pids: () => processes.pids(),
    close: () => processes.close(),
    [Symbol.asyncDispose]: () => processes.close(),
  };
}
