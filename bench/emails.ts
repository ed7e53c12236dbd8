import { sendBatch } from '../test/binary/load.ts';
import { quiet } from '../test/binary/seed-world.ts';
import { type Bench, median } from './measure.ts';
import { seeded } from './seeded.ts';

/**
 * Welcome emails a second, from the users' creation to the provider's last answer: segments, runs,
 * rendering, ledger.
 */
const bench: Bench = async ({ quick }) => {
  const count = quick ? 500 : 2_000;
  const rounds = quick ? 1 : 3;
  const note = `${count} new users, whole way`;
  return [
    { name: 'emails to Postmark', value: await rate(false, count, rounds), unit: '/s', note },
    { name: 'emails to files', value: await rate(true, count, rounds), unit: '/s', note },
  ];
};

export default bench;

// --- internal ---

async function rate(outbox: boolean, count: number, rounds: number): Promise<number> {
  await using world = await seeded({ outbox });
  const rates: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const users = Array.from({ length: count }, (_, index) => {
      const id = `user-${round}-${index}`;
      return { type: 'user' as const, id, attributes: { username: id, email: `${id}@example.com` } };
    });
    const from = performance.now();
    for (let at = 0; at < count; at += 1_000) await sendBatch(world.server, users.slice(at, at + 1_000));
    const status = await quiet(world.server, 300_000);
    rates.push(count / ((performance.now() - from) / 1000));
    if (status.messages.sent !== count * (round + 1)) throw new Error(`sent ${status.messages.sent}`);
  }
  return median(rates);
}
