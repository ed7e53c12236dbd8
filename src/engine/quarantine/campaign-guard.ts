import { crashPoint } from '../../core/crash-point.ts';
import { firstLine, forLog, innermostFrame } from '../../core/failure-text.ts';
import type { Log } from '../ports/log.ts';
import type { Store } from '../ports/store.ts';

/** The number of recent outcomes, and how many of them must have failed alike. */
const WINDOW = 20;
const FAILURES = 10;

/**
 * Pauses a campaign that fails repeatedly: of the last 20 outcomes more than half, and at least
 * ten, failed at the same place, or with the same message when no place is known. (A message may
 * contain the user's id and differ each time.) Until it is resumed, none of its runs advance and
 * none of its mail is sent, so a bad push spoils few runs, which `retry` continues. The counts live
 * in memory: a restarted process starts from zero.
 */
export class CampaignGuard {
  #store: Store;
  #log: Log;
  #what: string;
  #recent = new Map<string, (string | null)[]>();

  /** @param options.what names the subject in messages: "its flow". */
  constructor(options: { store: Store; log: Log; what: string }) {
    this.#store = options.store;
    this.#log = options.log;
    this.#what = options.what;
  }

  /**
   * Outcomes in their order; `failure` is null for a success. Transactions have no campaign and are
   * never paused.
   */
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

  /** Whether the failure repeats: true once, when the campaign must be paused. */
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
