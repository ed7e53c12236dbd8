/**
 * Ends this process when its parent dies. The closed channel signals this, but only between two
 * turns of the event loop. A flow may never yield to the loop, so Linux is also asked to kill this
 * process.
 */
export async function dieWithParent(exit: () => void): Promise<void> {
  process.on('disconnect', exit);
  if (process.platform !== 'linux') return;
  const parent = process.ppid;
  const { dlopen } = await import('bun:ffi');
  for (const library of ['libc.so.6', 'libc.so']) {
    try {
      const { symbols } = dlopen(library, {
        prctl: { args: ['i32', 'u64', 'u64', 'u64', 'u64'], returns: 'i32' },
      });
      symbols.prctl(PR_SET_PDEATHSIG, SIGKILL, 0n, 0n, 0n);
      break;
    } catch {
      // Another C library: the closed channel has to suffice.
    }
  }
  if (process.ppid !== parent) exit();
}

/** The constant's value in linux/prctl.h. */
const PR_SET_PDEATHSIG = 1;
const SIGKILL = 9n;
