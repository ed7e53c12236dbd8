import type { Locate } from '../../config/inspect/report.ts';
import type { SourcePlace, SourceTracer } from '../../config/source/source-map.ts';
import { messageOf, SegflowError } from '../../core/errors.ts';
import type { Problem } from '../../engine/ports/manifest.ts';
import type { ThrownError } from '../wire/protocol.ts';

export interface LoadedBundle {
  /** The name of its module in stack traces. */
  specifier: string;
  code: string;
  /** The module's default export. */
  config: unknown;
  /** This process imported the config itself, so stack traces already name the author's files. */
  unbundled?: true;
}

/**
 * A stack trace with places in the author's sources. Frames that lie elsewhere are left out, and so
 * is the name of Segflow's own error.
 */
export async function mapStack(bundle: LoadedBundle, trace: string): Promise<string> {
  const stack = trace.replace(/^SegflowError: /, '');
  if (bundle.unbundled) return stack;
  if (!stack.includes(bundle.specifier))
    return stack
      .split('\n')
      .filter((line) => !FRAME.test(line))
      .join('\n');
  const tracer = await tracerOf(bundle);
  const lines = stack.split('\n').flatMap((line) => {
    const frame = FRAME.exec(line);
    if (!frame) return [line];
    const place = placeOf(frame, { bundle, tracer });
    if (!place) return [];
    const at = `${place.file}:${place.line}:${place.column}`;
    return [`    at ${frame[1] ? `${frame[1]} (${at})` : at}`];
  });
  return lines.join('\n').trimEnd();
}

/** The beginning of a function of the bundle, as a frame of a stack trace; '' when unknown. */
export async function frameOf(bundle: LoadedBundle, code: unknown): Promise<string> {
  const place = await placeInCode(bundle, code);
  return typeof code === 'function' && place
    ? `    at ${code.name || 'anonymous'} (${place.file}:${place.line}:${place.column})`
    : '';
}

export async function describeThrown(bundle: LoadedBundle, error: unknown): Promise<ThrownError> {
  return { message: messageOf(error), stack: await mapStack(bundle, stackOf(error)) };
}

/** The error that evaluating the bundle threw, as a problem with its place. */
export async function problemOf(bundle: LoadedBundle, error: unknown): Promise<Problem> {
  const problem: Problem = { path: '', message: messageOf(error) };
  const stack = stackOf(error);
  if (!stack.includes(bundle.specifier)) return problem;
  const tracer = await tracerOf(bundle);
  const places = stack.split('\n').map((line) => placeOf(FRAME.exec(line), { bundle, tracer }));
  const place = places.find((it) => it !== undefined);
  if (!place) return problem;
  const { codeFrame } = await import('../../config/source/code-frame.ts');
  const { file, line, column, source } = place;
  return { ...problem, path: file, file, line, column, frame: codeFrame(source, line, column) };
}

/** Finds the places of errors that the bundle throws while it is inspected. */
export function locateIn(bundle: LoadedBundle): Locate {
  return {
    async thrown(error) {
      const { file, line, column, frame } = await problemOf(bundle, error);
      if (file === undefined) return {};
      return {
        file,
        ...(line !== undefined && { line }),
        ...(column !== undefined && { column }),
        ...(frame !== undefined && { frame }),
      };
    },
    async code(code, offset) {
      const place = await placeInCode(bundle, code, offset);
      if (!place) return {};
      const { codeFrame } = await import('../../config/source/code-frame.ts');
      const { file, line, column, source } = place;
      return { file, line, column, frame: codeFrame(source, line, column) };
    },
  };
}

// --- internal ---

const FRAME = /^\s+at (?:(.*?) \()?([^()]*):(\d+):(\d+)\)?$/;

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  // An error from renderEmail has the original error as its cause.
  const told = SegflowError.is(error) && error.cause instanceof Error ? error.cause : error;
  return typeof told.stack === 'string' ? told.stack : '';
}

/**
 * The place in the author's source of a function, or of the code `offset` characters after its
 * beginning. Undefined when the function's text occurs more than once.
 */
async function placeInCode(
  bundle: LoadedBundle,
  code: unknown,
  offset?: number,
): Promise<SourcePlace | undefined> {
  if (bundle.unbundled || typeof code !== 'function') return undefined;
  const source = Function.prototype.toString.call(code);
  const index = bundle.code.indexOf(source);
  if (index < 0 || bundle.code.indexOf(source, index + 1) >= 0) return undefined;
  const { parseFunction } = await import('../../config/source/function-text.ts');
  // Source maps contain names, not the text in front of them.
  const name = parseFunction(code)?.nameAt ?? 0;
  const before = bundle.code.slice(0, index + (offset ?? name)).split('\n');
  return (await tracerOf(bundle)).trace(before.length, before.at(-1)!.length);
}

async function tracerOf(bundle: LoadedBundle): Promise<SourceTracer> {
  const { SourceTracer } = await import('../../config/source/source-map.ts');
  return SourceTracer.of(bundle.code);
}

function placeOf(
  frame: RegExpExecArray | null,
  { bundle, tracer }: { bundle: LoadedBundle; tracer: SourceTracer },
): SourcePlace | undefined {
  if (frame?.[2] !== bundle.specifier) return undefined;
  return tracer.trace(Number(frame[3]), Number(frame[4]) - 1);
}
