import { closest } from '../../core/closest.ts';
import { messageOf } from '../../core/errors.ts';
import type { Problem } from '../../engine/ports/manifest.ts';
import { joinPath } from '../source/problem-path.ts';

export type Path = readonly (string | number)[];

/** Where in the sources something was thrown. */
export type ThrowPlace = Pick<Problem, 'file' | 'line' | 'column' | 'frame'>;

/** Finds places in the sources. */
export interface Locate {
  /** Of what the config's code threw. */
  thrown(thrown: unknown): Promise<ThrowPlace>;
  /** Of a function of the config, or of what stands `offset` characters after its beginning. */
  code(code: unknown, offset?: number): Promise<ThrowPlace>;
}

/** Collects what is wrong with a config, in the order in which it is found. */
export class Report {
  readonly problems: Problem[] = [];
  readonly #locate: Locate | undefined;

  constructor(locate?: Locate) {
    this.#locate = locate;
  }

  add(path: Path, message: string, hint?: string): void {
    this.problems.push({ path: joinPath(path), message, ...(hint !== undefined && { hint }) });
  }

  /** Likewise, for what the config's code threw: with its place in the sources. */
  async addThrown(
    path: Path,
    message: string,
    { thrown, hint }: { thrown: unknown; hint?: string | undefined },
  ) {
    this.add(path, message, hint);
    const problem = this.problems.at(-1)!;
    if (thrown !== undefined) Object.assign(problem, await this.#locate?.thrown(thrown));
  }

  /** Likewise, for what a function of the config is or says. */
  async addInCode(
    path: Path,
    message: string,
    { code, offset, hint }: { code: unknown; offset?: number; hint?: string },
  ) {
    this.add(path, message, hint);
    Object.assign(this.problems.at(-1)!, await this.#locate?.code(code, offset));
  }

  /** Runs a check; what it throws (a getter, a proxy) becomes a problem of the place too. */
  async guard<T>(path: Path, check: () => T | Promise<T>): Promise<T | undefined> {
    try {
      return await check();
    } catch (error) {
      await this.addThrown(path, `cannot be read: ${messageOf(error)}`, { thrown: error });
      return undefined;
    }
  }

  /** Reports properties that mean nothing, which are slips of the fingers nearly always. */
  unknownKeys(path: Path, value: Record<string, unknown>, known: readonly string[]): void {
    for (const key of Object.keys(value)) {
      if (!known.includes(key)) {
        this.add([...path, key], 'unknown property', suggest(key, known, `Known here: ${known.join(', ')}.`));
      }
    }
  }
}

/** "Did you mean …?" when a name comes near, else `otherwise`. */
export function suggest(name: string, known: readonly string[], otherwise: string): string {
  const near = closest(name, [...known]);
  return near === undefined ? otherwise : `Did you mean "${near}"?`;
}

/** The known names in words, for a hint. */
export function listed(kind: string, names: readonly string[]): string {
  if (names.length === 0) return `The config defines no ${kind}.`;
  const some = names.slice(0, 10);
  return `The ${kind} are: ${some.join(', ')}${names.length > some.length ? ', …' : ''}.`;
}
