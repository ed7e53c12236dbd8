/** How soon to look again while suspects are tried. */
export const TRIAL_LOOK_MS = 250;
/** Rows read beyond the number of suspects, so that the suspects are among them. */
const OTHERS = 500;

/** Reads the first `limit` due items. */
type Read<Due> = (limit: number) => Promise<Due[]>;

/**
 * Runs or messages at which the code hung or its process died. Each is retried alone, in parallel
 * with the others, which do not wait for it. Suspects live in memory: after a crash they are found
 * again.
 */
export class Quarantine<Id> {
  #ids = new Set<Id>();

  get size(): number {
    return this.#ids.size;
  }

  add(id: Id): void {
    this.#ids.add(id);
  }

  delete(id: Id): void {
    this.#ids.delete(id);
  }

  /** Up to `limit` due items that are not suspects, and whether only suspects are due. */
  async others<Due extends { id: Id }>(
    limit: number,
    read: Read<Due>,
  ): Promise<{ due: Due[]; onlySuspects: boolean }> {
    // A suspect whose trial ends during the read would be read in its old state.
    const suspects = new Set(this.#ids);
    const found = await read(limit + suspects.size);
    const due = found.filter(({ id }) => !suspects.has(id)).slice(0, limit);
    return { due, onlySuspects: due.length === 0 && found.length > 0 };
  }

  /**
   * A due suspect. Suspects that are no longer due (paused, cancelled, owned by another process)
   * are dropped.
   */
  async next<Due extends { id: Id }>(read: Read<Due>): Promise<Due | undefined> {
    const suspects = [...this.#ids];
    const limit = suspects.length + OTHERS;
    const due = await read(limit);
    const found = due.find(({ id }) => this.#ids.has(id));
    if (!found && due.length < limit) for (const id of suspects) this.#ids.delete(id);
    return found;
  }
}
