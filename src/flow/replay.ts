import { messageOf, SegflowError } from '../core/errors.ts';
import { hash53 } from '../core/hash.ts';
import { canonicalJson, type Json, type JsonObject } from '../core/json.ts';
import { AttributeView } from './attribute-view.ts';
import type { Command } from './commands.ts';
import { deterministically, type FlowScope } from './deterministic.ts';
import { accept, type PendingCommand, startFlow, waitsFor } from './flow-rules.ts';
import { record } from './journal.ts';

/*
 * One activation of a run: its flow is run from the start and told again what the journal says it was told, which must lead to the
 * commands the journal says it yielded; then it goes on from there until it yields a command that waits, ends or throws.
 *
 * States, by record: `@` the clock moves, `!` the attributes change, `<` the flow will be told this, `>` the flow is resumed and must
 * yield this. Resuming only at `>` lets an activation that failed be taken up by a later one. Nothing here is kept between
 * calls: after a crash the journal is all there is, and all that is needed.
 */

/** More commands than this from one activation are a loop that never waits. */
export const MAX_COMMANDS_PER_ACTIVATION = 10_000;

export interface ActivationInput {
  runId: number;
  userId: string;
  attributes: JsonObject;
  /** Epoch milliseconds. */
  enteredAt: number;
  /** The journal so far; empty for a run that begins. */
  journal: string;
  /** The result of the pending command. */
  result?: Json;
  /** The time of this activation, epoch milliseconds. */
  at: number;
}

export type ActivationOutput =
  | {
      outcome: 'advanced';
      /** Records to append to the journal. */
      appended: string;
      /** How many commands the journal then has. */
      position: number;
      /** Null: the flow has ended. */
      pending: PendingCommand | null;
    }
  | { outcome: 'failed'; appended: string; position: number; error: { message: string; stack: string } }
  /** The flow does not repeat what the journal says; both in words ("email winback-email", "wait 2d"). */
  | { outcome: 'diverged'; position: number; recorded: string; yielded: string };

/** Answers a command on the spot, so that the flow goes on in the same activation; undefined lets it wait. */
export type ImmediateAnswer = (command: Command) => { value: Json } | undefined;

/** Runs one activation of `flow`. Never throws: what goes wrong is an outcome. */
export function activate(
  flow: unknown,
  input: ActivationInput,
  answer: ImmediateAnswer = () => undefined,
): ActivationOutput {
  return deterministically(input.runId, (scope) => {
    const passage = new Passage(flow, input, scope);
    try {
      replaying = true;
      const diverged = passage.replay();
      replaying = false;
      return diverged ?? passage.advance(answer);
    } finally {
      replaying = false;
    }
  });
}

/** Whether a flow is being told again what it was told before: what it prints now was printed then. */
export function isReplaying(): boolean {
  return replaying;
}

// --- internal ---

let replaying = false;

const LETTER = { activation: 64, seen: 33, command: 62, result: 60 };

class Passage {
  private readonly flow: unknown;
  private readonly input: ActivationInput;
  private readonly scope: FlowScope;
  private readonly attributes: AttributeView;
  private generator: Iterator<unknown, unknown, unknown> | undefined;
  private position = 0;
  /** What the flow is told when it is resumed next. */
  private told: unknown;
  private pending: Command | undefined;
  /** Records of argument-less commands, by key: a loop yields the same few again and again. */
  private readonly records = new Map<string, { kind: string; text: string }>();
  private cursor = 0;

  constructor(flow: unknown, input: ActivationInput, scope: FlowScope) {
    this.flow = flow;
    this.input = input;
    this.scope = scope;
    this.attributes = new AttributeView(input.attributes, (key) => this.laterRecord(key));
  }

  /** Repeats the journal. Returns why that is impossible, if it is. */
  replay(): ActivationOutput | undefined {
    const text = this.input.journal;
    try {
      while (this.cursor < text.length) {
        const from = this.cursor;
        const to = text.indexOf('\n', from);
        if (to < 0) throw new Error('the last record is cut off');
        const letter = text.charCodeAt(from);
        if (letter === LETTER.command) {
          const diverged = this.repeat(text, from, to);
          if (diverged) return diverged;
        } else if (letter === LETTER.result) {
          this.tell(parseValue(text, from + 1, to));
        } else if (letter === LETTER.activation) {
          this.scope.now = Number.parseInt(text.slice(from + 1, to), 36);
          this.attributes.beginReplayed();
        } else if (letter === LETTER.seen) {
          this.attributes.addRecorded(parseValue(text, from + 1, to) as JsonObject);
        } else {
          throw new Error(`unknown record "${text[from]}", written by a newer Segflow`);
        }
        this.cursor = to + 1;
      }
      if (!this.pending && this.input.result !== undefined && this.position > 0) {
        throw new Error('there is a result, but no command waits for one');
      }
    } catch (error) {
      return this.diverged(`a journal that cannot be continued (${messageOf(error)})`, 'nothing');
    }
    return undefined;
  }

  advance(answer: ImmediateAnswer): ActivationOutput {
    const { at, result = null } = this.input;
    let body = '';
    this.scope.now = at;
    this.attributes.beginLive();
    const appended = () => {
      const noted = this.attributes.noted();
      return record.activation(at) + (noted ? record.seen(noted) : '') + body;
    };
    try {
      if (this.pending) {
        body += record.result(result);
        this.tell(result);
      }
      for (let count = 0; count < MAX_COMMANDS_PER_ACTIVATION; count++) {
        const step = this.resume();
        if (step.done)
          return { outcome: 'advanced', appended: appended(), position: this.position, pending: null };
        const command = accept(step.value);
        const pending = waitsFor(command, at);
        body += this.recordOf(command);
        this.position++;
        this.pending = command;
        const answered = answer(command);
        if (!answered) return { outcome: 'advanced', appended: appended(), position: this.position, pending };
        body += record.result(answered.value);
        this.tell(answered.value);
      }
      throw new SegflowError(
        'flow_error',
        `the flow yielded ${MAX_COMMANDS_PER_ACTIVATION.toLocaleString('en')} commands without ever waiting`,
        { hint: 'Put an rt.wait() into the loop.' },
      );
    } catch (error) {
      return {
        outcome: 'failed',
        appended: appended(),
        position: this.position,
        error: describeError(error),
      };
    }
  }

  /** Resumes the flow, which must yield the command of the record at `from`. */
  private repeat(text: string, from: number, to: number): ActivationOutput | undefined {
    if (this.pending) throw new Error('a command has no result, but another one follows');
    const recorded = () => wordsOfRecord(text.slice(from + 1, to));
    let yielded: Command;
    try {
      const step = this.resume();
      if (step.done) return this.diverged(recorded(), 'the end of the flow');
      yielded = accept(step.value);
      const now = this.recordOf(yielded);
      if (now.length !== to + 1 - from || !text.startsWith(now, from)) {
        const words = `${yielded.kind} ${yielded.key}`;
        return this.diverged(recorded(), words === recorded() ? `${words} with other arguments` : words);
      }
    } catch (error) {
      return this.diverged(recorded(), `an error: ${messageOf(error)}`);
    }
    this.pending = yielded;
    this.position++;
    return undefined;
  }

  private tell(result: unknown): void {
    if (!this.pending) throw new Error('there is a result without its command');
    // A wait is typed to give nothing.
    this.told = this.pending.kind === 'wait' ? undefined : result;
    this.pending = undefined;
  }

  private resume(): IteratorResult<unknown, unknown> {
    this.scope.atPosition(this.position);
    this.generator ??= this.start();
    const told = this.told;
    this.told = undefined;
    return this.generator.next(told);
  }

  private start(): Iterator<unknown, unknown, unknown> {
    const attributes = this.attributes.proxy;
    const context = { id: this.input.userId, attributes, enteredAt: new Date(this.input.enteredAt) };
    return startFlow(this.flow, Object.freeze(context));
  }

  private recordOf(command: Command): string {
    if (command.args !== null && command.args !== undefined) {
      const { kind, key } = command;
      return record.command({ kind, key, argsHash: hash53(canonicalJson(command.args)) });
    }
    const known = this.records.get(command.key);
    if (known?.kind === command.kind) return known.text;
    const text = record.command({ kind: command.kind, key: command.key, argsHash: '-' });
    this.records.set(command.key, { kind: command.kind, text });
    return text;
  }

  /** The first value of an attribute recorded after the activation being replayed. */
  private laterRecord(key: string): Json | undefined {
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

  private diverged(recorded: string, yielded: string): ActivationOutput {
    return { outcome: 'diverged', position: this.position, recorded, yielded };
  }
}

function parseValue(text: string, from: number, to: number): unknown {
  // Every wait's result is null: worth a short cut.
  if (to - from === 4 && text.charCodeAt(from) === 110) return null;
  return JSON.parse(text.slice(from, to));
}

function wordsOfRecord(body: string): string {
  const [kind = '', key = ''] = body.split(' ');
  return `${kind} ${decodeURIComponent(key)}`;
}

function describeError(error: unknown): { message: string; stack: string } {
  const stack = error instanceof Error && typeof error.stack === 'string' ? error.stack : '';
  return { message: messageOf(error), stack };
}
