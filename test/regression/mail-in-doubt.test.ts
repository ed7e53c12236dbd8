import { expect, test } from 'bun:test';
import { SegflowError } from '../../src/core/errors.ts';
import type { Store } from '../../src/engine/ports/store.ts';
import { configOf, engineWorld, type World } from '../engine/world.ts';

/* Mail whose way was interrupted by the database: found by the chaos test's disturbances, or by thinking about them. */

const CONFIG = configOf({
  campaigns: `welcome: { segments: ['everyone'], behavior: 'static', flow: function* (ctx, rt) { yield rt.sendEmail('hello'); } }`,
});

test('a batch whose marking was committed without an answer is asked about, then sent', async () => {
  await using world = await engineWorld();
  await world.push(CONFIG);
  const lost = loseOnce(world, async () => ((await world.store.counts()).messages.sending ?? 0) > 0);
  await world.add('ada');
  expect(lost()).toBe(true);
  expect(world.mail).toEqual([]);
  await world.advance('5 minutes');
  expect(world.mail).toEqual(['hello → ada@example.com']);
  expect(await messagesOf(world)).toEqual({ sent: 1 });
});

test('an answer that comes while the database is away is stored when it is back', async () => {
  await using world = await engineWorld();
  await world.push(CONFIG);
  const { now } = world.store;
  let away = 0;
  world.store.now = async () => {
    if (world.postmark.accepted.length > 0 && away++ < 30) throw gone();
    return now.call(world.store);
  };
  const added = world.add('ada');
  while (away < 30) {
    await Bun.sleep(1);
    const next = world.clock.sleeping[0];
    if (next !== undefined) world.clock.set(Math.max(next, world.clock.now()));
  }
  await added;
  expect(world.mail).toEqual(['hello → ada@example.com']);
  expect(await messagesOf(world)).toEqual({ sent: 1 });
});

test('a process that was overtaken while its batch was turned away leaves the message to the new owner', async () => {
  await using world = await engineWorld();
  await world.push(CONFIG);
  world.postmark.fault({ hold: 'before-accept', status: 503 });
  const added = world.add('ada');
  await world.postmark.reached();
  // Another process takes over: it asks about what was being sent, and later sends it as its own second attempt.
  await world.store.unsettle(world.clock.now(), 'all');
  world.postmark.release();
  await added;
  const status = await messagesOf(world);
  expect(status.queued).toBeUndefined();
  await world.advance('5 minutes');
  expect(world.mail).toEqual(['hello → ada@example.com']);
  expect(await messagesOf(world)).toEqual({ sent: 1 });
});

// --- internal ---

/** The first transaction after whose commit `when` is true is not answered. */
function loseOnce(world: World, when: () => Promise<boolean>): () => boolean {
  let lost = false;
  const { transaction } = world.store;
  const losing: Store['transaction'] = async (work, fence) => {
    const result = await transaction.call(world.store, work as never, fence);
    if (!lost && (await when())) {
      lost = true;
      throw gone();
    }
    return result as never;
  };
  world.store.transaction = losing;
  return () => lost;
}

function gone(): SegflowError {
  return new SegflowError('unavailable', 'the connection was lost');
}

async function messagesOf(world: World): Promise<Record<string, number>> {
  const { messages } = await world.store.counts();
  return Object.fromEntries(Object.entries(messages).filter(([, count]) => count > 0));
}
