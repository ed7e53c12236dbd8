import type { Journey, Status } from '../../src/protocol/api.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { Cluster } from './cluster.ts';
import { findFaults, type Traces, traceOf } from './oracle.ts';
import { type Done, live } from './person.ts';
import { type Disturbance, makePlan, type PersonPlan, type Plan } from './plan.ts';
import type { Store } from './stores.ts';

export interface RoundResult {
  seed: number;
  /** All that is not as it must be. */
  faults: string[];
  /** For people: what happened. */
  summary: string;
  logs: string;
}

const LEASE_MS = 2_000;
/** Longer than a stopped process stays stopped: what it was sending is found by then, or never was sent. */
const SETTLE_MS = 2_500;
const SETTLE_TIMEOUT_MS = 150_000;

/**
 * One round: a fresh database, processes, the plan's load and its disturbances at once, then peace until nothing is left to
 * do, and at last the comparison of what was sent with what must have been.
 */
export async function playRound(store: Store, seed: number): Promise<RoundResult> {
  const shared = store.server !== undefined;
  const nodes = shared ? 3 : 1;
  const plan = makePlan({ seed, nodes, shared, stopMs: LEASE_MS + 300 });
  const traces = await undisturbed(store);
  await using cluster = await startCluster(store, nodes);
  const faults: string[] = [];
  const from = Date.now();
  let done = new Map<string, Done[]>();
  try {
    const disturbing = plan.disturbances.map((each) => disturb(each, { cluster, store }));
    const load = runLoad(plan.people, cluster, `seed-${seed}`);
    // Whatever goes wrong, the next round begins in peace.
    await Promise.allSettled([load, ...disturbing]);
    [done] = await Promise.all([load, ...disturbing]);
    faults.push(...(await cluster.died()));
    await settled(cluster);
    faults.push(...(await judge(cluster, { plan, done, traces })));
  } catch (error) {
    faults.push(error instanceof Error ? error.message : String(error), ...(await cluster.died()));
  }
  const seconds = ((Date.now() - from) / 1000).toFixed(1);
  const attempts = [...done.values()].flat().reduce((sum, each) => sum + each.attempts, 0);
  const actions = plan.people.reduce((sum, person) => sum + person.actions.length, 0);
  return {
    seed,
    faults,
    summary: `${seconds} s, ${actions} actions in ${attempts} requests; ${plan.disturbances.map(describe).join(', ')}`,
    logs: cluster.logs(),
  };
}

// --- internal ---

function startCluster(store: Store, nodes: number): Promise<Cluster> {
  const env = { SEGFLOW_SETTLE_AFTER: `${SETTLE_MS}ms`, SEGFLOW_LEASE: `${LEASE_MS}ms` };
  return Cluster.start({ store, nodes, env, fixture: 'chaos' });
}

async function runLoad(people: PersonPlan[], cluster: Cluster, key: string): Promise<Map<string, Done[]>> {
  const target = () => cluster.target();
  const lives = await Promise.all(
    people.map(async (person) => [person.id, await live(person, { target, key })] as const),
  );
  return new Map(lives);
}

async function disturb(what: Disturbance, on: { cluster: Cluster; store: Store }): Promise<void> {
  const { cluster, store } = on;
  await Bun.sleep(what.atMs);
  switch (what.kind) {
    case 'kill':
    case 'terminate':
      if (await cluster.bringDown(what.node, what.kind === 'kill' ? 'SIGKILL' : 'SIGTERM')) {
        await Bun.sleep(what.forMs);
        await cluster.bringUp(what.node);
      }
      return;
    case 'stop':
      return cluster.hold(what.node, what.forMs);
    case 'mail':
      return cluster.fault(what.fault);
    case 'database':
      return restartDatabase(store, what.forMs);
  }
}

const restarting = new WeakMap<Store, Promise<void>>();

/** One restart at a time: two at once are one. */
function restartDatabase(store: Store, forMs: number): Promise<void> {
  const { server } = store;
  if (!server) return Promise.resolve();
  const running = restarting.get(store);
  if (running) return running;
  const restart = (async () => {
    await server.kill();
    await Bun.sleep(forMs);
    await server.start();
  })().finally(() => restarting.delete(store));
  restarting.set(store, restart);
  return restart;
}

/** Resolves once nothing is left to do: seen twice, with the same numbers. */
async function settled(cluster: Cluster): Promise<void> {
  let last: Status | undefined;
  let before = '';
  await waitFor(
    'everything to settle',
    async () => {
      const response = await cluster.target()?.fetch('GET', '/v1/status');
      if (response?.status !== 200) return false;
      last = (await response.json()) as Status;
      const { pending, runs, messages } = last;
      const moving = [
        ...[pending, runs.pending, runs.running, runs.sleeping],
        ...[messages.queued, messages.sending, messages.unknown],
      ];
      const numbers = JSON.stringify([runs, messages]);
      const isQuiet = !moving.some(Boolean) && numbers === before;
      before = numbers;
      return isQuiet;
    },
    { timeoutMs: SETTLE_TIMEOUT_MS, everyMs: 150 },
  ).catch((error) => {
    throw new Error(`${error.message}; at last ${JSON.stringify(last)}`);
  });
}

async function judge(
  cluster: Cluster,
  { plan, done, traces }: { plan: Plan; done: Map<string, Done[]>; traces: Traces },
): Promise<string[]> {
  const server = cluster.target()!;
  const { accepted, duplicates } = await cluster.accepted();
  const faults = duplicates.map((id) => `message ${id} was sent more than once`);
  for (const { id } of plan.people) {
    const journey = await server.json<Journey>('GET', `/v1/users/${id}`);
    const mail = accepted.filter(({ message }) => message.To === `${id}@example.com`);
    faults.push(...findFaults({ id, done: done.get(id) ?? [], journey, mail }, traces));
  }
  const { ledger, messages, users, events } = await server.json<Status>('GET', '/v1/status');
  const expected = {
    users: plan.people.length,
    // And one that a flow emits, for everyone.
    events:
      plan.people.length + [...done.values()].flat().filter(({ action }) => action.kind === 'event').length,
    sent: accepted.length,
    balanced: true,
  };
  const found = { users, events, sent: messages.sent ?? 0, balanced: ledger.balanced };
  if (JSON.stringify(found) !== JSON.stringify(expected)) {
    faults.push(`the numbers are ${JSON.stringify(found)}, expected ${JSON.stringify(expected)}`);
  }
  return faults;
}

let traces: Promise<Traces> | undefined;

/** The traces of two people whom nothing disturbs, one of them a buyer. Played once. */
function undisturbed(store: Store): Promise<Traces> {
  traces ??= (async () => {
    const found: Traces = new Map();
    await using cluster = await startCluster(store, 1);
    const common = { afterMs: 0, wait: true } as const;
    const begin = (id: string) =>
      ({
        ...common,
        kind: 'user',
        attributes: { email: `${id}@example.com`, member: true, trial: true },
      }) as const;
    const purchase = { ...common, kind: 'event', name: 'purchase', number: 1, value: 500 } as const;
    await runLoad(
      [
        { id: 'trial', actions: [begin('trial')] },
        { id: 'buyer', actions: [begin('buyer'), purchase] },
      ],
      cluster,
      'undisturbed',
    );
    await settled(cluster);
    for (const id of ['trial', 'buyer']) {
      const { runs } = await cluster.target()!.json<Journey>('GET', `/v1/users/${id}`);
      for (const run of runs) if (run.status === 'completed') found.set(run.campaign, traceOf(run));
    }
    if (found.size !== 8) throw new Error(`undisturbed, only ${[...found.keys()].join(', ')} came to an end`);
    return found;
  })();
  return traces;
}

function describe(what: Disturbance): string {
  const at = `${what.kind} at ${(what.atMs / 1000).toFixed(1)}`;
  if (what.kind === 'mail') return `${at} ${JSON.stringify(what.fault)}`;
  return `${at} for ${(what.forMs / 1000).toFixed(1)}${'node' in what ? ` (${what.node})` : ''}`;
}
