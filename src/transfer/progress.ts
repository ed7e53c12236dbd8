/** Receives the progress: `done` of `total`, in bytes or rows. */
export type OnProgress = (what: string, done: number, total: number) => void;

/** Reports progress while `work` runs, as often as a person can read. */
export async function watched<T>(work: Promise<T>, look: () => void): Promise<T> {
  const timer = setInterval(look, 100);
  try {
    return await work;
  } finally {
    clearInterval(timer);
    look();
  }
}
