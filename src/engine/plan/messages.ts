import type { Json, JsonObject } from '../../core/json.ts';
import type { ActivationOutput } from '../../flow/activation/activation.ts';
import type { Pending } from '../../flow/commands/pending.ts';
import type { MessageForecast } from '../../protocol/plan.ts';
import type { ActivationRequest } from '../ports/host.ts';
import { resolveWait } from '../waits/awaits.ts';
import type { Entrant } from './people.ts';
import type { PlanWorld } from './plan-world.ts';

const HORIZON_MS = 365 * 86_400_000;
/** The most steps to look ahead: enough for one email a day all year. */
const MAX_STEPS = 800;
/** The most activations of the whole sample: a large sample is followed for fewer steps. */
const MAX_ACTIVATIONS = 75_000;

/**
 * Forecasts how many emails the people who enter a campaign would get. A sample of them runs
 * through the flow ahead of time; every email is delivered, the people do nothing, and every wait
 * times out.
 */
export async function forecastMessages(
  world: PlanWorld,
  campaignId: string,
  { enter, sample }: { enter: number; sample: Entrant[] },
): Promise<MessageForecast> {
  const { host, prepared, store, onProgress } = world;
  const now = await store.now();
  const people = await forecastRuns(world, sample, now);
  if (people.length === 0) return { now: 0, later: 0, more: true, estimated: true };
  let going = people;
  let left = MAX_ACTIVATIONS;
  for (let step = 0; step < MAX_STEPS && left > 0 && going.length > 0; step++) {
    left -= going.length;
    const requests = going.map((forecastRun) => requestOf(forecastRun, campaignId));
    const results = await host.advance(prepared.bundle, requests);
    going = going.filter((forecastRun, i) => follow(forecastRun, results[i]!, now));
    onProgress({ stage: 'messages', done: step + 1, total: MAX_STEPS });
  }
  for (const forecastRun of going) forecastRun.more = true;
  const scale = enter / people.length;
  const sum = (count: (forecastRun: ForecastRun) => number) =>
    Math.round(people.reduce((total, forecastRun) => total + count(forecastRun), 0) * scale);
  return {
    now: sum((forecastRun) => forecastRun.atOnce),
    later: sum((forecastRun) => forecastRun.later),
    more: people.some((forecastRun) => forecastRun.more),
    ...failing(people, scale),
    estimated: people.length < enter,
  };
}

// --- internal ------------------------------------------------------------------------------------

/** One person's forecast run through the flow. */
interface ForecastRun {
  runId: number;
  userId: string;
  attributes: JsonObject;
  segments: ReadonlySet<string>;
  enteredAt: number;
  at: number;
  journal: string;
  result: Json | undefined;
  atOnce: number;
  later: number;
  more: boolean;
  /** Why the flow failed. */
  failure: string | undefined;
}

function failing(people: ForecastRun[], scale: number): Pick<MessageForecast, 'failing'> {
  const reasons = people.flatMap(({ failure }) => failure ?? []);
  const groups = [...Map.groupBy(reasons, (reason) => reason).values()];
  const most = groups.sort((a, b) => b.length - a.length)[0];
  return most ? { failing: { count: Math.round(reasons.length * scale), reason: most[0]! } } : {};
}

async function forecastRuns({ store }: PlanWorld, sample: Entrant[], now: number): Promise<ForecastRun[]> {
  const users = new Map(
    (await store.usersById(sample.map(({ userId }) => userId))).map((user) => [user.id, user]),
  );
  return sample.flatMap(({ userId, segments }, i) => {
    const user = users.get(userId);
    if (!user) return [];
    const { attributes } = user;
    const start = { journal: '', result: undefined, atOnce: 0, later: 0, more: false, failure: undefined };
    return [{ runId: i + 1, userId, attributes, segments, enteredAt: now, at: now, ...start }];
  });
}

function requestOf(forecastRun: ForecastRun, campaignId: string): ActivationRequest {
  const { runId, userId, attributes, enteredAt, journal, result, at } = forecastRun;
  return {
    runId,
    campaignId,
    userId,
    attributes,
    enteredAt,
    journal,
    at,
    entry: 1,
    event: null,
    ...(result === undefined ? {} : { result }),
    dryRun: true,
  };
}

/** Moves the forecast run to where it continues. Returns whether it does. */
function follow(forecastRun: ForecastRun, result: ActivationOutput, now: number): boolean {
  if (result.outcome === 'failed') forecastRun.failure = result.error.stack || result.error.message;
  if (result.outcome !== 'advanced' || result.pending === null) return false;
  forecastRun.journal = result.fresh ? result.appended : forecastRun.journal + result.appended;
  const { pending } = result;
  if (pending.kind === 'email') {
    if (forecastRun.at > now) forecastRun.later++;
    else forecastRun.atOnce++;
    forecastRun.result = { status: 'sent', messageId: 'msg_planned' };
    return true;
  }
  const end = endOf(pending, forecastRun, now + HORIZON_MS);
  if (!end) {
    forecastRun.more = true;
    return false;
  }
  forecastRun.at = Math.max(forecastRun.at, end.at);
  forecastRun.result = end.value;
  return true;
}

/**
 * How a wait ends before `horizon` for a person who does nothing. Undefined when it does not end,
 * or when nobody can tell.
 */
function endOf(
  pending: Exclude<Pending, { kind: 'email' }>,
  { at, attributes, segments }: ForecastRun,
  horizon: number,
): { at: number; value: Json } | undefined {
  if (pending.kind === 'member') return { at, value: segments.has(pending.segment) };
  if (pending.kind === 'query' || pending.kind === 'retry') return undefined;
  const members = new Map([...segments].map((id) => [id, at]));
  const resolution = resolveWait({ pending, since: at }, { now: horizon, attributes, events: [], members });
  return resolution.done ? resolution : undefined;
}
