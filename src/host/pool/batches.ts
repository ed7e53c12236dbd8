import { isWaiting } from '../wire/progress.ts';
import type { ThrownError, Work } from '../wire/protocol.ts';
import { describeEnding, endingError, wireFailure } from './endings.ts';
import type { ItemLimits, ProcessEnding, Reply } from './host-process.ts';

/** Kinds of work that return a result for each item, failures included. */
export type ItemKind = 'advance' | 'render';

export interface ItemsOptions<K extends ItemKind> {
  run: (items: Work[K]['item'][], limits: ItemLimits) => Promise<Reply>;
  itemMs: number;
  /**
   * How the batch is divided among the children: at most `most` parts, each with at least `least`
   * items.
   */
  parts: { least: number; most: number };
  /** Makes the result of an item that hangs or kills its process. */
  failed: (item: Work[K]['item'], error: ThrownError) => Work[K]['result'];
  /** Finds where such an item was, as lines. `ending` is left out when the search must be quick. */
  placeOf: (item: Work[K]['item'], ending?: ProcessEnding) => Promise<string>;
  /**
   * If given, an item at which its child ended is not tried again but reported as a suspect. After
   * two suspects from one campaign or template, its other items are reported as well.
   */
  onSuspect?: ((item: Work[K]['item']) => void) | undefined;
  kinOf: (item: Work[K]['item']) => string;
  /** With `onSuspect`: the time limit for an item while other items of the batch wait. */
  sharedMs: number;
  /** The items are known suspects, so one that hangs is not tried again. */
  suspected?: boolean | undefined;
}

/** After this many suspects from one campaign or template, the rest of it is quarantined too. */
const SUSPECT_KIN = 2;

/**
 * After this many failed items in a batch, a suspect is not tried again and gets less time: the
 * code is broken for all users.
 */
const PATIENT_WITH = 2;
const IMPATIENT_FACTOR = 0.1;
/** How often a child may end outside of an item before the bundle itself is blamed. */
const UNEXPLAINED = 2;

/**
 * The result of each item, in order. An item at which its child ended is tried once more alone, in
 * another child, because an operator's kill or a lack of memory is not the item's fault. If the
 * retry ends the same way, only this item fails, and the others run again without it. Rejects only
 * for problems of the bundle as a whole.
 */
export async function runItems<K extends ItemKind>(
  kind: K,
  items: Work[K]['item'][],
  options: ItemsOptions<K>,
): Promise<Work[K]['result'][]> {
  const results = new Map<Work[K]['item'], Work[K]['result']>();
  const parts = inParts(items, options.parts);
  await Promise.all(parts.map((part) => runPart(kind, part, { ...options, results })));
  return items.map((item) => results.get(item)!);
}

// --- internal ---

/**
 * `items` in at most `most` parts of about equal size, none smaller than `least` unless there is
 * only one.
 */
function inParts<T>(items: T[], { least, most }: { least: number; most: number }): T[][] {
  const count = Math.max(1, Math.min(most, Math.floor(items.length / least)));
  const size = Math.ceil(items.length / count);
  const parts: T[][] = [];
  for (let from = 0; from < items.length; from += size) parts.push(items.slice(from, from + size));
  return parts;
}

async function runPart<K extends ItemKind>(
  kind: K,
  items: Work[K]['item'][],
  options: ItemsOptions<K> & { results: Map<Work[K]['item'], Work[K]['result']> },
): Promise<void> {
  const { itemMs, results } = options;
  let rest = items;
  let failures = 0;
  let unexplained = 0;
  const suspects = new Map<string, number>();

  /** Runs items and keeps their results. Otherwise returns how and where the child ended. */
  const attempt = async (some: typeof rest): Promise<{ ended: ProcessEnding; index: number } | undefined> => {
    const limit = options.onSuspect
      ? Math.min(itemMs, options.sharedMs)
      : failures < PATIENT_WITH
        ? itemMs
        : Math.ceil(itemMs * IMPATIENT_FACTOR);
    const reply = await options.run(some, { itemMs: limit, bundleMs: itemMs });
    if ('ended' in reply) {
      const explained = some[reply.index] !== undefined || isWaiting(reply.index);
      if (!explained && ++unexplained >= UNEXPLAINED) {
        throw endingError(reply.ended, { index: reply.index, kind });
      }
      return reply;
    }
    if ('error' in reply.answer) throw wireFailure(reply.answer.error);
    const ok = (reply.answer as { ok: Work[K]['result'][] }).ok;
    some.forEach((item, i) => {
      results.set(item, ok[i]!);
    });
    return undefined;
  };

  while (rest.length > 0) {
    const first = await attempt(rest);
    if (!first) return;
    if (isWaiting(first.index) && rest.length > 1) {
      // One of the waiting items ended the child. Running the halves separately finds it.
      await Promise.all(inParts(rest, { least: 1, most: 2 }).map((part) => runPart(kind, part, options)));
      return;
    }
    const suspect = isWaiting(first.index) ? rest[0] : rest[first.index];
    if (suspect === undefined) continue;
    if (options.onSuspect) {
      const aside = new Set(putAside(suspect, { rest, kinOf: options.kinOf, counts: suspects }));
      for (const item of aside) {
        results.set(item, options.failed(item, { message: describeEnding(first.ended, kind), stack: '' }));
        options.onSuspect(item);
      }
      rest = rest.filter((item) => !aside.has(item));
      continue;
    }
    const sure = failures >= PATIENT_WITH || (options.suspected && first.ended.reason !== 'exit');
    const again = sure ? first : await attempt([suspect]);
    // This time the child ended outside of the item, so nothing is proven.
    if (again && again.index < 0 && !isWaiting(again.index)) continue;
    rest = rest.filter((item) => item !== suspect);
    if (!again) continue;
    failures++;
    const place = await options.placeOf(suspect, failures <= PATIENT_WITH ? again.ended : undefined);
    const message = describeEnding(again.ended, kind);
    results.set(suspect, options.failed(suspect, { message, stack: place && `${message}\n${place}` }));
  }
}

/** The suspect, plus the other items of its campaign or template once that has enough suspects. */
function putAside<T>(
  suspect: T,
  about: { rest: T[]; kinOf: (item: T) => string; counts: Map<string, number> },
): T[] {
  const { rest, kinOf, counts } = about;
  const kin = kinOf(suspect);
  const count = (counts.get(kin) ?? 0) + 1;
  counts.set(kin, count);
  return count < SUSPECT_KIN ? [suspect] : rest.filter((item) => kinOf(item) === kin);
}
