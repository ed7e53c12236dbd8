import type { SegflowConfig } from '../config/types.ts';
import type { Duration } from '../core/duration.ts';
import { SegflowError } from '../core/errors.ts';
import { parseAddress } from '../email/address.ts';
import { createSecretBox } from '../engine/deployments/secret-box.ts';
import { Engine } from '../engine/engine.ts';
import { quietReplays } from '../host/child/quiet-replays.ts';
import { openStore } from '../store/open.ts';
import { InProcessHost } from './in-process-host.ts';
import { recordingProvider } from './recording-provider.ts';
import { lengthOf, RunningSimulation, timeOf } from './running-simulation.ts';
import { SimulatedClock } from './simulated-clock.ts';
import type { SideEffects, Simulation } from './simulation.ts';

export type {
  MessageFilter,
  RunFilter,
  SideEffects,
  SimulatedMessage,
  SimulatedRun,
  Simulation,
} from './simulation.ts';
export type { Duration };

export interface SimulateOptions {
  /** When the simulated time begins: a date, ISO text, or epoch milliseconds. Default 2026-01-01T09:00:00Z. */
  start?: Date | string | number;
  /**
   * Seed, from 0 to 999,999, for the random values of flows (`Math.random` and the like). The same
   * seed gives the same simulation. Default 0.
   */
  random?: number;
  /**
   * Side effects of flows (`rt.run`) are not executed. Each returns the result of the function with
   * its id here, or null. A function that throws is retried as the flow specifies.
   */
  sideEffects?: SideEffects;
  /**
   * A folder for the embedded store, for inspection afterwards. The folder must not hold a store
   * yet. Default: a store in memory.
   */
  store?: string;
  /**
   * The shortest interval between evaluations of segments for everyone because time has passed; a
   * server evaluates every minute. A longer interval is faster and coarser: a user who joins a
   * segment through time alone is noticed up to this much later. Default one hour.
   */
  sweepEvery?: string | Duration;
  /**
   * Everything due within this length of time happens together, at its end. Faster when many people
   * act at many times. Default: everything happens at its own time.
   */
  resolution?: string | Duration;
}

/**
 * Runs a config on the real engine, within this process: an embedded store in memory, a simulated
 * clock, and mail that is recorded instead of sent.
 * @throws `invalid_config` naming every problem.
 */
export async function simulate<A extends object = Record<string, unknown>>(
  config: SegflowConfig<A>,
  options: SimulateOptions = {},
): Promise<Simulation<A>> {
  const { random = 0, sweepEvery = { hours: 1 }, resolution = { milliseconds: 1 } } = options;
  if (!Number.isInteger(random) || random < 0 || random > MAX_SEED) {
    throw new SegflowError('invalid_input', `random is a whole number from 0 to ${MAX_SEED}, got ${random}`);
  }
  const clock = new SimulatedClock(timeOf(options.start ?? START));
  await using opened = new AsyncDisposableStack();
  const opening =
    options.store === undefined ? { memory: true as const, clock } : { dataDir: options.store, clock };
  const store = {
    ...opened.use(await openStore(opening)),
    // Message ids derive from this id, and steps that are due at the same time run in the order of
    // ids.
    instanceId: async () => 'simulation',
  };
  if ((await store.revision()) !== '') {
    throw new SegflowError('conflict', `the folder ${options.store} already holds a store`, {
      hint: 'Simulate in a new folder, or in memory.',
    });
  }
  const host = new InProcessHost({ clock, seed: random, sideEffects: options.sideEffects ?? {} });
  const errors: SegflowError[] = [];
  const engine = new Engine({
    store,
    host,
    clock,
    providerOf: recordingProvider,
    parseAddress,
    secrets: await createSecretBox('simulation'),
    sweepEveryMs: lengthOf(sweepEvery),
    log: {
      info() {},
      warn() {},
      error: (message, cause) => errors.push(new SegflowError('internal', message, { cause })),
    },
  });
  opened.defer(quietReplays());
  await engine.start();
  opened.defer(() => engine.stop());
  const release = async () => open.disposeAsync();
  const simulation = new RunningSimulation<A>({
    engine,
    host,
    clock,
    errors,
    resolutionMs: Math.max(1, lengthOf(resolution)),
    release,
  });
  await simulation.push(config);
  const open = opened.move();
  return simulation;
}

// --- internal ---

/** A Thursday morning. Fixed, so that a test sees the same weekdays every time. */
const START = '2026-01-01T09:00:00Z';
const MAX_SEED = 999_999;
