import type { ActivationRequest, RenderRequest } from '../../engine/ports/host.ts';
import type { Bundle } from '../../engine/ports/manifest.ts';
import { wordsOf } from '../../flow/journal/identity.ts';
import { journalPosition, parseJournal } from '../../flow/journal/journal.ts';
import type { Work } from '../wire/protocol.ts';
import type { ItemLimits, ProcessEnding, Reply } from './host-process.ts';

type Find = 'find-flow' | 'find-email';

export interface HangPlacesOptions {
  /** The time limit for an item. */
  itemMs: number;
  /** Runs one item in a separate child. */
  run: <K extends Find>(kind: K, bundle: Bundle, item: Work[K]['item'], limits: ItemLimits) => Promise<Reply>;
}

/** The time limit for examining an email: a child's first email is slow. */
const EMAIL_SHARE = 0.5;
const FLOW_MS = 1_000;
/** Short, because memory fills up quickly. */
const MEMORY_MS = 100;
/** The time for work outside the item: loading the bundle, reading samples and the source map. */
const AROUND_MS = 3_000;
const MAX_KEPT = 1_000;

/**
 * Finds where items hung or killed their process. The ended process cannot report the place, so the
 * item is run once more under observation, if possible. Otherwise the result is the place where the
 * item's code begins.
 */
export class HangPlaces {
  readonly #options: HangPlacesOptions;
  /** The places where the code of flows and emails begins. */
  readonly #beginnings = new Map<string, Promise<string>>();

  constructor(options: HangPlacesOptions) {
    this.#options = options;
  }

  /**
   * Lines: the frames of a stack trace, and the last completed step. Without an ending, only the
   * beginning of the flow.
   */
  async ofFlow(bundle: Bundle, request: ActivationRequest, ending?: ProcessEnding): Promise<string> {
    const dry = { ...request, dryRun: true };
    const ms = { timeout: Math.min(this.#options.itemMs, FLOW_MS), memory: MEMORY_MS, exit: 0 };
    const about = { item: dry, ms: ending ? ms[ending.reason] : 0, key: request.campaignId };
    const frames = await this.#find('find-flow', bundle, about);
    return [frames, `    ${lastStep(request.journal)}`].filter((line) => line !== '').join('\n');
  }

  /** The same for an email, including which email it is. */
  async ofEmail(bundle: Bundle, request: RenderRequest, ending?: ProcessEnding): Promise<string> {
    const email = `${request.kind} "${request.id}"`;
    const ms = { timeout: this.#options.itemMs * EMAIL_SHARE, memory: MEMORY_MS, exit: 0 };
    const about = { item: request, ms: ending ? ms[ending.reason] : 0, key: email };
    const frames = await this.#find('find-email', bundle, about);
    return [frames, `    in the ${email}`].filter((line) => line !== '').join('\n');
  }

  async #find<K extends Find>(
    kind: K,
    bundle: Bundle,
    { item, ms, key }: { item: Work[K]['item']['request']; ms: number; key: string },
  ): Promise<string> {
    const found = ms > 0 ? await this.#ask(kind, bundle, { request: item, ms } as Work[K]['item']) : '';
    if (found !== '') return found;
    const name = `${bundle.id} ${kind} ${key}`;
    const beginning =
      this.#beginnings.get(name) ?? this.#ask(kind, bundle, { request: item, ms: 0 } as Work[K]['item']);
    this.#beginnings.set(name, beginning);
    for (const oldest of this.#beginnings.keys()) {
      if (this.#beginnings.size <= MAX_KEPT) break;
      this.#beginnings.delete(oldest);
    }
    return beginning;
  }

  /** '' when this child ends too, or the server shuts down. */
  async #ask<K extends Find>(kind: K, bundle: Bundle, item: Work[K]['item']): Promise<string> {
    try {
      const reply = await this.#options.run(kind, bundle, item, { itemMs: item.ms + AROUND_MS });
      return 'answer' in reply && 'ok' in reply.answer ? String(reply.answer.ok[0]) : '';
    } catch {
      return '';
    }
  }
}

// --- internal ---

function lastStep(journal: string): string {
  const last = parseJournal(journal).entries.at(-1);
  return last ? `after step ${journalPosition(journal)}: ${wordsOf(last)}` : 'before its first step';
}
