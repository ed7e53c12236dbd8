import { originalPositionFor, type SourceMapInput, TraceMap } from '@jridgewell/trace-mapping';

/** A place in a bundle's sources. Lines and columns are counted from 1. */
export interface SourcePlace {
  /** Relative to the project's folder. */
  file: string;
  line: number;
  column: number;
  /** The whole text of the file. */
  source: string;
}

export interface RawSourceMap {
  version: 3;
  sources: string[];
  sourcesContent: string[];
  mappings: string;
  names: string[];
}

/**
 * The start of a source map's line. It is split because Bun would take this text in its own file
 * for such a line, and warn.
 */
export const SOURCE_MAP_LINE = ['//# sourceMapping', 'URL='].join('');
const MARK = `${SOURCE_MAP_LINE}data:application/json;base64,`;
const DEBUG_ID = '//# debugId=';

/**
 * Splits Bun's output into the code and its inline source map. Debug ids, which depend on the
 * folder, are dropped.
 */
export function splitSourceMap(output: string): { body: string; map: RawSourceMap } {
  const at = output.lastIndexOf(MARK);
  const base64 = at < 0 ? '' : output.slice(at + MARK.length).trim();
  const { sources, sourcesContent, mappings, names } = base64
    ? (JSON.parse(Buffer.from(base64, 'base64').toString()) as RawSourceMap)
    : { sources: [], sourcesContent: [], mappings: '', names: [] };
  const lines = (at < 0 ? output : output.slice(0, at)).trimEnd().split('\n');
  if (lines.at(-1)?.startsWith(DEBUG_ID)) lines.pop();
  const body = `${lines.join('\n').trimEnd()}\n`;
  return { body, map: { version: 3, sources, sourcesContent, mappings, names } };
}

export function joinSourceMap(body: string, map: RawSourceMap): string {
  return `${body}${MARK}${Buffer.from(JSON.stringify(map)).toString('base64')}\n`;
}

/** Maps places of a bundle back to its sources. */
export class SourceTracer {
  readonly #map: TraceMap;

  constructor(map: RawSourceMap) {
    this.#map = new TraceMap(map as SourceMapInput);
  }

  static of(code: string): SourceTracer {
    return new SourceTracer(splitSourceMap(code).map);
  }

  /** The source of a place in the bundle; undefined for what the bundler added. `line` from 1, `column` from 0. */
  trace(line: number, column: number): SourcePlace | undefined {
    const found = originalPositionFor(this.#map, { line, column });
    if (found.source === null) return undefined;
    const index = this.#map.sources.indexOf(found.source);
    const source = this.#map.sourcesContent?.[index] ?? '';
    if (source === '') return undefined;
    return { file: found.source, line: found.line, column: found.column + 1, source };
  }
}

/** Whether a source belongs to an installed package rather than to the project. */
export function isInstalled(file: string): boolean {
  return /(^|[\\/])node_modules[\\/]/.test(file);
}
