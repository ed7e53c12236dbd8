import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/*
 * Which item a child is at, kept where it outlives the child: eight bytes in a file without a name that both have open. So
 * the server knows at once which item hangs, or killed its process, and nothing has to be sent for each.
 */

/** What a child does, where it is not an item: 0 and up are items. */
export const STAGE = {
  /** Loading Segflow's own code: nothing of the author's can hang. */
  modules: -3,
  /** Evaluating the bundle. */
  bundle: -2,
  /** Between requests. */
  none: -1,
  /** All items are done but for those that wait for their side effects; tick and tock show that the process is not stuck. */
  waiting: -4,
  waitingStill: -5,
} as const;

/** Whether a child waits for side effects of items, without telling of which. */
export function isWaiting(index: number): boolean {
  return index === STAGE.waiting || index === STAGE.waitingStill;
}

export interface Progress {
  sequence: number;
  /** Index of the item, or a STAGE. */
  index: number;
}

/** The server's end. */
export class ProgressReader {
  /** To hand to the child as CHILD_FD. */
  readonly fd: number;
  readonly #values = new Int32Array(2);
  readonly #bytes = new Uint8Array(this.#values.buffer);

  constructor() {
    const folder = mkdtempSync(join(tmpdir(), 'segflow-'));
    try {
      this.fd = openSync(join(folder, 'progress'), 'wx+', 0o600);
    } finally {
      rmSync(folder, { recursive: true });
    }
    this.#values[1] = STAGE.modules;
    writeSync(this.fd, this.#bytes, 0, 8, 0);
  }

  read(): Progress {
    readSync(this.fd, this.#bytes, 0, 8, 0);
    return { sequence: this.#values[0]!, index: this.#values[1]! };
  }

  close(): void {
    closeSync(this.fd);
  }
}

/** The child's descriptor of the file. */
const CHILD_FD = 3;

/** The child's end. Mapped into memory where that works (Linux): a note then costs nothing next to a system call's 3 µs. */
export class ProgressWriter {
  readonly #values: Int32Array;
  readonly #bytes: Uint8Array | undefined;

  constructor() {
    const mapped = mapFile();
    const bytes = mapped ?? new Uint8Array(8);
    this.#values = new Int32Array(bytes.buffer, bytes.byteOffset, 2);
    if (!mapped) this.#bytes = bytes;
  }

  note({ sequence, index }: Progress): void {
    this.#values[0] = sequence;
    this.#values[1] = index;
    if (this.#bytes) writeSync(CHILD_FD, this.#bytes, 0, 8, 0);
  }
}

function mapFile(): Uint8Array | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    return Bun.mmap(`/proc/self/fd/${CHILD_FD}`, { shared: true });
  } catch {
    return undefined;
  }
}
