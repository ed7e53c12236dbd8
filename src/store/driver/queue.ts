/** Runs one piece of work after the other, in the order asked for. */
export class Queue {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    // The next one waits for the end of this one, however it ends.
    this.#last = result.then(nothing, nothing);
    return result;
  }
}

function nothing(): void {}
