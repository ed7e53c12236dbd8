import { expect } from 'bun:test';
import { startPostmark } from '../helpers/postmark.ts';
import { seededRandom } from '../helpers/random.ts';
import type { Serve } from '../helpers/serve.ts';
import { test } from '../helpers/witnessed-test.ts';
import { populate, sendBatch } from './load.ts';
import { accepted, promised, push, quiet, seedProject } from './seed-world.ts';

const KILLS = 8;
const BATCH = 25;

test(`killed ${KILLS} times at random under load: nothing acknowledged is lost, nothing is sent twice`, async () => {
  const seed = Number(process.env.SEGFLOW_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
  console.log(`SEGFLOW_TEST_SEED=${seed}`);
  const random = seededRandom(seed);
  const { people, operations, events } = populate(150, 1_500, random);
  await using postmark = await startPostmark();
  await using machine = await seedProject(postmark);
  let server = await machine.serve();
  try {
    await push(machine, server, postmark);

    const kills = (async () => {
      for (let kill = 0; kill < KILLS; kill++) {
        await Bun.sleep(50 + random() * 700);
        await server.kill('SIGKILL');
        server = await server.again();
      }
    })();

    // In order, so that a user is there before the user's events; a batch that was not acknowledged is sent again.
    let killed = false;
    void kills.finally(() => {
      killed = true;
    });
    let unanswered = 0;
    for (let at = 0; at < operations.length; at += BATCH) {
      const batch = operations.slice(at, at + BATCH);
      let answer = await sendBatch(server, batch);
      while (!answer) {
        unanswered++;
        await Bun.sleep(20);
        answer = await sendBatch(server, batch);
      }
      expect(answer.rejected).toBe(0);
      // The load lasts as long as the kills do.
      if (!killed) await Bun.sleep((KILLS * 500 * BATCH) / operations.length);
    }
    await kills;
    console.log(`${unanswered} batches had to be sent again`);

    const status = await quiet(server, 120_000);
    expect(accepted(postmark)).toEqual(promised(people));
    expect(postmark.duplicates()).toEqual([]);
    expect(status).toMatchObject({
      users: people.length,
      events,
      messages: { sent: promised(people).length },
      ledger: { total: promised(people).length, balanced: true },
    });
  } finally {
    await (server as Serve)[Symbol.asyncDispose]();
  }
}, 240_000);
