/** Activations looked at, and how many of them must have failed alike. */
const WINDOW = 20;
const FAILURES = 10;

/**
 * Notices a campaign that fails again and again: of its last 20 activations more than half, and ten at least, failed with the same
 * message. It is kept in memory: a process that starts anew counts anew.
 */
export class FailureWatch {
  #recent = new Map<string, (string | null)[]>();

  /** @param failure null when it went well. Returns the message that repeats, once, when it is time to stop. */
  record(campaignId: string, failure: string | null): string | undefined {
    const recent = this.#recent.get(campaignId) ?? [];
    this.#recent.set(campaignId, recent);
    recent.push(failure && firstLine(failure));
    if (recent.length > WINDOW) recent.shift();
    const message = recent.at(-1);
    if (message === null || message === undefined) return undefined;
    const alike = recent.filter((other) => other === message).length;
    if (alike < FAILURES || alike * 2 <= recent.length) return undefined;
    this.#recent.delete(campaignId);
    return message;
  }
}

// --- internal ------------------------------------------------------------------------------------

function firstLine(text: string): string {
  return text.split('\n')[0]!;
}
