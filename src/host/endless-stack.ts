import * as jsc from 'bun:jsc';
import { Script } from 'node:vm';

/**
 * Where `work` is when it does not come to an end within `ms`: lines of a stack trace whose places lie in the module `specifier`, innermost
 * first; '' when it does end, or is elsewhere. The runtime interrupts it and tells of no place, so its sampling profiler looks. Code that is
 * interrupted leaves everything as it is, its `finally` included: the process is of no use after that.
 */
export function stackOfEndless(
  work: () => void,
  { specifier, ms }: { specifier: string; ms: number },
): string {
  Object.assign(globalThis, {
    [NAME]: () => {
      work();
      jsc.drainMicrotasks();
    },
  });
  jsc.startSamplingProfiler();
  try {
    new Script(`${NAME}()`).runInThisContext({ timeout: ms });
    return '';
  } catch (error) {
    const interrupted = error instanceof Error && 'code' in error && error.code === INTERRUPTED;
    if (!interrupted) return '';
  }
  return usual((jsc as unknown as Profiler).samplingProfilerStackTraces(), specifier)
    .slice(0, MOST_FRAMES)
    .map(({ name, line, column }) => `    at ${name || 'anonymous'} (${specifier}:${line}:${column})`)
    .join('\n');
}

// --- internal ---

const NAME = '__segflowEndless';
const INTERRUPTED = 'ERR_SCRIPT_EXECUTION_TIMEOUT';
const MOST_FRAMES = 10;
/** What the profiler says where optimised code has no lines any more. */
const UNKNOWN = 0xffff_ffff;

interface Frame {
  name: string;
  sourceURL?: string;
  line?: number;
  column?: number;
}

/** What Bun's types leave out. */
interface Profiler {
  samplingProfilerStackTraces(): Samples;
}

interface Samples {
  traces: { frames: Frame[] }[];
}

/**
 * The frames within the module that most of its samples have; of several the latest. A single sample may be off: of what was done
 * before the endless part, or of an instruction that has no line of its own.
 */
function usual({ traces }: Samples, specifier: string): Frame[] {
  const counts = new Map<string, number>();
  let best: Frame[] = [];
  let most = 0;
  for (const { frames } of traces) {
    const known = frames.filter(
      ({ sourceURL, line = UNKNOWN, column = UNKNOWN }) =>
        sourceURL === specifier && line < UNKNOWN && column < UNKNOWN,
    );
    if (known.length === 0) continue;
    const key = known.map(({ line, column }) => `${line}:${column}`).join(' ');
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    if (count < most) continue;
    best = known;
    most = count;
  }
  return best;
}
