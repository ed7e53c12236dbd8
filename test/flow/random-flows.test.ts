import { expect, test } from 'bun:test';
import { hash53 } from '../../src/core/hash.ts';
import type { Json, JsonObject } from '../../src/core/json.ts';
import type { ActivationOutput } from '../../src/flow/activation/activation.ts';
import type { AnyStep } from '../../src/flow/commands/commands.ts';
import { parseJournal, record } from '../../src/flow/journal/journal.ts';
import { beginsNext, DrivenRun, patched, seeded } from './drive.ts';
import { KEYS, madeUpFlow } from './made-up-flow.ts';
import { oracle, type Told, type World } from './oracle.ts';

const PROGRAMS = 1_000;

test(`${PROGRAMS} made-up flows do, replayed at every step, what they do when they are run once`, async () => {
  const kinds = new Set<string>();
  const ends = new Set<string>();
  for (let seed = 1; seed <= PROGRAMS; seed++) {
    const world = madeUpWorld(seed);
    const expected: unknown[] = [];
    const plain = await oracle(madeUpFlow(seed, expected, world.sideEffect), world, seed);
    const seen: unknown[] = [];
    const replayed = await drive(seed, { world, seen, kinds });
    const context = `seed ${seed}`;
    expect(replayed, context).toEqual(plain);
    expect(seen, context).toEqual(expected);
    ends.add(plain.end.slice(0, 4));
  }
  expect([...kinds].sort()).toEqual(
    'daytime email emit event exit member patch query race run segment start until update wait'.split(' '),
  );
  expect([...ends].sort()).toEqual(['comp', 'exit', 'fail']);
}, 240_000);

/** Runs the flow as the engine does, each activation from the journal alone and, as after a crash, twice. */
async function drive(
  seed: number,
  { world, seen, kinds }: { world: World; seen: unknown[]; kinds: Set<string> },
): Promise<Told> {
  const run = new DrivenRun(madeUpFlow(seed, seen, world.sideEffect), { runId: seed });
  const told: Told = { effects: run.effects, end: 'completed', waits: [] };
  let result: Json | undefined;
  let goesOn: JsonObject | undefined;
  for (let activation = 0; ; activation++) {
    run.attributes = goesOn ?? world.attributes(activation);
    run.at = world.now(activation);
    const lost = await run.activate(result);
    const output = run.take(await run.activate(result));
    const context = `seed ${seed}, journal\n${run.journal}`;
    expect(withoutStack(output), context).toEqual(withoutStack(lost));
    const journal = parseJournal(run.journal);
    for (const { kind } of journal.entries) kinds.add(kind);
    // Results are told apart by the times of their activations.
    const times = journal.activations.map(({ at }) => at);
    if (new Set(times).size === times.length) expect(written(run.journal), context).toBe(run.journal);
    if (output.outcome === 'diverged') throw new Error(`${JSON.stringify(output)} ${context}`);
    expect(output.position, context).toBe(journal.base + journal.entries.length);
    const trace = structuredClone(seen);
    if (output.outcome === 'failed') return { ...told, end: 'failed' };
    expect(run.follows(), context).toBe(true);
    // A replay sees what was seen, up to where the flow was told something for the last time.
    expect(trace.slice(0, seen.length), context).toEqual(seen);
    seen.splice(0, seen.length, ...trace);
    if (output.exit !== undefined) return { ...told, end: `exit: ${output.exit}` };
    if (output.pending === null) return told;
    if (beginsNext(output)) {
      // The engine takes it up again at once, with what it has changed.
      goesOn = patched(run.attributes, output.effects ?? []);
      activation--;
      result = undefined;
      continue;
    }
    goesOn = undefined;
    const last = journal.entries.at(-1)!;
    told.waits.push(output.pending.kind === 'retry' ? 'retry' : last.kind);
    const step = { kind: last.kind, pending: output.pending } as unknown as AnyStep;
    result = output.pending.kind === 'retry' ? undefined : world.result(step, output.position - 1);
  }
}

function madeUpWorld(seed: number): World {
  const chance = (...parts: unknown[]) => Number.parseInt(hash53([seed, ...parts].join()), 16) / 2 ** 53;
  return {
    attributes: (activation) => madeUpAttributes(seeded(seed * 7919 + activation)),
    now: (activation) => Date.UTC(2026, 0, 1) + activation * 86_461_007,
    sideEffect: (id, attempt) => ({
      fails: chance(id, attempt) < 0.4,
      gives: chance(id) < 0.3 ? undefined : { id, list: [attempt] },
    }),
    result: (step, position) => answerOf(step, (part) => chance('result', position, part)),
  };
}

/** @param step a command, or what a run waits for with the kind of its command. */
function answerOf(step: AnyStep, chance: (part: string) => number): Json {
  const event = { name: 'purchase', attributes: { n: 1 }, createdAt: '2026-02-03T04:05:06.789Z' };
  switch (step.kind) {
    case 'email':
      return { status: chance('status') < 0.2 ? 'failed' : 'sent', messageId: `msg_${chance('id')}` };
    case 'event':
      return chance('event') < 0.5 ? event : null;
    case 'segment':
    case 'member':
      return chance('member') < 0.5;
    case 'query':
      return [{ _0: 'purchase', _1: 3, _2: '2026-02-03 04:05:06.789' }];
    case 'race': {
      const late = chance('late') < 0.4;
      const pending = (step as unknown as { pending?: { branches: Record<string, { kind: string }> } })
        .pending;
      const branches = pending
        ? Object.entries(pending.branches).map(([label, { kind }]) => [label, kind] as const)
        : step.detail.branches.map(([label, { kind }]) => [label, kind] as const);
      const [label, kind] = branches[late ? 1 : 0]!;
      const value = kind === 'event' || kind === 'segment' ? answerOf({ kind } as AnyStep, chance) : null;
      return { label, value };
    }
    default:
      return null;
  }
}

function madeUpAttributes(pick: () => number): JsonObject {
  const attributes: JsonObject = {};
  for (const key of KEYS) {
    if (pick() < 0.3) continue;
    const value: Json =
      key === 'tags' || key === 'prefs' ? { a: 1, b: [Math.floor(pick() * 3)] } : Math.floor(pick() * 4);
    Object.defineProperty(attributes, key, { value, enumerable: true, configurable: true, writable: true });
  }
  return attributes;
}

function withoutStack(output: ActivationOutput): ActivationOutput {
  return output.outcome === 'failed' ? { ...output, error: { ...output.error, stack: '' } } : output;
}

/** The journal as parsed and written again. */
function written(text: string): string {
  const journal = parseJournal(text);
  let again = '';
  for (const [index, { at, seen }] of journal.activations.entries()) {
    again += record.activation(at);
    if (index === 0 && journal.base > 0) again += record.base(journal.base, journal.state);
    if (index === 0 && journal.hurried > 0) again += record.hurry(journal.hurried);
    if (Object.keys(seen).length > 0) again += record.seen(seen);
    const start = journal.starts[index]!;
    const end = journal.starts[index + 1] ?? journal.entries.length;
    for (const [i, entry] of journal.entries.entries()) {
      if (i >= end) break;
      if (i >= start) again += record.command(entry);
      for (const attempt of entry.attempts) if (attempt.at === at) again += record.attempt(attempt.message);
      if (entry.result?.at === at) again += record.result(entry.result.value);
      if (entry.error?.at === at) again += record.error(entry.error.message);
    }
  }
  return again;
}
