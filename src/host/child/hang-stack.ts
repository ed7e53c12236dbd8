import * as jsc from 'bun:jsc';
import { Interrupted, withinTime } from './time-limit.ts';

/**
 * Where `work` is when it does not come to an end within `ms`: lines of a stack trace, those whose files or modules are the author's, innermost
 * first; '' when it does end, or is elsewhere. The runtime interrupts it and tells of no place, so its sampling profiler looks. Code that is
 * interrupted leaves everything as it is, its `finally` included: the process is of no use after that.
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
 * The author's frames that most samples have; of several the latest. A single sample may be off: of what was done
 * before the endless part, or of an instruction that has no line of its own.
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
