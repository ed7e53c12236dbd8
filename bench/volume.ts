import { populate, sendBatch } from '../test/binary/load.ts';
import { accepted, promised, quiet } from '../test/binary/seed-world.ts';
import { processesOf } from '../test/helpers/processes.ts';
import { seededRandom } from '../test/helpers/random.ts';
import type { Bench } from './measure.ts';
import { seeded } from './seeded.ts';

/**
 * 10,000 users and 100,000 events with the seed's segments, campaigns and transactions. Fails
 * unless the ledger matches the promised mail.
 */
const bench: Bench = async ({ quick }) => {
  const [users, events] = quick ? [1_000, 10_000] : [10_000, 100_000];
  const { people, operations } = populate(users, events, seededRandom(1));
  const mail = promised(people);
  await using world = await seeded();
  const { server, machine, postmark } = world;
  let peak = 0;
  const watch = setInterval(() => {
    peak = Math.max(
      peak,
      processesOf(machine.program).reduce((sum, { memory }) => sum + memory, 0),
    );
  }, 1_000);
  try {
    const from = performance.now();
    for (let at = 0; at < operations.length; at += 1_000) {
      const answer = await sendBatch(server, operations.slice(at, at + 1_000));
      if (answer?.rejected !== 0) throw new Error(`a batch was not accepted: ${JSON.stringify(answer)}`);
    }
    const ingested = (performance.now() - from) / 1000;
    const status = await quiet(server, 900_000);
    const settled = (performance.now() - from) / 1000;

    if (JSON.stringify(accepted(postmark)) !== JSON.stringify(mail))
      throw new Error('other mail than promised');
    if (!status.ledger.balanced || status.messages.sent !== mail.length) {
      throw new Error(`the ledger does not add up: ${JSON.stringify(status)}`);
    }
    const note = `${users} users, ${events} events, ${mail.length} emails: the ledger adds up`;
    return [
      { name: 'volume: all acknowledged', value: ingested, unit: 's', note },
      { name: 'volume: all evaluated and sent', value: settled, unit: 's' },
      { name: 'volume: operations acknowledged', value: operations.length / ingested, unit: '/s' },
      { name: 'volume: emails', value: mail.length / settled, unit: '/s' },
      { name: 'volume: memory at its peak', value: peak / 1e6, unit: 'MB' },
    ];
  } finally {
    clearInterval(watch);
  }
};

export default bench;
