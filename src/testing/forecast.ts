import { eventsInFlow } from '../config/inspect/flow-literals.ts';
import type { SegflowConfig } from '../config/types.ts';
import type { Inspection } from '../engine/ports/manifest.ts';
import { type ComparedInputs, comparedValues } from './compared-values.ts';
import { inspectForSimulation } from './inspect-for-simulation.ts';
import { type MailReport, mailReport } from './mail-report.ts';
import { parseSample } from './sample-file.ts';
import { samplePeople } from './sample-people.ts';
import { simulate } from './simulate.ts';
import { type Happening, play } from './timeline.ts';

/** A forecast of the emails that a config sends to a sample of people. */
export interface Forecast extends MailReport {
  /** Counts of the sample's actions, by kind. */
  sample: { users: number; changes: number; events: Record<string, number> };
}

/**
 * Simulates the config with randomly generated people, or with those of `sample` (JSON lines).
 * @throws `invalid_config`; `invalid_input` for a sample that cannot be read.
 */
export async function forecast(
  config: unknown,
  options: {
    users: number;
    start: number;
    lengthMs: number;
    stepMs: number;
    seed: number;
    sample?: string | undefined;
    /** Receives the progress, in epoch milliseconds of simulated time. */
    onProgress?: (at: number) => void;
  },
): Promise<Forecast> {
  const { start, lengthMs, stepMs, seed } = options;
  const { manifest } = await inspectForSimulation(config, start);
  await using simulation = await simulate(config as SegflowConfig, {
    start,
    random: seed,
    sweepEvery: { milliseconds: stepMs },
    resolution: { milliseconds: stepMs },
  });
  const end = start + lengthMs;
  const happenings =
    options.sample === undefined
      ? samplePeople(askedOf(config, manifest), { ...options, end })
      : parseSample(options.sample, start);
  await play(simulation, { happenings, end, ...(options.onProgress && { onProgress: options.onProgress }) });
  const people = new Set(
    happenings.filter(({ kind, at }) => kind === 'user' && at < end).map(({ userId }) => userId),
  );
  const report = mailReport({
    users: people.size,
    from: new Date(start),
    to: new Date(end),
    messages: await simulation.messages({ status: 'any' }),
    runs: await simulation.runs(),
  });
  return { sample: sampleOf(happenings, end), ...report };
}

// --- internal ---

function askedOf(
  config: unknown,
  { segments, transactions, campaigns }: Inspection['manifest'],
): ComparedInputs {
  const compared = comparedValues(segments, transactions);
  for (const { exitWhen, goal } of campaigns) {
    for (const event of [exitWhen?.event, goal?.event]) if (event !== undefined) compared.events.add(event);
  }
  for (const name of awaitedEvents(config)) compared.events.add(name);
  return compared;
}

function sampleOf(happenings: Happening[], end: number): Forecast['sample'] {
  const events: Record<string, number> = {};
  let changes = 0;
  const users = new Set<string>();
  for (const it of happenings) {
    if (it.at >= end) continue;
    if (it.kind === 'event') events[it.name] = (events[it.name] ?? 0) + 1;
    else if (it.kind === 'change') changes++;
    else users.add(it.userId);
  }
  return { users: users.size, changes, events };
}

/** Names of the events that flows wait for, as far as their source shows. */
function awaitedEvents(config: unknown): string[] {
  const { campaigns = {} } = config as SegflowConfig;
  return Object.values(campaigns).flatMap(({ flow }) => eventsInFlow(flow));
}
