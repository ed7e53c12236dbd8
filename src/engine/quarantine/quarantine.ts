/** How soon to look again while suspects are tried. */
export const TRIAL_LOOK_MS = 250;
/** More than the suspects themselves, so that these are among what is read. */
const OTHERS = 500;

/** What is due, the first so many of it. */
type Read<Due> = (limit: number) => Promise<Due[]>;

/**
 * Runs or messages at which the code hung, or its process died, among others: each is tried again alone, beside the others, which do not
 * wait for it. Kept in memory: after a crash they are found again.
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

  /** Up to `limit` of those due with which nothing is wrong, and whether others are due but suspects only. */
  async others<Due extends { id: Id }>(
    limit: number,
    read: Read<Due>,
  ): Promise<{ due: Due[]; onlySuspects: boolean }> {
    // One whose trial ends during the read is among what is read as it was before.
    const suspects = new Set(this.#ids);
    const found = await read(limit + suspects.size);
    const due = found.filter(({ id }) => !suspects.has(id)).slice(0, limit);
    return { due, onlySuspects: due.length === 0 && found.length > 0 };
  }

  /** A suspect that is due. Those that are not any more, being paused, cancelled or another process's, are suspects no longer. */
  async next<Due extends { id: Id }>(read: Read<Due>): Promise<Due | undefined> {
    const suspects = [...this.#ids];
    const limit = suspects.length + OTHERS;
    const due = await read(limit);
    const found = due.find(({ id }) => this.#ids.has(id));
    if (!found && due.length < limit) for (const id of suspects) this.#ids.delete(id);
    return found;
  }
}
