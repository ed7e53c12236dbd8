import type { Fault } from '../helpers/postmark.ts';
import { seededRandom } from '../helpers/random.ts';

/*
 * What one round does, told from its seed alone: what every person's client asks for, and what goes wrong when. How the two meet is
 * up to the machine, so a seed repeats the plan, not the very moment.
 */

export interface Plan {
  seed: number;
  people: PersonPlan[];
  disturbances: Disturbance[];
}

export interface PersonPlan {
  id: string;
  actions: Action[];
}

export interface Attributes {
  email?: string;
  member?: boolean;
  trial?: boolean;
  version?: number;
}

export type Action = {
  /** After the one before was acknowledged. */
  afterMs: number;
  /** Whether to ask for the answer only once segments were evaluated. */
  wait: boolean;
} & (
  | { kind: 'user'; attributes: Attributes }
  | { kind: 'event'; name: string; number: number; value: number }
);

export type Disturbance = { atMs: number } & (
  | { kind: 'kill' | 'terminate'; node: number; forMs: number }
  | { kind: 'stop'; node: number; forMs: number }
  | { kind: 'database'; forMs: number }
  | { kind: 'mail'; fault: Fault }
);

export interface PlanOptions {
  seed: number;
  nodes: number;
  /** Whether processes share the store, so that they can be stopped and the database can be killed. */
  shared: boolean;
  /** How long a process is stopped: longer than its lease. */
  stopMs: number;
  people?: number;
}

/** How long the clients have work, about. */
const LOAD_MS = 3_000;

export function makePlan(options: PlanOptions): Plan {
  const random = seededRandom(options.seed);
  const people = Array.from({ length: options.people ?? 20 }, (_, index) =>
    personOf(`user-${index}`, random),
  );
  return { seed: options.seed, people, disturbances: disturbancesOf(options, random) };
}

// --- internal ---

function personOf(id: string, random: () => number): PersonPlan {
  const chance = (p: number) => random() < p;
  const afterMs = () => Math.round(random() ** 2 * 900);
  const first: Attributes = {
    email: `${id}@example.com`,
    ...(chance(0.3) ? { member: true } : {}),
    ...(chance(0.3) ? { trial: true } : {}),
  };
  const actions: Action[] = [{ kind: 'user', attributes: first, afterMs: afterMs() * 2, wait: chance(0.3) }];
  const state = { member: first.member ?? false, trial: first.trial ?? false };
  const count = 2 + Math.floor(random() * 7);
  for (let number = 1; number <= count; number++) {
    const common = { afterMs: afterMs(), wait: chance(0.3) };
    const what = random();
    if (what < 0.3) {
      state.member = !state.member;
      actions.push({ ...common, kind: 'user', attributes: { member: state.member } });
    } else if (what < 0.4) {
      state.trial = !state.trial;
      actions.push({ ...common, kind: 'user', attributes: { trial: state.trial } });
    } else if (what < 0.5) {
      actions.push({ ...common, kind: 'user', attributes: { version: number } });
    } else {
      const name = chance(0.6) ? 'purchase' : 'login';
      actions.push({ ...common, kind: 'event', name, number, value: Math.round(random() * 80) });
    }
  }
  return { id, actions };
}

function disturbancesOf({ nodes, shared, stopMs }: PlanOptions, random: () => number): Disturbance[] {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!;
  const kinds = shared
    ? (['kill', 'kill', 'stop', 'stop', 'terminate', 'database', 'database', 'mail'] as const)
    : (['kill', 'kill', 'kill', 'terminate', 'mail'] as const);
  const count = 2 + Math.floor(random() * 3);
  const made = Array.from({ length: count }, (): Disturbance => {
    const atMs = Math.round(200 + random() * LOAD_MS);
    const node = Math.floor(random() * nodes);
    const kind = pick(kinds);
    if (kind === 'mail') return { kind, atMs, fault: pick(MAIL_FAULTS) };
    if (kind === 'database') return { kind, atMs, forMs: Math.round(random() * 1_000) };
    if (kind === 'stop') return { kind, atMs, node, forMs: Math.round(stopMs + random() * 800) };
    return { kind, atMs, node, forMs: Math.round(random() * 1_500) };
  });
  return made.sort((a, b) => a.atMs - b.atMs);
}

const MAIL_FAULTS: readonly Fault[] = [
  { end: 'drop', accept: true },
  { end: 'drop', accept: false },
  { status: 503 },
  { status: 500, accept: true },
  { status: 429, times: 2 },
  { end: 'garbage', accept: true },
  { delayMs: 700 },
];
