import { hash53 } from '../core/hash.ts';

/**
 * A run's journal: what its flow yielded and was told, from which the flow is replayed. Text, append-only:
 *
 *   journal := record*                       every record ends with a line feed
 *   "@" ms36                                 an activation began at this time (base 36 milliseconds); what follows up
 *                                            to the next "@" happened in it
 *   "!" json                                 attribute values the flow read in this activation, where they differ from
 *                                            the last recorded ones ({"plan":"pro"}; null for an absent attribute)
 *   ">" kind SP key SP argsHash              the flow yielded a command; its position is its ordinal, from 0.
 *                                            `key` is percent-encoded; argsHash is "-" when there are no arguments
 *   "<" json                                 the result of the command before it (absent while it is pending)
 *
 * Invariants: the first record is "@"; at most one command, the last, has no result; a "<" follows its ">" or the "@"
 * (and "!") of the activation that brought the result. Nothing that can be derived is stored: deadlines of past waits,
 * positions and occurrences are not. Old records may be sealed into compressed chunks; the concatenation is the journal.
 * Every version of Segflow reads every journal ever written: add record letters, never change one.
 */
export interface JournalEntry {
  kind: string;
  key: string;
  argsHash: string;
  /** When the command was yielded, epoch milliseconds. */
  at: number;
  /** Absent while the command is pending. */
  result?: { value: unknown; at: number };
}

export interface Activation {
  at: number;
  /** Attribute values first seen, or seen changed, in this activation. */
  seen: Record<string, unknown>;
}

export interface Journal {
  entries: JournalEntry[];
  activations: Activation[];
  /** For each activation, how many commands had been yielded before it began. */
  starts: number[];
}

export function parseJournal(text: string): Journal {
  const journal: Journal = { entries: [], activations: [], starts: [] };
  let activation: Activation = { at: 0, seen: {} };
  let from = 0;
  while (from < text.length) {
    let to = text.indexOf('\n', from);
    if (to < 0) to = text.length;
    const letter = text[from];
    const body = text.slice(from + 1, to);
    from = to + 1;
    if (letter === '@') {
      activation = { at: Number.parseInt(body, 36), seen: {} };
      journal.activations.push(activation);
      journal.starts.push(journal.entries.length);
    } else if (letter === '!') {
      activation.seen = JSON.parse(body);
    } else if (letter === '>') {
      const [kind = '', key = '', argsHash = '-'] = body.split(' ');
      journal.entries.push({ kind, key: decodeURIComponent(key), argsHash, at: activation.at });
    } else if (letter === '<') {
      const entry = journal.entries.at(-1);
      if (!entry) throw new Error('a journal begins with a result');
      entry.result = { value: JSON.parse(body), at: activation.at };
    } else {
      throw new Error(`unknown journal record "${letter}": it was written by a newer Segflow`);
    }
  }
  return journal;
}

export const record = {
  activation: (at: number) => `@${at.toString(36)}\n`,
  seen: (values: Record<string, unknown>) => `!${JSON.stringify(values)}\n`,
  command: (entry: { kind: string; key: string; argsHash: string }) =>
    `>${entry.kind} ${encodeURIComponent(entry.key)} ${entry.argsHash}\n`,
  result: (value: unknown) => `<${JSON.stringify(value ?? null)}\n`,
};

/**
 * The rolling hash of a journal: of `previous` (the hash before, '' at the start) and the records added since, without
 * the times and the ids of messages, so that two runs that did the same thing have the same hash.
 */
export function rollHash(previous: string, added: string): string {
  return hash53(previous + added.replace(/^@.*\n|(?<=^<\{.*)"messageId":"[^"]*"/gm, ''));
}
