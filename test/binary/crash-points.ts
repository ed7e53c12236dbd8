import { describe, expect } from 'bun:test';
import type { CrashPoint } from '../../src/core/crash-point.ts';
import type { Status } from '../../src/protocol/api.ts';
import type { Postmark } from '../helpers/postmark.ts';
import { startPostmark } from '../helpers/postmark.ts';
import { project } from '../helpers/project.ts';
import type { Serve } from '../helpers/serve.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { test } from '../helpers/witnessed-test.ts';
import { createDatabase } from '../store/database.ts';
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

/** Every crash point, and what has to be going on for the server to get there. */
export const REACHED_BY: Record<CrashPoint, 'work' | 'push' | 'failures' | 'time' | 'recovery'> = {
  'ingest:before-commit': 'work',
  'ingest:after-commit': 'work',
  'segment:before-commit': 'work',
  'segment:after-commit': 'work',
  'runs:before-commit': 'work',
  'runs:after-commit': 'work',
  'mail:before-sending': 'work',
  'mail:after-sending': 'work',
  'mail:after-answer': 'work',
  'mail:after-commit': 'work',
  'deploy:before-commit': 'push',
  'deploy:after-commit': 'push',
  'pause:after-commit': 'failures',
  'sweep:after-marks': 'time',
  'mail:after-unsettle': 'recovery',
};

/** The tests on the embedded store, or on databases of their own on the server at `serverUrl`. */
export function crashPoints(store: string, serverUrl?: string): void {
  describe(store, () => {
    for (const point of pointsReachedBy('work')) killedAtWork(point, serverUrl);
    for (const point of pointsReachedBy('push')) killedAtPush(point, serverUrl);
    for (const point of pointsReachedBy('failures')) killedAtPause(point, serverUrl);
    for (const point of pointsReachedBy('time')) killedAtSweep(point, serverUrl);
    for (const point of pointsReachedBy('recovery')) killedAtRecovery(point, serverUrl);
    killedWhileSending(serverUrl);
  });
}

// --- internal ---

function pointsReachedBy(what: (typeof REACHED_BY)[CrashPoint]): CrashPoint[] {
  return (Object.keys(REACHED_BY) as CrashPoint[]).filter((point) => REACHED_BY[point] === what);
}

/** A database of the test's own, and the environment that makes a server use it. */
async function storage(serverUrl: string | undefined): Promise<AsyncDisposable & { env: Env }> {
  if (serverUrl === undefined) return { env: {}, [Symbol.asyncDispose]: async () => {} };
  const database = await createDatabase(serverUrl);
  // A server that was killed holds its slots until its lease has run out.
  const env = { DATABASE_URL: database.url, SEGFLOW_LEASE: '1s' };
  return { env, [Symbol.asyncDispose]: () => database[Symbol.asyncDispose]() };
}

type Env = Record<string, string>;

/** The seed's project, pushed to a server on storage of its own, and the Postmark that takes its mail. */
async function pushedWorld(
  serverUrl: string | undefined,
): Promise<AsyncDisposable & { postmark: Postmark; server: Serve }> {
  await using made = new AsyncDisposableStack();
  const postmark = made.use(await startPostmark());
  const kept = made.use(await storage(serverUrl));
  const machine = made.use(await seedProject(postmark, kept.env));
  const server = await machine.serve();
  await push(machine, server, postmark);
  const owned = made.move();
  return { postmark, server, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

function killedAtWork(point: CrashPoint, serverUrl: string | undefined): void {
  test(`killed at ${point}`, async () => {
    await using world = await pushedWorld(serverUrl);
    const { postmark, server: first } = world;
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

function killedAtPush(point: CrashPoint, serverUrl: string | undefined): void {
  test(`killed at ${point}`, async () => {
    await using postmark = await startPostmark();
    await using kept = await storage(serverUrl);
    await using machine = await seedProject(postmark, kept.env);
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

function killedAtPause(point: CrashPoint, serverUrl: string | undefined): void {
  test(`killed at ${point}`, async () => {
    await using kept = await storage(serverUrl);
    await using machine = await project({ fixture: 'failing', env: kept.env });
    const doomed = await machine.serve({ env: { SEGFLOW_CRASH_AT: point } });
    await machine.run(['push'], { env: { SEGFLOW_URL: doomed.url, SEGFLOW_API_KEY: doomed.apiKey } });
    const operations = Array.from({ length: 20 }, (_, index) => ({
      type: 'user',
      id: `user-${index}`,
      attributes: { email: `user-${index}@example.com` },
    }));
    await doomed.json('POST', '/v1/batch', { operations });
    expect(await doomed.exited).toMatchObject({ signal: 'SIGKILL' });
    await doomed.childrenGone();

    await using server = await doomed.again();
    const status = await waitFor('every user to be evaluated', async () => {
      const now = await server.json<Status>('GET', '/v1/status');
      return now.pending === 0 && now;
    });
    expect(status.pauses).toMatchObject([{ campaign: 'failing' }]);
    expect(status.runs.failed).toBeGreaterThan(0);
    expect(status.ledger).toEqual({ total: 0, balanced: true });
  });
}

function killedAtSweep(point: CrashPoint, serverUrl: string | undefined): void {
  test(`killed at ${point}`, async () => {
    await using kept = await storage(serverUrl);
    await using machine = await project({ fixture: 'aging', env: kept.env });
    const doomed = await machine.serve({ env: { SEGFLOW_CRASH_AT: point }, args: ['--outbox', 'outbox'] });
    await machine.run(['push'], { env: { SEGFLOW_URL: doomed.url, SEGFLOW_API_KEY: doomed.apiKey } });
    await doomed.json('PUT', '/v1/users/ada', { attributes: { email: 'ada@example.com' } });
    expect(await doomed.exited).toMatchObject({ signal: 'SIGKILL' });
    await doomed.childrenGone();

    await using server = await doomed.again();
    await waitFor('the run', async () => {
      const { runs } = await server.json<Status>('GET', '/v1/status');
      return Object.keys(runs).length > 0;
    });
    const status = await quiet(server);
    expect(status.runs).toMatchObject({ completed: 1 });
    expect(machine.emails()).toHaveLength(1);
  });
}

function killedAtRecovery(point: CrashPoint, serverUrl: string | undefined): void {
  test(`killed at ${point}`, async () => {
    await using world = await pushedWorld(serverUrl);
    const { postmark, server: first } = world;
    await first.kill('SIGTERM');
    const second = await first.again({ env: { SEGFLOW_CRASH_AT: 'mail:after-answer' } });
    expect(await submit(second)).toBe(true);
    await second.exited;
    await second.childrenGone();
    // It may die before it is ready, or soon after.
    const third = second.again({ env: { SEGFLOW_CRASH_AT: point } });
    await third.then(
      async (serve) => expect(await serve.exited).toMatchObject({ signal: 'SIGKILL' }),
      (error) => expect(String(error)).toContain('SIGKILL'),
    );
    await second.childrenGone();

    await using server = await second.again();
    await expectAllServed(server, postmark);
  });
}

function killedWhileSending(serverUrl: string | undefined): void {
  test('killed while Postmark has the batch and has not answered', async () => {
    await using world = await pushedWorld(serverUrl);
    const { postmark, server: doomed } = world;
    postmark.fault({ hold: 'after-accept' });
    expect(await submit(doomed)).toBe(true);
    await postmark.reached();
    expect(await doomed.kill('SIGKILL')).toMatchObject({ signal: 'SIGKILL' });
    postmark.release();

    await using server = await doomed.again();
    await expectAllServed(server, postmark);
  });

  test('killed while Postmark has not yet taken the batch in', async () => {
    await using world = await pushedWorld(serverUrl);
    const { postmark, server: doomed } = world;
    postmark.fault({ hold: 'before-accept', accept: false, status: 503 });
    expect(await submit(doomed)).toBe(true);
    await postmark.reached();
    await doomed.kill('SIGKILL');
    postmark.release();

    await using server = await doomed.again();
    await expectAllServed(server, postmark);
  });
}

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
