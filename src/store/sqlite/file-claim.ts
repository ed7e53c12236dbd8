import { dlopen, FFIType } from 'bun:ffi';
import { closeSync, openSync } from 'node:fs';

/*
 * An advisory lock (flock) on the file itself, held as long as the process has the file open:
 * deleting other files of the folder does not end it. SQLite's own locks are of another kind
 * (fcntl) and do not interfere. On a system without flock, nothing is claimed.
 */

const LOCK_EXCLUSIVE = 2;
const WITHOUT_WAITING = 4;

export interface FileClaim {
  release(): void;
}

/** Undefined when another process has claimed the file. */
export function claimFile(path: string): FileClaim | undefined {
  const flock = systemFlock();
  if (!flock) return { release() {} };
  let file: number;
  try {
    file = openSync(path, 'r+');
  } catch {
    // SQLite cannot open it either, and explains why.
    return { release() {} };
  }
  if (flock(file, LOCK_EXCLUSIVE | WITHOUT_WAITING) !== 0) {
    closeSync(file);
    return undefined;
  }
  return { release: () => closeSync(file) };
}

type Flock = (file: number, operation: number) => number;

/** File names of the C library: glibc, musl, macOS. */
const LIBRARIES: Partial<Record<NodeJS.Platform, string[]>> = {
  linux: ['libc.so.6', `libc.musl-${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}.so.1`],
  darwin: ['libSystem.B.dylib'],
};

let loaded: Flock | null | undefined;

function systemFlock(): Flock | undefined {
  if (loaded !== undefined) return loaded ?? undefined;
  loaded = null;
  for (const library of LIBRARIES[process.platform] ?? []) {
    try {
      const { symbols } = dlopen(library, {
        flock: { args: [FFIType.i32, FFIType.i32], returns: FFIType.i32 },
      });
      loaded = symbols.flock;
      break;
    } catch {
      // Another C library.
    }
  }
  return loaded ?? undefined;
}
