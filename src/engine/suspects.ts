/** While others are due, of so many steps one is for a suspect. */
const SUSPECT_EVERY = 20;

/**
 * Runs or messages at which the code hung, or its process died, among others: each is tried again apart, so that the others do not wait
 * for it. Kept in memory: after a crash they are found again.
 */
export class Suspects<Id> {
  #ids = new Set<Id>();
  #steps = 0;

  /** How many more than usual are to be looked at, so that there are enough others among them. */
  get size(): number {
    return this.#ids.size;
  }

  add(id: Id): void {
    this.#ids.add(id);
  }

  delete(id: Id): void {
    this.#ids.delete(id);
  }

  /**
   * Whose turn it is: that of up to `limit` with which nothing is wrong, or of one suspect alone, which takes its time: when nothing
   * else is due, and now and then.
   */
  turn<Due extends { id: Id }>(due: Due[], limit: number): { due: Due[]; suspected: boolean } {
    const suspect = due.find(({ id }) => this.#ids.has(id));
    if (!suspect) {
      if (due.length < limit) this.#ids.clear();
      return { due: due.slice(0, limit), suspected: false };
    }
    const others = due.filter(({ id }) => !this.#ids.has(id)).slice(0, limit);
    this.#steps++;
    const suspected = others.length === 0 || this.#steps % SUSPECT_EVERY === 0;
    return suspected ? { due: [suspect], suspected } : { due: others, suspected };
  }
}
