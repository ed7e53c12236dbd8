import { expect } from 'bun:test';
import { startPostmark } from '../helpers/postmark.ts';
import { seededRandom } from '../helpers/random.ts';
import { test } from '../helpers/witnessed-test.ts';
import { populate, sendBatch } from './load.ts';
import { accepted, promised, push, quiet, seedProject } from './seed-world.ts';

/* bench/run.ts does the same with 10,000 users and 100,000 events. */
const USERS = 2_000;
const EVENTS = 20_000;

test(`${USERS} users and ${EVENTS} events through the batch endpoint: the ledger adds up`, async () => {
  const { people, operations } = populate(USERS, EVENTS, seededRandom(1));
  await using postmark = await startPostmark();
  await using machine = await seedProject(postmark);
  await using server = await machine.serve();
  await push(machine, server, postmark);
  for (let at = 0; at < operations.length; at += 1_000) {
    const answer = await sendBatch(server, operations.slice(at, at + 1_000));
    expect(answer).toMatchObject({ rejected: 0 });
  }
  const status = await quiet(server, 240_000);

  const mail = promised(people);
  expect(accepted(postmark)).toEqual(mail);
  const spent = (purchases: number[]) => purchases.reduce((sum, value) => sum + value, 0);
  const sizes = Object.fromEntries(status.segments.map(({ id, size }) => [id, size]));
  expect(sizes).toEqual({
    'all-users': USERS,
    'purchased-users': people.filter(({ purchases = [] }) => purchases.length > 0).length,
    'big-spenders': people.filter(({ purchases = [] }) => spent(purchases) > 1000).length,
    'winback-eligible': people.filter(({ winback }) => winback).length,
  });
  expect(status).toMatchObject({
    users: USERS,
    events: EVENTS,
    messages: { sent: mail.length },
    ledger: { total: mail.length, balanced: true },
  });
}, 300_000);
