import { statSync } from 'node:fs';
import { SegflowError } from '../../core/errors.ts';

/** Milliseconds between two checks that are not caused by a commit. */
const EVERY_MS = 100;

/**
 * Checks that the files of an open database are still the ones at their paths. A process can still
 * write to an open file that was deleted or replaced, but everything written is lost, so no such
 * write may be acknowledged.
 */
export class FileWatch {
  readonly #files: { path: string; id: string | undefined }[];
  #lookedAt = 0;

  constructor(paths: string[]) {
    this.#files = paths.map((path) => ({ path, id: idOf(path) }));
  }

  /** Throws `unavailable` when a file was deleted or replaced. */
  check(): void {
    this.#lookedAt = performance.now();
    const gone = this.#files.find(({ path, id }) => id !== undefined && idOf(path) !== id);
    if (!gone) return;
    throw new SegflowError('unavailable', `${gone.path} was deleted or replaced while it was open`, {
      hint: 'Nothing can be stored. Stop Segflow, put the data folder back (from a backup: segflow restore), and start it again.',
    });
  }

  /** The same, unless the last check was recent. */
  checkNowAndThen(): void {
    if (performance.now() - this.#lookedAt > EVERY_MS) this.check();
  }
}

/** Identifies the file at a path. Undefined where the system cannot tell files apart. */
function idOf(path: string): string | undefined {
  if (process.platform === 'win32') return undefined;
  const found = statSync(path, { throwIfNoEntry: false });
  return found ? `${found.dev}:${found.ino}` : '';
}
