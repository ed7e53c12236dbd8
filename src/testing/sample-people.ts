import { SAMPLE_USER, sampleEvent } from '../config/sample.ts';
import type { Json, JsonObject } from '../core/json.ts';
import type { ComparedInputs, ComparedValues } from './compared-values.ts';
import { seededRandom } from './seeded-random.ts';
import type { Happening } from './timeline.ts';

/**
 * Randomly generated people and their actions. Half of them exist at the start, as when a config is
 * pushed to a server in use; the others join evenly. A fifth never does anything. The others emit
 * each event twice in 30 days on average, some far more often, and once in 30 days one of the
 * attributes that segments ask about changes. Actions happen on whole `step`s.
 */
export function samplePeople(
  compared: ComparedInputs,
  options: { users: number; start: number; end: number; stepMs: number; seed: number },
): Happening[] {
  const { users, start, end, stepMs, seed } = options;
  const random = seededRandom(seed);
  const happenings: Happening[] = [];
  const onStep = (at: number) => start + Math.floor((at - start) / stepMs) * stepMs;
  for (let index = 0; index < users; index++) {
    const userId = `user-${index + 1}`;
    const joined = index % 2 === 0 ? start : onStep(start + random() * (end - start));
    happenings.push({ kind: 'user', at: joined, userId, attributes: person(userId, compared, random) });

    const activity = random() < 0.2 ? 0 : -Math.log(1 - random()) * 1.25;
    for (const name of compared.events) {
      for (const at of moments(joined, end, (2 * activity) / MONTH_MS, random)) {
        const attributes = eventOf(name, compared, random);
        happenings.push({ kind: 'event', at: onStep(at), userId, name, attributes });
      }
    }
    const paths = [...compared.attributes];
    if (paths.length === 0) continue;
    for (const at of moments(joined, end, 1 / MONTH_MS, random)) {
      const [path, comparison] = pick(paths, random);
      const patch: JsonObject = {};
      put(patch, path, valueFor(comparison, random) ?? null);
      happenings.push({ kind: 'change', at: onStep(at), userId, attributes: patch });
    }
  }
  return happenings;
}

// --- internal ---

const MONTH_MS = 30 * 86_400_000;
const NAMES = ['Ada', 'Grace', 'Alan', 'Edsger', 'Barbara', 'Donald', 'Frances', 'Ken', 'Radia', 'Tony'];
const TIMEZONES = [
  'Europe/London',
  'Europe/Berlin',
  'America/New_York',
  'America/Los_Angeles',
  'Asia/Tokyo',
  'Asia/Kolkata',
];

function person(userId: string, compared: ComparedInputs, random: () => number): JsonObject {
  const firstName = pick(NAMES, random);
  const attributes: JsonObject = {
    ...SAMPLE_USER,
    email: `${userId}@example.com`,
    username: `${firstName.toLowerCase()}-${userId}`,
    name: `${firstName} ${SAMPLE_USER.lastName as string}`,
    firstName,
    timezone: pick(TIMEZONES, random),
  };
  for (const [path, comparison] of compared.attributes) {
    const value = valueFor(comparison, random);
    delete attributes[path];
    if (value !== undefined) put(attributes, path, value);
  }
  return attributes;
}

function eventOf(name: string, compared: ComparedInputs, random: () => number): JsonObject {
  const { attributes } = sampleEvent(name);
  const event: JsonObject = { ...attributes };
  for (const asked of [compared.eventAttributes.get(name), compared.eventAttributes.get('')]) {
    for (const [path, comparison] of asked ?? []) {
      const value = valueFor(comparison, random);
      if (value !== undefined) put(event, path, value);
    }
  }
  return event;
}

/** One of the compared values, or another; undefined for none. */
function valueFor({ equal, thresholds }: ComparedValues, random: () => number): Json | undefined {
  const choices: (Json | undefined)[] = [...equal, undefined];
  for (const value of equal) if (typeof value === 'boolean') choices.push(!value);
  if (thresholds.size > 0) {
    const threshold = pick([...thresholds], random);
    const around = Math.round(random() * 2 * threshold * 100) / 100;
    return equal.size === 0 || random() < 0.5 ? around : pick(choices, random);
  }
  return pick(choices, random);
}

/** The moments of a Poisson process. @param rate per millisecond. */
function moments(from: number, to: number, rate: number, random: () => number): number[] {
  const found: number[] = [];
  if (rate <= 0) return found;
  for (let at = from; found.length < MOST; ) {
    at += -Math.log(1 - random()) / rate;
    if (at >= to) break;
    found.push(at);
  }
  return found;
}

/** The most occurrences of one event for one person. */
const MOST = 10_000;

function pick<T>(items: T[], random: () => number): T {
  return items[Math.floor(random() * items.length)]!;
}

/** Sets the value at a path such as `address.country`. */
function put(target: JsonObject, path: string, value: Json): void {
  const keys = path.split('.');
  const last = keys.pop()!;
  let inner = target;
  for (const key of keys) {
    const next = inner[key];
    const object = typeof next === 'object' && next !== null && !Array.isArray(next) ? { ...next } : {};
    inner[key] = object;
    inner = object;
  }
  inner[last] = value;
}
