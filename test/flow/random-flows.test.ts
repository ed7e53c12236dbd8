import { expect, test } from 'bun:test';
import type { UserContext } from '../../src/config/types.ts';
import type { Json, JsonObject } from '../../src/core/json.ts';
import { command, type EmailOutcome } from '../../src/flow/commands.ts';
import { parseJournal, record } from '../../src/flow/journal.ts';
import type { ImmediateAnswer } from '../../src/flow/replay.ts';
import type { Runtime } from '../../src/flow/runtime.ts';
import { DrivenRun, seeded } from './drive.ts';

const KEYS = ['plan', 'city', 'tags', '__proto__', 'n'];

/** A flow made up from `seed`, whose way depends on attributes, time, chance and what it is told. */
function madeUpFlow(seed: number, trace: unknown[]) {
  return function* (ctx: UserContext<JsonObject>, rt: Runtime): Generator<unknown, void, never> {
    trace.length = 0;
    const pick = seeded(seed);
    const length = Math.floor(pick() * 25);
    for (let i = 0; i < length; i++) {
      const key = KEYS[Math.floor(pick() * KEYS.length)]!;
      const what = pick();
      if (what < 0.15) trace.push(JSON.stringify(ctx.attributes));
      else if (what < 0.5) trace.push(key, structuredClone(ctx.attributes[key]), key in ctx.attributes);
      else if (what < 0.7) trace.push(Math.random(), Date.now());
      const odd = typeof ctx.attributes.n === 'number' && ctx.attributes.n % 2 === 1;
      const next = pick();
      if (next < 0.3) trace.push(yield rt.wait({ hours: odd ? 1 : Math.floor(Math.random() * 100) }));
      else if (next < 0.5) trace.push(yield command('email', `with args ${i}`, { odd, key }));
      else if (next < 0.6) trace.push(yield rt.sendEmail(`now %${i}`));
      else {
        const outcome = (yield* rt.sendEmail(odd ? 'odd' : 'even')) as EmailOutcome;
        if (outcome.status === 'failed') return;
      }
    }
    if (pick() < 0.2) throw new Error('made up');
  };
}

function madeUpAttributes(pick: () => number): JsonObject {
  const attributes: JsonObject = {};
  for (const key of KEYS) {
    if (pick() < 0.3) continue;
    const value: Json = key === 'tags' ? ['a', { b: Math.floor(pick() * 3) }] : Math.floor(pick() * 4);
    Object.defineProperty(attributes, key, { value, enumerable: true, configurable: true, writable: true });
  }
  return attributes;
}

test('a replay at every step sees and does what was seen and done before', () => {
  for (let seed = 1; seed <= 400; seed++) {
    const pick = seeded(seed * 7919);
    const trace: unknown[] = [];
    const answer: ImmediateAnswer = ({ key }) =>
      key.startsWith('now') ? { value: { told: key } } : undefined;
    const run = new DrivenRun(madeUpFlow(seed, trace), { runId: seed, answer });
    let before: unknown[] = [];
    let result: Json | undefined;
    while (true) {
      run.attributes = madeUpAttributes(pick);
      run.at += Math.floor(pick() * 1e9);
      const journalBefore = run.journal;
      const output = run.step(result);
      const context = `seed ${seed}, journal\n${journalBefore}`;
      expect(output.outcome, context).not.toBe('diverged');
      expect(trace.slice(0, before.length), context).toEqual(before);
      before = structuredClone(trace);
      expect(written(run.journal)).toBe(run.journal);
      if (output.outcome !== 'advanced' || output.pending === null) break;
      expect(output.position).toBe(parseJournal(run.journal).entries.length);
      const status = pick() < 0.03 ? 'failed' : 'sent';
      result = output.pending.kind === 'wait' ? null : { status, messageId: `msg_${output.position}` };
    }
  }
});

/** The journal as parsed and written again. */
function written(text: string): string {
  const journal = parseJournal(text);
  let again = '';
  for (const [index, activation] of journal.activations.entries()) {
    again += record.activation(activation.at);
    if (Object.keys(activation.seen).length > 0) again += record.seen(activation.seen);
    const from = journal.starts[index]!;
    const brought = journal.entries[from - 1]?.result;
    if (index > 0 && brought?.at === activation.at) again += record.result(brought.value);
    for (const entry of journal.entries.slice(from, journal.starts[index + 1])) {
      again += record.command(entry);
      if (entry.result?.at === entry.at) again += record.result(entry.result.value);
    }
  }
  return again;
}
