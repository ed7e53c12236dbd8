import type { Operation } from '../src/protocol/api.ts';
import { sendBatch } from '../test/binary/load.ts';
import { quiet } from '../test/binary/seed-world.ts';
import { type Bench, type Measurement, median, parallel, quantile, timed } from './measure.ts';
import { seeded } from './seeded.ts';

const USERS = 1_000;

/**
 * Events acknowledged a second through the batch endpoint, and the latency of a single event, with
 * the seed's segments active.
 */
const bench: Bench = async ({ quick }) => {
  await using world = await seeded();
  const { server } = world;
  await sendBatch(
    server,
    Array.from({ length: USERS }, (_, index) => ({
      type: 'user',
      id: `user-${index}`,
      attributes: { username: `user-${index}`, email: `user-${index}@example.com` },
    })),
  );
  await quiet(server, 120_000);

  const rounds = quick ? 2 : 5;
  const rates: number[] = [];
  const settled: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const batches = Array.from({ length: 20 }, (_, index) => logins(index * 1_000, 1_000));
    const from = performance.now();
    await parallel(batches, 2, async (batch) => {
      const answer = await sendBatch(server, batch);
      if (answer?.rejected !== 0) throw new Error(`a batch was not accepted: ${JSON.stringify(answer)}`);
    });
    rates.push(20_000 / ((performance.now() - from) / 1000));
    await quiet(server, 120_000);
    settled.push(20_000 / ((performance.now() - from) / 1000));
  }
  return [
    {
      name: 'events acknowledged',
      value: median(rates),
      unit: '/s',
      note: 'batches of 1,000, two at a time',
    },
    {
      name: 'events evaluated',
      value: median(settled),
      unit: '/s',
      note: 'until every segment is up to date',
    },
    ...(await single(server, 1, quick ? 200 : 1_000)),
    ...(await single(server, 32, quick ? 2_000 : 10_000)),
  ];
};

export default bench;

// --- internal ---

function logins(from: number, count: number): Operation[] {
  return Array.from({ length: count }, (_, index) => ({
    type: 'event',
    userId: `user-${(from + index * 7) % USERS}`,
    name: 'login',
    attributes: { device: 'phone' },
  }));
}

async function single(
  server: { url: string; apiKey: string },
  width: number,
  count: number,
): Promise<Measurement[]> {
  const headers = { authorization: `Bearer ${server.apiKey}`, 'content-type': 'application/json' };
  const times: number[] = [];
  const total = await timed(() =>
    parallel(logins(0, count), width, async ({ type: _, ...event }) => {
      const body = JSON.stringify(event);
      times.push(
        await timed(async () => {
          const response = await fetch(`${server.url}/v1/events`, { method: 'POST', headers, body });
          await response.arrayBuffer();
          if (response.status !== 202) throw new Error(`an event was answered with ${response.status}`);
        }),
      );
    }),
  );
  const who = width === 1 ? 'one client' : `${width} clients`;
  return [
    { name: `single events, ${who}`, value: count / (total / 1000), unit: '/s' },
    { name: `event to acknowledgement, ${who}, p50`, value: quantile(times, 0.5), unit: 'ms' },
    { name: `event to acknowledgement, ${who}, p99`, value: quantile(times, 0.99), unit: 'ms' },
  ];
}
