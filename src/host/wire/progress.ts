import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/*
 * The item that a child is running, stored where it survives the child: eight bytes in an unnamed
 * file that both processes have open. So the server knows at once which item hangs or killed its
 * process, and nothing has to be sent for each item.
 */

/** What a child does when it is not running an item; items are numbered from 0. */
export const STAGE = {
  /** Loading Segflow's own code: the author's code cannot hang here. */
  modules: -3,
  /** Evaluating the bundle. */
  bundle: -2,
  /** Between requests. */
  none: -1,
  /**
   * All items are done except those that wait for their side effects. Alternating tick and tock
   * shows that the process is not stuck.
   */
  waiting: -4,
  waitingStill: -5,
} as const;

/** Whether a child waits for side effects of items, without naming the items. */
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
  /** The descriptor to pass to the child as CHILD_FD. */
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

/**
 * The child's end. Mapped into memory where possible (Linux): a write then costs almost nothing,
 * compared with 3 µs for a system call.
 */
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
