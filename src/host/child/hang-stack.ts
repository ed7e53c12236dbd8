import * as jsc from 'bun:jsc';
import { Interrupted, withinTime } from './time-limit.ts';

/**
 * The place where `work` hangs when it does not end within `ms`: the lines of a stack trace whose
 * files or modules are the author's, innermost first. '' when `work` ends, or hangs elsewhere. The
 * runtime can interrupt `work` but reports no place, so its sampling profiler is used. Interrupted
 * code is left in any state, without its `finally` blocks, so the process must not be used
 * afterwards.
 */
export function stackOfHang(
  work: () => void,
  { isAuthors, ms }: { isAuthors: (file: string) => boolean; ms: number },
): string {
  jsc.startSamplingProfiler();
  try {
    withinTime(() => {
      work();
      jsc.drainMicrotasks();
    }, ms);
    return '';
  } catch (error) {
    if (!(error instanceof Interrupted)) return '';
  }
  return usual((jsc as unknown as Profiler).samplingProfilerStackTraces(), isAuthors)
    .slice(0, MOST_FRAMES)
    .map(
      ({ name, sourceURL, line, column }) => `    at ${name || 'anonymous'} (${sourceURL}:${line}:${column})`,
    )
    .join('\n');
}

// --- internal ---

const MOST_FRAMES = 10;
/** The profiler's line for optimised code that has no line numbers. */
const UNKNOWN = 0xffff_ffff;

interface Frame {
  name: string;
  sourceURL?: string;
  line?: number;
  column?: number;
}

/** Missing from Bun's types. */
interface Profiler {
  samplingProfilerStackTraces(): Samples;
}

interface Samples {
  traces: { frames: Frame[] }[];
}

/**
 * The author's frames that occur in most samples; in a tie, the latest. A single sample may
 * mislead: it may come from before the endless part, or from an instruction without a line of its
 * own.
 */
function usual({ traces }: Samples, isAuthors: (file: string) => boolean): Frame[] {
  const counts = new Map<string, number>();
  let best: Frame[] = [];
  let most = 0;
  for (const { frames } of traces) {
    const known = frames.filter(
      ({ sourceURL = '', line = UNKNOWN, column = UNKNOWN }) =>
        isAuthors(sourceURL) && line < UNKNOWN && column < UNKNOWN,
    );
    if (known.length === 0) continue;
    const key = known.map(({ sourceURL, line, column }) => `${sourceURL}:${line}:${column}`).join(' ');
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    if (count < most) continue;
    best = known;
    most = count;
  }
  return best;
}
