import { hash53 } from '../../core/hash.ts';
import { canonicalJson } from '../../core/json.ts';
import type { AnyStep, CommandKind } from '../commands/commands.ts';
import { parseCommand, record } from './journal.ts';

/*
 * How a yielded step is matched to the step at the same place in the journal: by its kind, and
 *
 *   with an id                                       by the id alone
 *   email                                            by the template; neither props nor subject
 *   event, segment, member, emit, start, run, patch  by the name; neither timeout, match,
 *                                                    attributes nor function
 *   race                                             by its labels; not by the branches
 *   update                                           by the patch, which the flow has since seen
 *                                                    in ctx.attributes
 *   wait, until, daytime, query, exit                by nothing else: a wait that has begun keeps
 *                                                    its deadline, and a query its answer,
 *                                                    whatever the code says now
 *
 * So runs that are past a changed wait, or in it, can follow the change. A run cannot follow a step
 * that was inserted or removed before the place that it has reached.
 */

/**
 * Makes the text of steps' records, and compares them. One per execution of the flow, because loops
 * yield the same few steps again and again.
 */
export class Identity {
  readonly #encoded = new Map<string, string>();

  /**
   * Whether the ">" record of `text`, from `from` to its line feed at `to`, belongs to this step.
   */
  matches(step: AnyStep, text: string, { from, to }: { from: number; to: number }): boolean {
    const prefix = PREFIX[step.kind];
    if (!text.startsWith(prefix, from)) return false;
    const key = from + prefix.length;
    if (step.id !== null) return text.startsWith(`#${this.#encode(step.id)}/`, key);
    if (text.charCodeAt(key) === NUMBER_SIGN) return false;
    if (BY_LABEL.has(step.kind)) {
      const label = this.#encode(step.key);
      return text.startsWith(label, key) && text.charCodeAt(key + label.length) === SPACE;
    }
    return step.args === null || text.slice(key, to).endsWith(` ${argsHash(step)}`);
  }

  /** The step's ">" record. */
  recordOf(step: AnyStep): string {
    return record.command({ kind: step.kind, key: step.key, id: step.id, argsHash: argsHash(step) });
  }

  #encode(text: string): string {
    let encoded = this.#encoded.get(text);
    if (encoded === undefined) {
      encoded = encodeURIComponent(text);
      this.#encoded.set(text, encoded);
    }
    return encoded;
  }
}

/** A step in words: `email welcome`, `wait 2d`. */
export function wordsOf({ kind, key, id }: { kind: string; key: string; id: string | null }): string {
  const what = kind === 'again' ? 'a restart (continueAsNew)' : `${kind} ${key}`.trimEnd();
  return id === null ? what : `${what} (${id})`;
}

/** The same for a ">" record of `text`. */
export function wordsOfRecord(text: string, from: number, to: number): string {
  return wordsOf(parseCommand(text.slice(from + 1, to)));
}

/** Whether the record at `from` belongs to `patched`. */
export function isPatchRecord(text: string, from: number): boolean {
  return text.startsWith(PREFIX.patch, from);
}

// --- internal ---

const NUMBER_SIGN = 35;
const SPACE = 32;

const BY_LABEL: ReadonlySet<CommandKind> = new Set([
  'email',
  'event',
  'segment',
  'race',
  'member',
  'emit',
  'start',
  'run',
  'patch',
]);

const PREFIX: Record<CommandKind, string> = {
  email: '>email ',
  wait: '>wait ',
  until: '>until ',
  daytime: '>daytime ',
  event: '>event ',
  segment: '>segment ',
  race: '>race ',
  member: '>member ',
  query: '>query ',
  update: '>update ',
  emit: '>emit ',
  start: '>start ',
  run: '>run ',
  patch: '>patch ',
  exit: '>exit ',
  again: '>again ',
  inline: '>inline ',
};

function argsHash({ args }: AnyStep): string {
  return args === null || args === undefined ? '-' : hash53(canonicalJson(args));
}
