import type { Clock } from '../core/clock.ts';
import { messageOf } from '../core/errors.ts';
import { newId } from '../core/ids.ts';
import { Mutex } from '../core/mutex.ts';
import type { PauseCause } from '../schema/index.ts';
import { Lookout, POLL_MS } from './cluster/lookout.ts';
import { Outage } from './cluster/outage.ts';
import { everySlot, LeasedSlots, partOf, type SlotOwner } from './cluster/slots.ts';
import { type Next, Worker } from './cluster/worker.ts';
import {
  type DeploymentChoice,
  Deployments,
  type PreparedDeployment,
  type PushInput,
} from './deployments/deployments.ts';
import type { SecretBox } from './deployments/secret-box.ts';
import { Ingest } from './ingest/ingest.ts';
import { Mailer } from './mail/mailer.ts';
import { PlanJobs } from './plan/plan-jobs.ts';
import type { Host } from './ports/host.ts';
import type { LeaseView } from './ports/leases.ts';
import type { Log } from './ports/log.ts';
import type { MailProviderFactory } from './ports/mail.ts';
import type { PauseRow, RetryFilter } from './ports/runs.ts';
import type { Store } from './ports/store.ts';
import { Runner } from './runs/runner.ts';
import { Scheduler } from './segments/scheduler.ts';
import { Segmenter } from './segments/segmenter.ts';
import { TableChanges } from './segments/table-changes.ts';

export interface EngineOptions {
  store: Store;
  host: Host;
  providerOf: MailProviderFactory;
  parseAddress: (value: unknown) => string | undefined;
  secrets: SecretBox;
  /** The server's own environment. It takes precedence over what a push captured. */
  environment?: Record<string, string | undefined>;
  clock: Clock;
  log: Log;
  /**
   * How long after a crash or a time-out the provider is asked about a message. Default: a minute.
   */
  settleAfterMs?: number | undefined;
  /** How long this process's lease on its slots holds after it was renewed, on a shared store. */
  leaseMs?: number | undefined;
  /**
   * The shortest time between two evaluations for everyone. Default: as often as the segments ask
   * for.
   */
  sweepEveryMs?: number | undefined;
  /** This process's name among those that share a store, for people. */
  nodeName?: string;
}

/** The campaign id under which a pause of everything is stored. */
export const EVERYTHING = '*';
const RETRY_BATCH = 1_000;

type Kind = 'scheduler' | 'segmenter' | 'runner' | 'mailer' | 'tables';

/**
 * How often the workers look for work without the lookout, on a shared store, in case it misses
 * some.
 */
const SELDOM_MS = 2_000;

/**
 * The engine: workers over one store, each waking the next.
 *
 *   ingest ──marks──▶ segmenter ──runs──▶ runner ──messages──▶ mailer ──settled──▶ runner
 *                        ▲ scheduler marks users when time changed their memberships, and tables
 *                          when their runs, messages and memberships did, and segments read these
 *
 * They share nothing but the store, so what one commits is never lost on the way to the next: a wake is only a hint.
 */
export class Engine {
  readonly store: Store;
  readonly host: Host;
  readonly deployments: Deployments;
  readonly plans: PlanJobs;
  readonly ingest: Ingest;
  #mailer: Mailer;
  #workers: Record<Kind, Worker[]>;
  /** The workers that retry suspects alone. */
  #trials: Worker[];
  #cleared = Promise.withResolvers<void>();
  #leased: LeasedSlots | undefined;
  #lease: Worker | undefined;
  #lookout: Worker | undefined;
  #clock: Clock;
  #log: Log;

  constructor(options: EngineOptions) {
    const { store, host, clock, log } = options;
    this.#log = log;
    this.#clock = clock;
    this.store = store;
    this.host = host;
    const evaluation = new Mutex();
    this.deployments = new Deployments({
      store,
      host,
      secrets: options.secrets,
      evaluation,
      environment: options.environment,
      settleAfterMs: options.settleAfterMs,
    });
    this.plans = new PlanJobs({ store, host, deployments: this.deployments });
    const { deployments } = this;
    if (store.leases) {
      this.#leased = new LeasedSlots({
        leases: store.leases,
        node: { id: newId('node', clock.now()), name: options.nodeName ?? 'segflow', startedAt: clock.now() },
        clock,
        log,
        leaseMs: options.leaseMs,
        onAcquired: async (acquired) => {
          await this.#mailer.recover(acquired);
          setTimeout(() => this.#wakeAll(), 0);
        },
      });
    }
    const slots: SlotOwner = this.#leased ?? everySlot;
    // Commits of other processes wake nothing here, so on a shared store the workers also look for
    // work.
    const outage = new Outage(log);
    const worker = (name: string, turn: () => Promise<Next>, everyMs = SELDOM_MS) =>
      new Worker(name, store.leases ? () => soon(turn, { clock, everyMs }) : turn, { clock, log, outage });
    const onWhole = (ids: string[]) => {
      scheduler.changed(ids);
      this.#wake('scheduler');
    };
    const tables = new TableChanges({
      ...{ store, deployments, clock, onWhole },
      onChange: () => this.#wake('tables'),
      onMarked: () => this.#wake('segmenter'),
    });
    const watched = tables.watching(store);
    const segmenter = new Segmenter({
      store: watched,
      host,
      deployments,
      evaluation,
      slots,
      onRuns: () => this.#wake('runner'),
      onWhole,
      onCleared: () => {
        this.#cleared.resolve();
        this.#cleared = Promise.withResolvers();
      },
    });
    const scheduler = new Scheduler({
      store,
      host,
      deployments,
      slots,
      clock,
      log,
      sweepEveryMs: options.sweepEveryMs,
      onMarked: () => this.#wake('segmenter'),
    });
    const runnerOn = (share: SlotOwner) =>
      new Runner({
        store: watched,
        host,
        deployments,
        slots: share,
        clock,
        log,
        onCommit: ({ messages, changed }) => {
          if (messages) this.#wake('mailer');
          if (changed) this.#wake('segmenter');
        },
        onSuspects: () => this.#wake('runner'),
      });
    // The database works for one half while this process and its host work for the other.
    const shares = this.#leased ? [0, 1].map((part) => partOf(slots, { part, of: 2 })) : [slots];
    const mailer = new Mailer({
      store: watched,
      host,
      deployments,
      slots,
      clock,
      log,
      providerOf: options.providerOf,
      parseAddress: options.parseAddress,
      settleAfterMs: options.settleAfterMs,
      onSettled: () => this.#wake('runner'),
      onLater: () => this.#wake('mailer'),
      onSuspects: () => this.#wake('mailer'),
    });
    this.#mailer = mailer;
    const runners = shares.map(runnerOn);
    const runTrials = runners.map((runner) => worker('runner, trying one run', () => runner.tryAlone()));
    const mailTrial = worker('mailer, trying one message', () => mailer.tryAlone());
    this.#trials = [...runTrials, mailTrial];
    this.#workers = {
      scheduler: [worker('scheduler', () => scheduler.turn())],
      segmenter: [worker('segmenter', () => segmenter.turn(), POLL_MS)],
      runner: [...runners.map((runner) => worker('runner', () => runner.turn())), ...runTrials],
      mailer: [worker('mailer', () => mailer.turn()), mailTrial],
      tables: [new Worker('tables', () => tables.turn(), { clock, log, outage })],
    };
    if (this.#leased) {
      const leased = this.#leased;
      const turn = async () => {
        if (await deployments.refresh()) this.#wakeAll();
        return leased.turn();
      };
      this.#lease = new Worker('lease', turn, { clock, log, outage });
      const lookout = new Lookout({
        store,
        slots: leased,
        clock,
        onRuns: () => this.#wake('runner'),
        onMessages: () => this.#wake('mailer'),
      });
      this.#lookout = new Worker('lookout', () => lookout.turn(), { clock, log, outage });
    }
    this.ingest = new Ingest({
      store: watched,
      inForce: () => deployments.inForce(),
      refresh: () => deployments.refresh(),
      onCommit: ({ messages }) => {
        this.#wake('segmenter');
        if (messages) this.#wake('mailer');
      },
    });
  }

  async start(): Promise<void> {
    if (this.#lease) this.#lease.start();
    else await this.#mailer.recover('all');
    for (const worker of this.#allWorkers()) worker.start();
    this.#lookout?.start();
  }

  /**
   * Finishes the work in progress, in the order in which work flows. An interruption loses nothing.
   */
  async stop(): Promise<void> {
    this.#mailer.close();
    // Trials take seconds; the next process starts them again.
    const trials = this.#trials.map((worker) => worker.stop());
    this.host.abandonTrials();
    await this.ingest.idle();
    await Promise.all([...trials, this.#lookout?.stop()]);
    for (const kind of ['scheduler', 'segmenter', 'runner', 'mailer', 'tables'] as const) {
      await Promise.all(this.#workers[kind].map((worker) => worker.stop()));
    }
    await this.#mailer.idle();
    await this.#lease?.stop();
    // Without a database the lease simply expires.
    await this.#leased?.leave().catch((error) => this.#log.warn(`slots not given up: ${messageOf(error)}`));
  }

  async push(input: PushInput, choice: DeploymentChoice = {}) {
    return this.activate(await this.deployments.prepare(input), choice);
  }

  async activate(prepared: PreparedDeployment, choice: DeploymentChoice = {}) {
    const result = await this.deployments.activate(prepared, choice);
    this.#wakeAll();
    return result;
  }

  /** Stops a campaign, or everything, where it is; nothing is lost. Returns the pause. */
  async pause(
    campaignId: string | undefined,
    reason: string,
    { cause = 'manual' }: { cause?: PauseCause } = {},
  ): Promise<PauseRow> {
    const row = { campaignId: campaignId ?? EVERYTHING, cause, reason, pausedAt: await this.store.now() };
    await this.store.putPause(row);
    return row;
  }

  /** Lets a campaign, or everything, go on. Returns whether it was paused. */
  async resume(campaignId: string | undefined): Promise<boolean> {
    const was = await this.store.removePause(campaignId ?? EVERYTHING);
    this.#wakeAll();
    return was;
  }

  /** Retries failed and blocked runs. Returns how many. */
  async retryRuns(filter: RetryFilter): Promise<number> {
    const { runs } = await this.store.counts();
    const stuck = (runs.failed ?? 0) + (runs.blocked ?? 0);
    let count = 0;
    // Only the runs that had failed before: a run that fails again is not retried forever.
    while (count < stuck) {
      const at = await this.store.now();
      const ids = await this.store.retryRuns(filter, { at, limit: RETRY_BATCH });
      count += ids.length;
      if (ids.length < RETRY_BATCH) break;
    }
    if (count > 0) this.#wake('runner');
    return count;
  }

  /** The time that all processes on the store agree on, without a query. */
  now(): number {
    return this.#leased?.now() ?? this.#clock.now();
  }

  /** The processes that shared the store a moment ago; undefined when this one has it to itself. */
  cluster(): LeaseView | undefined {
    return this.#leased?.view;
  }

  /**
   * Resolves once no mark of the user waits for the segmenter; false when `timeoutMs` was not
   * enough.
   */
  async evaluated(userId: string, timeoutMs: number): Promise<boolean> {
    const deadline = Date.now() + timeoutMs;
    while (Date.now() < deadline) {
      const cleared = this.#cleared.promise;
      if (!(await this.store.isDirty(userId))) return true;
      this.#wake('segmenter');
      await Promise.race([cleared, new Promise((resolve) => setTimeout(resolve, 100))]);
    }
    return false;
  }

  /** Whether nothing is left to do at the present time. */
  get idle(): boolean {
    return !this.#mailer.busy && this.#allWorkers().every((worker) => worker.idle);
  }

  /** Resolves once nothing is left to do at the present time. */
  async settled(): Promise<void> {
    do {
      await this.ingest.idle();
      for (const worker of this.#allWorkers()) await worker.settled();
      await this.#mailer.idle();
    } while (!this.idle);
  }

  #wake(kind: Kind): void {
    for (const worker of this.#workers[kind]) worker.wake();
  }

  #wakeAll(): void {
    for (const worker of this.#allWorkers()) worker.wake();
  }

  #allWorkers(): Worker[] {
    return Object.values(this.#workers).flat();
  }
}

// --- internal ------------------------------------------------------------------------------------

/** The turn, run again after `everyMs` at the latest. */
async function soon(
  turn: () => Promise<Next>,
  { clock, everyMs }: { clock: Clock; everyMs: number },
): Promise<Next> {
  const next = await turn();
  if (next === 'now') return next;
  const latest = clock.now() + everyMs;
  return { at: next === 'when-woken' ? latest : Math.min(next.at, latest) };
}
