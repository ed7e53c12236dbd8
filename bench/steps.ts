import type { Journey, Operation, Status } from '../src/protocol/api.ts';
import { sendBatch } from '../test/binary/load.ts';
import { push } from '../test/binary/seed-world.ts';
import { type StoreName, startStore } from '../test/chaos/stores.ts';
import { startPostmark } from '../test/helpers/postmark.ts';
import { project } from '../test/helpers/project.ts';
import type { Serve } from '../test/helpers/serve.ts';
import { waitFor } from '../test/helpers/wait-for.ts';
import type { Bench, Measurement } from './measure.ts';

/**
 * Steps a second, end to end. Users are added, and each goes through a campaign that changes
 * attributes, asks about segments and rows, emits events and waits a little, three times, and sends
 * an email at the end. Measured from the first request to the last run's end, including the
 * evaluation that each step causes. A step is an entry of a run's journal.
 * SEGFLOW_BENCH_STORES=sqlite,mariadb,mysql chooses stores.
 */
const bench: Bench = async ({ quick }) => {
  const names = (process.env.SEGFLOW_BENCH_STORES ?? 'sqlite').split(',') as StoreName[];
  const measured: Measurement[] = [];
  for (const name of names) measured.push(...(await stepsOn(name, quick ? 500 : 5_000)));
  return measured;
};

export default bench;

// --- internal ---

async function stepsOn(name: StoreName, people: number): Promise<Measurement[]> {
  await using store = await startStore(name);
  await using postmark = await startPostmark();
  const url = await store.database();
  await using machine = await project({
    fixture: 'steps',
    env: { SEGFLOW_API_KEY: 'bench', ...(url === undefined ? {} : { DATABASE_URL: url }) },
  });
  // The push captures the mail's destination, and must come before the first user.
  await using server = await machine.serve({ env: { POSTMARK_API_URL: postmark.url } });
  await push(machine, server, postmark);

  const began = Date.now();
  const from = performance.now();
  for (let at = 0; at < people; at += 1_000) {
    const answer = await sendBatch(server, operations(at, Math.min(people, at + 1_000)));
    if (answer?.rejected !== 0) throw new Error(`a batch was not accepted: ${JSON.stringify(answer)}`);
  }
  const status = await ended(server, people);
  const seconds = (performance.now() - from) / 1000;
  if (status.messages.sent !== people) throw new Error(`sent ${status.messages.sent}, not ${people}`);

  const each = await stepsOfOne(server);
  const mailed = (postmark.accepted.at(-1)!.acceptedAt - began) / 1000;
  const note = `${people.toLocaleString('en')} people, ${each} steps each, ${seconds.toFixed(1)} s`;
  return [
    { name: `${name}: steps, end to end`, value: (people * each) / seconds, unit: '/s', note },
    { name: `${name}: runs, from entry to end`, value: people / seconds, unit: '/s' },
    { name: `${name}: emails, from entry to Postmark`, value: people / mailed, unit: '/s' },
  ];
}

function operations(from: number, to: number): Operation[] {
  return Array.from({ length: to - from }, (_, index) => {
    const id = `user-${from + index}`;
    return { type: 'user', id, attributes: { email: `${id}@example.com` } };
  });
}

/**
 * The status once every run is over. A run that sleeps between two reads is not over, so only
 * completed runs are counted.
 */
function ended(server: Serve, people: number): Promise<Status> {
  let last: Status | undefined;
  return waitFor(
    'every run to end',
    async () => {
      last = await server.json<Status>('GET', '/v1/status');
      const { completed = 0, failed = 0, blocked = 0 } = last.runs;
      if (failed + blocked > 0) throw new Error(`runs went wrong: ${JSON.stringify(last.runs)}`);
      return completed === people && last;
    },
    { timeoutMs: 600_000, everyMs: 50 },
  ).catch((error) => {
    throw new Error(`${error.message}\n${JSON.stringify(last)}\n${server.logs()}`);
  });
}

/** All users take the same steps. */
async function stepsOfOne(server: Serve): Promise<number> {
  const { runs } = await server.json<Journey>('GET', '/v1/users/user-0');
  const steps = runs[0]?.steps.length ?? 0;
  if (steps === 0) throw new Error('the run has no steps');
  return steps;
}
