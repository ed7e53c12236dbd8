/** A doubtful message is retried in a group of this share of the former size. */
const SHARE = 8;
/**
 * A message is given up after it ended a request alone this many times although others were
 * accepted in between.
 */
const MOST_ALONE = 2;
/** The most doubts kept; the oldest are forgotten first, and found again if necessary. */
const MOST_KEPT = 50_000;

interface Doubt {
  /** The largest group, including this message, in which it is tried next. */
  group: number;
  /**
   * Requests with this message alone that ended without an answer, although others were accepted
   * since the one before.
   */
  alone: number;
  /** When the last request with this message alone ended so, epoch milliseconds. */
  at: number | undefined;
  /** How the last request ended. */
  reason: string;
}

/**
 * Messages in requests that the provider ended without an answer and that it did not have when
 * asked: one of them may be the cause. They are retried in ever smaller groups. A message that ends
 * its request alone repeatedly, while others are accepted, is to blame; when nothing is accepted,
 * the provider is. Doubts live in memory: after a restart they are found again.
 */
export class Doubts {
  #doubts = new Map<string, Doubt>();
  #accepted = 0;

  /** A request with these messages ended without an answer. */
  unanswered(messages: { id: string; reason: string }[], now: number): void {
    const group = Math.max(1, Math.ceil(messages.length / SHARE));
    for (const { id, reason } of messages) {
      const known = this.#doubts.get(id);
      const isAlone = messages.length === 1;
      const isContradicted = isAlone && known?.at !== undefined && this.#accepted >= known.at;
      this.#doubts.delete(id);
      this.#doubts.set(id, {
        group: Math.min(group, known?.group ?? group),
        alone: (known?.alone ?? 0) + (isContradicted ? 1 : 0),
        at: isAlone ? now : known?.at,
        reason,
      });
    }
    for (const id of this.#doubts.keys()) {
      if (this.#doubts.size <= MOST_KEPT) break;
      this.#doubts.delete(id);
    }
  }

  /** The provider has accepted these. */
  accepted(ids: string[], now: number): void {
    this.settled(ids);
    this.#accepted = now;
  }

  settled(ids: string[]): void {
    for (const id of ids) this.#doubts.delete(id);
  }

  /** Splits the messages into groups that may be tried together. */
  groups<Message>(messages: Message[], idOf: (message: Message) => string): Message[][] {
    const most = (message: Message) => this.#doubts.get(idOf(message))?.group ?? Number.POSITIVE_INFINITY;
    return [...Map.groupBy(messages, most)].flatMap(([size, group]) =>
      size === Number.POSITIVE_INFINITY
        ? [group]
        : Array.from({ length: Math.ceil(group.length / size) }, (_, i) =>
            group.slice(i * size, (i + 1) * size),
          ),
    );
  }

  /** Why the message is to blame, or undefined. */
  blame(id: string): string | undefined {
    const doubt = this.#doubts.get(id);
    return doubt && doubt.alone >= MOST_ALONE ? doubt.reason : undefined;
  }
}
