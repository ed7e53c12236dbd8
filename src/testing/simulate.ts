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
  /** Seed, from 0 to 999,999, of what flows draw by chance (`Math.random` and the like). The same seed gives the same simulation. Default 0. */
  random?: number;
  /**
   * Side effects of flows (`rt.run`) are not done: each gives what the function of its id here gives, or null. One that throws
   * is tried again, as the flow asks.
   */
  sideEffects?: SideEffects;
  /** A folder for the embedded store, to look into afterwards. It must not hold one yet. Default: a store in memory. */
  store?: string;
  /**
   * How often, at most, segments are evaluated for everyone because time has passed, where a server does so every minute. Longer is
   * faster and coarser: who comes to be in a segment by the clock alone is noticed up to that much later. Default one hour.
   */
  sweepEvery?: string | Duration;
  /** What is due within this length of time happens together, at its end: faster where many people do things at many times. Default: each at its own time. */
  resolution?: string | Duration;
}

/**
 * Runs a config on the real engine, within this process: an embedded store in memory, a clock that goes where it is told, and
 * mail that is recorded instead of sent.
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
    // Ids of messages derive from it, and what is due at the same time goes in the order of ids.
    instanceId: async () => 'simulation',
  };
  if ((await store.revision()) !== '') {
    throw new SegflowError('conflict', `the folder ${options.store} holds a store already`, {
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

/** A Thursday morning. The same every time, so that a test sees the same weekdays every time. */
const START = '2026-01-01T09:00:00Z';
const MAX_SEED = 999_999;
