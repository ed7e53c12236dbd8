import { messageOf } from '../../core/errors.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import type { AnyStep } from '../commands/commands.ts';
import { type Identity, isPatchRecord, wordsOf, wordsOfRecord } from '../journal/identity.ts';
import { parseBase } from '../journal/journal.ts';
import type { ActivationInput } from './activation.ts';
import { MAX_COMMANDS_PER_ACTIVATION, TooManyCommands } from './endless-loop.ts';
import { accept } from './flow-rules.ts';
import type { RunningFlow } from './running-flow.ts';

/** How a flow differs from its journal; both sides in words. */
export interface Divergence {
  recorded: string;
  yielded: string;
}

/** Whether a flow is being replayed: its output was already printed the first time. */
export function isReplaying(): boolean {
  return replaying;
}

/** A replay was interrupted: no replay is running any more. */
export function abandonReplay(): void {
  replaying = false;
}

let replaying = false;

/**
 * Replays a journal, record by record: `@` moves the clock, `!` changes the attributes, `<` or `^`
 * sets the result or error that the flow gets next, `>` resumes the flow, which must yield this
 * command. Resuming only at `>` allows a later activation to continue one that failed. Steps
 * without a record (`inline`) are answered wherever they occur.
 */
export class JournalReplay {
  private readonly flow: RunningFlow;
  private readonly identity: Identity;
  private readonly input: ActivationInput;
  private cursor = 0;
  /** The next result belongs to a `patched` that the flow no longer asks. */
  private skipping = false;

  constructor(flow: RunningFlow, { input, identity }: { input: ActivationInput; identity: Identity }) {
    this.flow = flow;
    this.input = input;
    this.identity = identity;
  }

  /** Returns why the flow cannot continue from this journal, or undefined. */
  run(): Divergence | undefined {
    replaying = true;
    try {
      return this.repeatAll();
    } catch (error) {
      return { recorded: `a journal that cannot be continued (${messageOf(error)})`, yielded: 'nothing' };
    } finally {
      replaying = false;
    }
  }

  /** The first value of an attribute recorded after the activation being replayed. */
  later(key: string): Json | undefined {
    const text = this.input.journal;
    let from = this.cursor;
    while (true) {
      const found = text.indexOf('\n!', from);
      if (found < 0) return undefined;
      from = text.indexOf('\n', found + 1);
      const values = parseValue(text, found + 2, from) as JsonObject;
      if (Object.hasOwn(values, key)) return values[key];
    }
  }

  private repeatAll(): Divergence | undefined {
    const text = this.input.journal;
    while (this.cursor < text.length) {
      const from = this.cursor;
      const to = text.indexOf('\n', from);
      if (to < 0) throw new Error('the last record is cut off');
      const diverged = this.repeat(text, from, to);
      if (diverged) return diverged;
      this.cursor = to + 1;
    }
    const { flow } = this;
    if (!flow.pending && this.input.result !== undefined && flow.position > 0) {
      throw new Error('there is a result, but no command waits for one');
    }
    return undefined;
  }

  private repeat(text: string, from: number, to: number): Divergence | undefined {
    const { flow } = this;
    switch (text.charCodeAt(from)) {
      case LETTER.command:
        return this.repeatCommand(text, from, to);
      case LETTER.result:
        if (this.skipping) this.skipping = false;
        else flow.tell(parseValue(text, from + 1, to));
        return undefined;
      case LETTER.activation:
        flow.beginActivation(Number.parseInt(text.slice(from + 1, to), 36));
        flow.attributes.beginReplayed();
        return undefined;
      case LETTER.seen:
        flow.attributes.addRecorded(parseValue(text, from + 1, to) as JsonObject);
        return undefined;
      case LETTER.attempt:
        flow.attempts++;
        return undefined;
      case LETTER.error:
        flow.throwIn((parseValue(text, from + 1, to) as { message: string }).message);
        return undefined;
      case LETTER.base: {
        const { base, state } = parseBase(text.slice(from + 1, to));
        flow.startFrom(base, state as Json);
        return undefined;
      }
      case LETTER.hurry:
        flow.hurry.count = Number.parseInt(text.slice(from + 1, to), 36);
        return undefined;
      default:
        throw new Error(`unknown record "${text[from]}", written by a newer Segflow`);
    }
  }

  /** Resumes the flow, which must yield the command of the record at `from`. */
  private repeatCommand(text: string, from: number, to: number): Divergence | undefined {
    const { flow } = this;
    if (flow.pending) throw new Error('a command has no result, but another one follows');
    let words: string;
    try {
      const result = this.nextRecorded(text, from, to);
      const step = result.done ? undefined : accept(result.value);
      if (step && this.identity.matches(step, text, { from, to })) {
        flow.await(step);
        if (step.kind === 'update') flow.attributes.patch(step.detail.patch);
        return undefined;
      }
      if (isPatchRecord(text, from)) {
        flow.hold(result);
        this.skipping = true;
        flow.position++;
        return undefined;
      }
      words = step ? wordsOf(step) : 'the end of the flow';
    } catch (error) {
      words = `an error: ${messageOf(error)}`;
    }
    const recorded = wordsOfRecord(text, from, to);
    return { recorded, yielded: words === recorded ? `${words} with other values` : words };
  }

  /** The next yielded step that leaves a record. */
  private nextRecorded(text: string, from: number, to: number): IteratorResult<unknown, unknown> {
    for (let count = 0; count <= MAX_COMMANDS_PER_ACTIVATION; count++) {
      const result = this.flow.next();
      if (result.done) return result;
      const step = accept(result.value);
      if (step.kind === 'inline') this.flow.answerInPlace(step);
      // The first run did not ask this `patched`: do as the first run did.
      else if (step.kind === 'patch' && !this.patchAhead(step, text, { from, to })) this.flow.answer(false);
      else return result;
    }
    throw new TooManyCommands();
  }

  /**
   * Whether the record at `from` belongs to this `patched`, or to another that the flow no longer
   * asks and that this one follows.
   */
  private patchAhead(step: AnyStep, text: string, { from, to }: { from: number; to: number }): boolean {
    while (isPatchRecord(text, from)) {
      if (this.identity.matches(step, text, { from, to })) return true;
      from = text.indexOf('\n', to + 1) + 1;
      to = text.indexOf('\n', from);
    }
    return false;
  }
}

// --- internal ---

const LETTER = {
  activation: 64,
  base: 61,
  seen: 33,
  command: 62,
  attempt: 45,
  result: 60,
  error: 94,
  hurry: 126,
};

function parseValue(text: string, from: number, to: number): unknown {
  // Every wait's result is null, so a shortcut pays off.
  if (to - from === 4 && text.charCodeAt(from) === 110) return null;
  return JSON.parse(text.slice(from, to));
}
