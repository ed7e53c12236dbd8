import { profile } from 'bun:jsc';
import { isAbsolute, join } from 'node:path';
import { isInstalled } from '../config/source/source-map.ts';
import { SegflowError } from '../core/errors.ts';
import { abandonActivation } from '../flow/activation/replay.ts';
import { stackOfHang } from '../host/child/hang-stack.ts';
import { type LoadedBundle, mapStack } from '../host/child/stack.ts';
import { Interrupted, withinTime } from '../host/child/time-limit.ts';
import type { WorkerHooks } from '../host/child/work.ts';
import { describeEnding } from '../host/pool/endings.ts';

/** Calls a section of code that may never return. */
export type CodeLimit = NonNullable<WorkerHooks['limit']>;

/**
 * Ends a simulation whose flow or email does not end without awaiting anything. The interrupted
 * code skips necessary work, so all later calls get the error, and nothing runs any more.
 */
export class TimeLimit {
  over: SegflowError | undefined;

  /**
   * Returns the result of `work`, which calls its sections through the limit.
   * @param about.bundle the code that runs.
   * @param about.again runs the section once more, if the section itself cannot be called again.
   */
  async run<T>(
    work: (limit: CodeLimit) => Promise<T>,
    about: { what: string; kind: 'advance' | 'render'; bundle: LoadedBundle; again?: () => void },
  ): Promise<T> {
    for (let limitMs = LIMIT_MS; ; limitMs *= 2) {
      if (this.over) throw this.over;
      let stuck: (() => unknown) | undefined;
      const before = process.cpuUsage();
      const limit: CodeLimit = (stretch) => {
        try {
          return withinTime(stretch, limitMs);
        } catch (error) {
          if (error instanceof Interrupted) {
            stuck = stretch;
            abandonActivation();
          }
          throw error;
        }
      };
      const [settled] = await Promise.allSettled([work(limit)]);
      if (stuck === undefined) {
        if (settled!.status === 'rejected') throw settled!.reason;
        return settled!.value;
      }
      // On a busy machine, the code has not had enough processor time yet.
      if (process.cpuUsage(before).user / 1_000 < ENOUGH_MS) continue;
      const words = describeEnding({ reason: 'timeout', limitMs }, about.kind);
      const place = await mapStack(about.bundle, placeOf(about.again ?? stuck, about.bundle));
      this.over ??= new SegflowError('host_timeout', `${about.what}: ${words}\n${place}`.trimEnd(), {
        hint: 'Look for an endless loop. The simulation is over.',
      });
      if (about.kind === 'render') (await import('../email/expand-tree.ts')).abandonWalk();
    }
  }
}

// --- internal ---

/** The time limit of a section. */
const LIMIT_MS = 5_000;
/** The processor time that the section must have used by then. */
const ENOUGH_MS = 1_000;
/** How long the section is profiled to find its place. */
const LOOK_MS = 500;
const OWN = join(import.meta.dir, '..');

/** Lines of a stack trace. */
function placeOf(endless: () => unknown, { unbundled, specifier }: LoadedBundle): string {
  const isAuthors = (file: string) =>
    unbundled ? isAbsolute(file) && !file.startsWith(OWN) && !isInstalled(file) : file === specifier;
  try {
    return stackOfHang(endless, { isAuthors, ms: LOOK_MS });
  } finally {
    abandonActivation();
    // Only this stops the profiler.
    profile(() => undefined);
  }
}
