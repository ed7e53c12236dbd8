import { hash53 } from '../../core/hash.ts';

/**
 * A run's journal: the commands that its flow yielded and the results that the flow got. The flow
 * is replayed from it. Text, append-only:
 *
 *   journal := record*          every record ends with a line feed
 *   "@" ms36                    an activation began at this time (base 36 milliseconds); the
 *                               records up to the next "@" happened in it
 *   "=" position36 SP json      only after the first "@": the flow started over with this state,
 *                               after this many commands, whose records are gone
 *   "~" count36                 after "=": the number of activations in a row, up to this one, that
 *                               had begun although the flow had not waited (see endless-loop;
 *                               absent when none)
 *   "!" json                    attribute values that the flow read in this activation, where they
 *                               differ from the last recorded ones ({"plan":"pro"}; null for an
 *                               absent attribute)
 *   ">" kind SP key SP argsHash the flow yielded a command; its position is its ordinal, from 0 or
 *                               from the position of "=". argsHash is "-" when no arguments are
 *                               part of the step's identity
 *   "-" json                    an attempt at the previous command failed: {"message":"…"}
 *   "<" json                    the result of the previous command (absent while it is pending)
 *   "^" json                    instead of "<": the previous command failed permanently, and this
 *                               error was thrown into the flow: {"message":"…"}
 *
 *   key := ["#" id "/"] label   both percent-encoded. The label tells people what the step is
 *                               about; the id is the author's name for the step
 *
 * Invariants: the first record is "@". At most one command, the last, has no result. A "<" follows
 * its ">", or the "@" (and "!") of the activation that brought the result. Values that can be
 * derived are not stored: deadlines of past waits, positions, occurrences. Old records may be
 * sealed into compressed chunks; the concatenation is the journal. Every version of Segflow reads
 * every journal ever written: add record letters, never change one.
 */
export interface JournalEntry {
  kind: string;
  /** The label. */
  key: string;
  /** The author's name for the step. */
  id: string | null;
  argsHash: string;
  /** When the command was yielded, epoch milliseconds. */
  at: number;
  /** The number of failed attempts. */
  attempts: readonly { message: string; at: number }[];
  /** Absent while the command is pending. */
  result?: { value: unknown; at: number };
  /** The error of a command that failed permanently and has no result. */
  error?: { message: string; at: number };
}

export interface ActivationRecord {
  at: number;
  /** Attribute values first seen, or seen changed, in this activation. */
  seen: Record<string, unknown>;
}

export interface Journal {
  /**
   * The number of commands yielded before the first of `entries`, because the flow has started over
   * since.
   */
  base: number;
  /** The state that the flow started over with; null when it did not start over. */
  state: unknown;
  /**
   * The number of activations in a row, up to that restart, before which the flow had not waited.
   */
  hurried: number;
  entries: JournalEntry[];
  activations: ActivationRecord[];
  /** For each activation, the number of entries yielded before it began. */
  starts: number[];
}

export function parseJournal(text: string): Journal {
  const journal: Journal = { base: 0, state: null, hurried: 0, entries: [], activations: [], starts: [] };
  let activation: ActivationRecord = { at: 0, seen: {} };
  let entry: JournalEntry | undefined;
  const last = (): JournalEntry => {
    if (!entry) throw new Error('a journal begins with a result');
    return entry;
  };
  let from = 0;
  while (from < text.length) {
    let to = text.indexOf('\n', from);
    if (to < 0) to = text.length;
    const body = text.slice(from + 1, to);
    switch (text[from]) {
      case '@':
        activation = { at: Number.parseInt(body, 36), seen: {} };
        journal.activations.push(activation);
        journal.starts.push(journal.entries.length);
        break;
      case '=':
        Object.assign(journal, parseBase(body));
        break;
      case '~':
        journal.hurried = Number.parseInt(body, 36);
        break;
      case '!':
        activation.seen = JSON.parse(body);
        break;
      case '>':
        entry = parseCommand(body, activation.at);
        journal.entries.push(entry);
        break;
      case '<':
        last().result = { value: parseValue(body), at: activation.at };
        break;
      case '-':
        last().attempts = [...last().attempts, { message: messageIn(body), at: activation.at }];
        break;
      case '^':
        last().error = { message: messageIn(body), at: activation.at };
        break;
      default:
        throw new Error(`unknown journal record "${text[from]}": it was written by a newer Segflow`);
    }
    from = to + 1;
  }
  return journal;
}

/** A ">" record without its letter, of a command yielded at that time. */
export function parseCommand(body: string, at = 0): JournalEntry {
  const kindEnd = body.indexOf(' ');
  const keyEnd = body.indexOf(' ', kindEnd + 1);
  let keyStart = kindEnd + 1;
  let id: string | null = null;
  if (body[keyStart] === '#') {
    const slash = body.indexOf('/', keyStart);
    id = decoded(body.slice(keyStart + 1, slash));
    keyStart = slash + 1;
  }
  return {
    kind: body.slice(0, kindEnd),
    key: decoded(body.slice(keyStart, keyEnd)),
    id,
    argsHash: body.slice(keyEnd + 1),
    at,
    attempts: NO_ATTEMPTS,
  };
}

/** Position and state of a "=" record without its letter. */
export function parseBase(body: string): { base: number; state: unknown } {
  const space = body.indexOf(' ');
  return { base: Number.parseInt(body.slice(0, space), 36), state: JSON.parse(body.slice(space + 1)) };
}

/** The number of commands yielded before the first command in the journal. */
export function journalBase(text: string): number {
  const second = text.indexOf('\n') + 1;
  return second > 0 && text[second] === '=' ? Number.parseInt(text.slice(second + 1), 36) : 0;
}

/** The number of commands that the run has yielded. */
export function journalPosition(text: string): number {
  return journalBase(text) + (text.match(/^>/gm)?.length ?? 0);
}

export const record = {
  activation: (at: number) => `@${at.toString(36)}\n`,
  base: (position: number, state: unknown) => `=${position.toString(36)} ${JSON.stringify(state ?? null)}\n`,
  hurry: (count: number) => `~${count.toString(36)}\n`,
  seen: (values: Record<string, unknown>) => `!${JSON.stringify(values)}\n`,
  command: (entry: { kind: string; key: string; id: string | null; argsHash: string }) =>
    `>${entry.kind} ${entry.id === null ? '' : `#${encodeURIComponent(entry.id)}/`}${encodeURIComponent(entry.key)} ${entry.argsHash}\n`,
  attempt: (message: string) => `-${JSON.stringify({ message })}\n`,
  result: (value: unknown) => `<${JSON.stringify(value ?? null)}\n`,
  error: (message: string) => `^${JSON.stringify({ message })}\n`,
};

/**
 * The rolling hash of a journal: of `previous` (the hash before, '' at the start) and the records
 * added since. Excludes the times, values that depend on them, and the ids of messages, so that two
 * runs that did the same things have the same hash.
 */
export function rollHash(previous: string, added: string): string {
  return hash53(previous + added.replace(/^[@~].*\n|(?<=^<\{.*)"messageId":"[^"]*"/gm, ''));
}

// --- internal ---

const NO_ATTEMPTS: JournalEntry['attempts'] = [];

/** Most keys contain nothing that needs decoding. */
function decoded(text: string): string {
  return text.includes('%') ? decodeURIComponent(text) : text;
}

/** Every wait's result is null, so a shortcut pays off. */
function parseValue(body: string): unknown {
  return body === 'null' ? null : JSON.parse(body);
}

function messageIn(body: string): string {
  return (JSON.parse(body) as { message: string }).message;
}
