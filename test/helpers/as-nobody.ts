import { expect } from 'bun:test';

/** How `work` fails; root may do everything, so it is done as another user then. */
export async function asNobody(work: () => Promise<unknown>) {
  const isRoot = process.getuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  try {
    return await work().then(
      () => expect.unreachable('it was done'),
      (error) => error,
    );
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}
