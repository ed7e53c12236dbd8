import { afterAll, beforeAll, describe, expect } from 'bun:test';
import type { CrashPoint } from '../../src/core/crash-point.ts';
import { test } from '../helpers/witnessed-test.ts';
import type { Trace } from './every-command-trace.ts';
import { type Besides, type Prepared, prepare, type World } from './every-command-world.ts';

/*
 * Flows that use every command, on a server that is killed at each crash point they come to: what happens to people, what their runs
 * say and what they are mailed is what happens on a server that is left alone.
 */

/** What a server is killed at: the values of SEGFLOW_CRASH_AT of its lives, one after the other, and what happens besides. */
interface Round {
  crashes: string[];
  /** Instead, on the database servers, where a killed server's lease has to run out each time. */
  onServers?: string[];
  besides?: Besides;
}

/** Every crash point. Where flows come often: the first time, and in later lives at the third and at the tenth. */
const ROUNDS: Record<CrashPoint, Round> = {
  'ingest:before-commit': often('ingest:before-commit'),
  'ingest:after-commit': often('ingest:after-commit'),
  'segment:before-commit': often('segment:before-commit'),
  'segment:after-commit': often('segment:after-commit'),
  'runs:before-commit': often('runs:before-commit'),
  'runs:after-commit': often('runs:after-commit'),
  'mail:before-sending': often('mail:before-sending'),
  'mail:after-sending': often('mail:after-sending'),
  'mail:after-answer': often('mail:after-answer'),
  'mail:after-commit': often('mail:after-commit'),
  // A message must be in doubt before it can be unsettled.
  'mail:after-unsettle': {
    crashes: ['mail:after-answer', 'mail:after-unsettle', 'mail:after-sending@3', 'mail:after-unsettle'],
    onServers: ['mail:after-answer', 'mail:after-unsettle'],
  },
  'sweep:after-marks': { crashes: ['sweep:after-marks'] },
  'deploy:before-commit': { crashes: ['deploy:before-commit'], besides: 'push' },
  'deploy:after-commit': { crashes: ['deploy:after-commit'], besides: 'push' },
  'pause:after-commit': { crashes: ['pause:after-commit'], besides: 'failures' },
};

/** Places at which every life of the server may end, and still there is progress: by an evaluation, a step, or a batch of mail. */
const ALWAYS = ['segment:after-commit', 'runs:before-commit@2', 'runs:after-commit', 'mail:after-answer'];

/** Worlds at once: they spend most of their time waiting. */
const AT_ONCE = 6;
/** With the time that a world waits for others to end. */
const TEST_MS = 1_000_000;

/**
 * The tests on the embedded store, or on databases of their own on the server at `serverUrl`: there without the longest.
 * @param options.more adds tests of the trace of an instance that was left alone.
 */
export function everyCommand(
  store: string,
  { serverUrl, more }: { serverUrl?: string; more?: (undisturbed: () => Promise<Trace>) => void } = {},
): void {
  const gate = new Gate(AT_ONCE);
  let prepared: Prepared;
  let undisturbed: Promise<Trace> | undefined;
  const inWorld = <T>(work: (world: World) => Promise<T>): Promise<T> =>
    gate.pass(async () => {
      await using world = await prepared.world();
      return await work(world);
    });
  const expected = () => {
    undisturbed ??= inWorld((world) => world.play());
    return undisturbed;
  };

  describe(`every command on ${store}`, () => {
    beforeAll(async () => {
      prepared = await prepare(serverUrl);
    });
    afterAll(() => prepared[Symbol.asyncDispose]());
    more?.(expected);

    for (const { crashes: all, onServers = all, besides } of Object.values(ROUNDS)) {
      const crashes = serverUrl === undefined ? all : onServers;
      const name = `killed at ${crashes.join(', then ')}: the trace is the same`;
      const round = async () => {
        const trace = await inWorld(async (world) => {
          const played = await world.play(crashes, besides);
          expect(world.postmark.duplicates()).toEqual([]);
          return played;
        });
        expect(trace).toEqual(await expected());
      };
      test.concurrent(name, round, TEST_MS);
    }

    for (const crash of serverUrl === undefined ? ALWAYS : []) {
      const name = `killed at ${crash} in each of its lives: the trace is the same`;
      const round = async () => {
        const { trace, kills } = await inWorld(async (world) => {
          const played = await world.playKilledAlways(crash);
          expect(world.postmark.duplicates()).toEqual([]);
          return played;
        });
        expect(kills).toBeGreaterThanOrEqual(5);
        expect(trace).toEqual(await expected());
      };
      test.concurrent(name, round, TEST_MS);
    }
  });
}

// --- internal ---

function often(point: CrashPoint): Round {
  return { crashes: [point, `${point}@3`, `${point}@10`], onServers: [`${point}@3`] };
}

/** Lets so many through at once. */
class Gate {
  #free: number;
  #waiting: (() => void)[] = [];

  constructor(places: number) {
    this.#free = places;
  }

  async pass<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }
}
