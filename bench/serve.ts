import { populate, sendBatch } from '../test/binary/load.ts';
import { quiet } from '../test/binary/seed-world.ts';
import { processesOf } from '../test/helpers/processes.ts';
import { seededRandom } from '../test/helpers/random.ts';
import { type Bench, type Measurement, median, timed } from './measure.ts';
import { seeded } from './seeded.ts';

/**
 * How soon `serve` is ready on a store with data, and how much memory all its processes use when
 * idle.
 */
const bench: Bench = async ({ quick }) => {
  await using world = await seeded();
  const { machine } = world;
  let { server } = world;
  const { operations } = populate(2_000, 10_000, seededRandom(3));
  for (let at = 0; at < operations.length; at += 1_000)
    await sendBatch(server, operations.slice(at, at + 1_000));
  await quiet(server);
  const afterWork = memory(machine.program, 'after 12,000 operations');

  const times: number[] = [];
  for (let round = 0; round < (quick ? 3 : 9); round++) {
    await server.kill('SIGTERM');
    times.push(
      await timed(async () => {
        server = await server.again();
      }),
    );
  }
  const started = memory(machine.program, 'started on an existing store');
  await server.json('PUT', '/v1/users/one-more?wait=true', {
    attributes: { username: 'x', email: 'x@example.com' },
  });
  await quiet(server);
  const idle = memory(machine.program, 'after one user and one email');
  await server.kill('SIGTERM');
  return [
    { name: 'serve ready', value: median(times), unit: 'ms', note: 'existing store; to stay below 500' },
    ...started,
    ...idle,
    ...afterWork,
  ];
};

export default bench;

// --- internal ---

/**
 * The sum of the processes' proportional shares: pages of the executable that processes share count
 * once.
 */
function memory(program: string, when: string): Measurement[] {
  const processes = processesOf(program);
  const total = processes.reduce((sum, each) => sum + each.memory, 0);
  const shares = processes.map((each) => `${Math.round(each.memory / 1e6)}`).join(' + ');
  return [
    {
      name: `memory, ${when}`,
      value: total / 1e6,
      unit: 'MB',
      note: `${processes.length} processes: ${shares}`,
    },
  ];
}
