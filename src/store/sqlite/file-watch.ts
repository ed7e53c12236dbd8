import { statSync } from 'node:fs';
import { SegflowError } from '../../core/errors.ts';

/** Milliseconds between two looks that are not about a commit. */
const EVERY_MS = 100;

/**
 * Watches whether the files of an open database are still the ones at their paths. A file that was deleted or replaced can still be written
 * by whoever has it open, and all of that is lost: nothing of it may be acknowledged.
 */
export class FileWatch {
  readonly #files: { path: string; id: string | undefined }[];
  #lookedAt = 0;

  constructor(paths: string[]) {
    this.#files = paths.map((path) => ({ path, id: idOf(path) }));
  }

  /** Throws `unavailable` when a file is not there any more. */
  check(): void {
    this.#lookedAt = performance.now();
    const gone = this.#files.find(({ path, id }) => id !== undefined && idOf(path) !== id);
    if (!gone) return;
    throw new SegflowError('unavailable', `${gone.path} was deleted or replaced while it was open`, {
      hint: 'Nothing can be stored. Stop Segflow, put the data folder back (from a backup: segflow restore), and start it again.',
    });
  }

  /** The same, if the last look was a while ago. */
  checkNowAndThen(): void {
    if (performance.now() - this.#lookedAt > EVERY_MS) this.check();
  }
}

/** Which file is at a path; undefined where the system does not tell files apart. */
function idOf(path: string): string | undefined {
  if (process.platform === 'win32') return undefined;
  const found = statSync(path, { throwIfNoEntry: false });
  return found ? `${found.dev}:${found.ino}` : '';
}
