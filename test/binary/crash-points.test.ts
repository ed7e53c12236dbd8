import { expect, test } from 'bun:test';
import type { CrashPoint } from '../../src/core/crash-point.ts';
import type { Postmark } from '../helpers/postmark.ts';
import { startPostmark } from '../helpers/postmark.ts';
import type { Serve } from '../helpers/serve.ts';
import { accepted, operationsFor, type Person, promised, push, quiet, seedProject } from './seed-world.ts';

/*
 * The server is killed (SIGKILL) at each named place around a durable transition. Whoever was acknowledged is served after the
 * restart, whoever was not asks again with the same message ids, and in the end everyone has got exactly what was promised, once.
 */

const PEOPLE: Person[] = [
  { id: 'walt', winback: true, purchases: [20] },
  { id: 'vera', purchases: [700, 800] },
  { id: 'nora' },
];

const AT_WORK: CrashPoint[] = [
  'ingest:before-commit',
  'ingest:after-commit',
  'segment:before-commit',
  'segment:after-commit',
  'step:before-commit',
  'step:after-commit',
  'mail:before-sending',
  'mail:after-sending',
  'mail:after-answer',
  'mail:after-commit',
];

for (const point of AT_WORK) {
  test(`killed at ${point}`, async () => {
    await using postmark = await startPostmark();
    await using machine = await seedProject(postmark);
    const first = await machine.serve();
    await push(machine, first, postmark);
    expect(await first.kill('SIGTERM')).toMatchObject({ code: 0 });

    const doomed = await first.again({ env: { SEGFLOW_CRASH_AT: point } });
    const acknowledged = await submit(doomed);
    expect(await doomed.exited).toMatchObject({ signal: 'SIGKILL' });
    await doomed.childrenGone();
    expect(acknowledged).toBe(!point.startsWith('ingest:'));

    await using server = await doomed.again();
    if (!acknowledged) expect(await submit(server)).toBe(true);
    await expectAllServed(server, postmark);
  });
}

for (const point of ['deploy:before-commit', 'deploy:after-commit'] satisfies CrashPoint[]) {
  test(`killed at ${point}`, async () => {
    await using postmark = await startPostmark();
    await using machine = await seedProject(postmark);
    const doomed = await machine.serve({ env: { SEGFLOW_CRASH_AT: point } });
    expect(await submit(doomed)).toBe(true);
    await expect(push(machine, doomed, postmark)).rejects.toThrow(/exit code/);
    expect(await doomed.exited).toMatchObject({ signal: 'SIGKILL' });
    await doomed.childrenGone();

    await using server = await doomed.again();
    await push(machine, server, postmark);
    // Purchases made before there was a configuration have no transaction to answer them.
    const status = await quiet(server);
    expect(accepted(postmark)).toEqual(promised(PEOPLE).filter((mail) => !mail.includes('Order Confirmed')));
    expect(status.ledger.balanced).toBe(true);
    expect(postmark.duplicates()).toEqual([]);
  });
}

test('killed while Postmark has the batch and has not answered', async () => {
  await using postmark = await startPostmark();
  await using machine = await seedProject(postmark);
  const doomed = await machine.serve();
  await push(machine, doomed, postmark);
  postmark.fault({ hold: 'after-accept' });
  expect(await submit(doomed)).toBe(true);
  await postmark.reached();
  expect(await doomed.kill('SIGKILL')).toMatchObject({ signal: 'SIGKILL' });
  postmark.release();

  await using server = await doomed.again();
  await expectAllServed(server, postmark);
});

test('killed while Postmark has not yet taken the batch in', async () => {
  await using postmark = await startPostmark();
  await using machine = await seedProject(postmark);
  const doomed = await machine.serve();
  await push(machine, doomed, postmark);
  postmark.fault({ hold: 'before-accept', accept: false, status: 503 });
  expect(await submit(doomed)).toBe(true);
  await postmark.reached();
  await doomed.kill('SIGKILL');
  postmark.release();

  await using server = await doomed.again();
  await expectAllServed(server, postmark);
});

// --- internal ---

/** Sends everything as one batch; false when it was not acknowledged. */
async function submit(server: Serve): Promise<boolean> {
  try {
    const operations = operationsFor(PEOPLE);
    const answer = await server.json<{ rejected: number }>('POST', '/v1/batch', { operations });
    expect(answer.rejected).toBe(0);
    return true;
  } catch (error) {
    // The connection broke: nothing is known of the batch. An answer that is an error would be a defect.
    if (/POST \/v1\/batch: \d/.test(String(error))) throw error;
    return false;
  }
}

async function expectAllServed(server: Serve, postmark: Postmark): Promise<void> {
  const status = await quiet(server);
  expect(accepted(postmark)).toEqual(promised(PEOPLE));
  expect(postmark.duplicates()).toEqual([]);
  expect(status).toMatchObject({
    users: PEOPLE.length,
    events: PEOPLE.flatMap(({ purchases = [] }) => purchases).length,
    messages: { sent: promised(PEOPLE).length },
    ledger: { total: promised(PEOPLE).length, balanced: true },
  });
}
