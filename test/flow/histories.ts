import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Json, JsonObject } from '../../src/core/json.ts';
import type { ActivationInput, ActivationOutput } from '../../src/flow/activation/activation.ts';
import { DrivenRun } from './drive.ts';
import { HISTORIC_FLOWS } from './historic-flows.ts';

export const FOLDER = join(import.meta.dir, '../fixtures/histories');

/** A run as a version of Segflow recorded it. */
export interface History {
  /** The key of its flow among the historic ones. */
  flow: string;
  /** The version that wrote it. */
  version: string;
  runId: number;
  event: ActivationInput['event'];
  entry: number;
  activations: {
    at: number;
    attributes: JsonObject;
    outcome: ActivationOutput['outcome'];
    /** The journal begins anew with what was appended. */
    fresh: boolean;
    appended: string;
    position: number;
    /** What the flow had seen by then, as JSON carries it. */
    log: Json;
  }[];
}

export function readHistories(): { file: string; history: History }[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => ({ file, history: JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as History }));
}

/** Runs a historic flow to its end. */
export async function recordHistory(name: string, version: string): Promise<History> {
  const { flow, results } = HISTORIC_FLOWS[name]!;
  const history: History = {
    flow: name,
    version,
    runId: 1_000_003,
    event: { name: 'signup', attributes: { source: 'ad' }, createdAt: Date.UTC(2026, 0, 1, 8) },
    entry: 2,
    activations: [],
  };
  const log: unknown[] = [];
  const run = driven(history, log);
  run.flow = logged(flow, log);
  for (let i = 0; i <= results.length; i++) {
    const attributes = {
      plan: i < 2 ? 'free' : 'pro',
      n: i,
      timezone: 'America/New_York',
      prefs: { news: true },
      gone: 1,
    };
    run.at = Date.UTC(2026, 0, 1, 9) + i * 90_061_007;
    run.attributes = attributes;
    const output = await run.stepAsync(i === 0 ? undefined : results[i - 1]);
    if (output.outcome === 'diverged') throw new Error(JSON.stringify(output));
    history.activations.push({
      at: run.at,
      attributes,
      outcome: output.outcome,
      fresh: output.fresh ?? false,
      appended: output.appended,
      position: output.position,
      log: plain(log),
    });
  }
  return history;
}

/** Replays the first `count` activations of a history: whether today's code follows, and what the flow sees. */
export function replayHistory(history: History, count: number): { output: ActivationOutput; log: Json } {
  const log: unknown[] = [];
  const run = driven(history, log);
  run.flow = logged(HISTORIC_FLOWS[history.flow]!.flow, log);
  for (const { fresh, appended } of history.activations.slice(0, count)) {
    run.journal = fresh ? appended : run.journal + appended;
  }
  // Attributes as they are now play no part in a replay.
  run.attributes = { plan: 'another', n: -1 };
  const output = run.activate(undefined, { replayOnly: true });
  if (output instanceof Promise) throw new Error('a replay waits for nothing');
  return { output, log: plain(log) };
}

// --- internal ---

function driven({ runId, event, entry }: History, _log: unknown[]): DrivenRun {
  return new DrivenRun(undefined, { runId, entry, ...(event === undefined ? {} : { event }) });
}

/** The flow with a log that begins anew each time the flow does. */
function logged(flow: (typeof HISTORIC_FLOWS)[string]['flow'], log: unknown[]) {
  return function* (...args: Parameters<ReturnType<typeof flow>>): Generator<unknown, void, unknown> {
    log.length = 0;
    yield* flow(log)(...args);
  };
}

function plain(log: unknown[]): Json {
  return JSON.parse(JSON.stringify(log)) as Json;
}
