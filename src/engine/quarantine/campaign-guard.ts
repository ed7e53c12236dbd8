import { crashPoint } from '../../core/crash-point.ts';
import { firstLine, forLog, innermostFrame } from '../../core/failure-text.ts';
import type { Log } from '../ports/log.ts';
import type { Store } from '../ports/store.ts';

/** What is looked at, and how many of it must have failed alike. */
const WINDOW = 20;
const FAILURES = 10;

/**
 * Pauses a campaign that fails again and again: of the last 20 times more than half, and ten at least, it failed at the same place, or
 * where none is known with the same message. (A message may name the user, and be another each time.) Until it is resumed nothing of it
 * is advanced or sent, so a mistake that was pushed spoils few runs, which `retry` takes up again. The count is kept in memory: a process
 * that starts anew counts anew.
 */
export class CampaignGuard {
  #store: Store;
  #log: Log;
  #what: string;
  #recent = new Map<string, (string | null)[]>();

  /** @param options.what is looked at: "its flow". */
  constructor(options: { store: Store; log: Log; what: string }) {
    this.#store = options.store;
    this.#log = options.log;
    this.#what = options.what;
  }

  /** In the order in which it happened; `failure` is null when it went well. Transactions have no campaign, and are not paused. */
  async watch(outcomes: { campaignId: string | null; failure: string | null }[]): Promise<void> {
    const paused = new Set<string>();
    for (const { campaignId, failure } of outcomes) {
      if (campaignId === null || paused.has(campaignId)) continue;
      if (!this.#repeats(campaignId, failure) || failure === null) continue;
      paused.add(campaignId);
      await this.#pause(campaignId, failure);
    }
  }

  async #pause(campaignId: string, failure: string): Promise<void> {
    const why = `paused by itself: ${this.#what} fails again and again`;
    const reason = `${why}: ${firstLine(failure)}`;
    const pausedAt = await this.#store.now();
    await this.#store.putPause({ campaignId, cause: 'failing', reason, pausedAt });
    crashPoint('pause:after-commit');
    this.#log.warn(
      `campaign ${campaignId} is ${why}: ${forLog(failure)}. Fix it and push, then: segflow resume ${campaignId}; segflow retry`,
    );
  }

  /** Whether the failure repeats: true once, when it is time to stop. */
  #repeats(campaignId: string, failure: string | null): boolean {
    const recent = this.#recent.get(campaignId) ?? [];
    this.#recent.set(campaignId, recent);
    const mark = failure && (innermostFrame(failure) ?? firstLine(failure));
    recent.push(mark);
    if (recent.length > WINDOW) recent.shift();
    if (failure === null) return false;
    const alike = recent.filter((other) => other === mark).length;
    if (alike < FAILURES || alike * 2 <= recent.length) return false;
    this.#recent.delete(campaignId);
    return true;
  }
}
