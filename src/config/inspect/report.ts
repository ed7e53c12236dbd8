import { closest } from '../../core/closest.ts';
import { messageOf } from '../../core/errors.ts';
import type { Problem } from '../../engine/ports/manifest.ts';
import { joinPath } from '../source/problem-path.ts';

export type Path = readonly (string | number)[];

/** Where in the sources something was thrown. */
export type ThrowPlace = Pick<Problem, 'file' | 'line' | 'column' | 'frame'>;

/** Finds places in the sources. */
export interface Locate {
  /** The place of an error that the config's code threw. */
  thrown(thrown: unknown): Promise<ThrowPlace>;
  /** The place of a function in the config, or of `offset` characters after its start. */
  code(code: unknown, offset?: number): Promise<ThrowPlace>;
}

/** Collects the problems of a config in the order in which they are found. */
export class Report {
  readonly problems: Problem[] = [];
  readonly #locate: Locate | undefined;

  constructor(locate?: Locate) {
    this.#locate = locate;
  }

  add(path: Path, message: string, hint?: string): void {
    this.problems.push({ path: joinPath(path), message, ...(hint !== undefined && { hint }) });
  }

  /** The same for an error that the config's code threw, with its source place. */
  async addThrown(
    path: Path,
    message: string,
    { thrown, hint }: { thrown: unknown; hint?: string | undefined },
  ) {
    this.add(path, message, hint);
    const problem = this.problems.at(-1)!;
    if (thrown !== undefined) Object.assign(problem, await this.#locate?.thrown(thrown));
  }

  /** The same for something about a function of the config. */
  async addInCode(
    path: Path,
    message: string,
    { code, offset, hint }: { code: unknown; offset?: number; hint?: string },
  ) {
    this.add(path, message, hint);
    Object.assign(this.problems.at(-1)!, await this.#locate?.code(code, offset));
  }

  /** Runs a check. An exception (from a getter or a proxy) becomes a problem at the same place. */
  async guard<T>(path: Path, check: () => T | Promise<T>): Promise<T | undefined> {
    try {
      return await check();
    } catch (error) {
      await this.addThrown(path, `cannot be read: ${messageOf(error)}`, { thrown: error });
      return undefined;
    }
  }

  /** Reports unknown properties, which are nearly always typos. */
  unknownKeys(path: Path, value: Record<string, unknown>, known: readonly string[]): void {
    for (const key of Object.keys(value)) {
      if (!known.includes(key)) {
        this.add([...path, key], 'unknown property', suggest(key, known, `Known here: ${known.join(', ')}.`));
      }
    }
  }
}

/** "Did you mean …?" if a name is similar, otherwise `otherwise`. */
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
