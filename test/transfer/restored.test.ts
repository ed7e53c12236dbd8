import { expect } from 'bun:test';
import type { IngestOperation } from '../../src/engine/ingest/operations.ts';
import { configOf, flagged, type World } from '../engine/world.ts';
import { test } from '../helpers/witnessed-test.ts';
import { Site } from './worlds.ts';

/*
 * What the original did after the backup, a restored instance does not know of. It must neither do it to people again
 * (listmonk#1801: overdue campaigns fire after a restore; listmonk#2070: a resumed one starts from the top) nor leave out the rest.
 */

const DAY_MS = 86_400_000;

const DRIP = configOf({
  segments: `drip: ${flagged('drip')}`,
  campaigns: `drip: { segments: ['drip'], behavior: 'static', flow: function* (ctx, rt) {
    for (let day = 0; day < 12; day++) { yield rt.sendEmail('hello'); yield rt.wait({ days: 1 }); } } }`,
  transactions: `receipt: { event: 'purchase', subject: 'Receipt', component }`,
});

const hello = (id: string, times: number) => Array<string>(times).fill(`hello → ${id}@example.com`);

test('a run that is days behind catches up without a word, and then goes on', async () => {
  await using site = await Site.make();
  const original = await site.world('original');
  await original.push(DRIP);
  await original.add('ada', { drip: true });
  await original.advance('12h');
  await site.backup('original');
  await original.advance('5d');
  expect(site.mail).toEqual(hello('ada', 6));
  await site.end(original);

  expect(await original.store.restored()).toBeUndefined();
  await site.restore('backup', 'restored');
  const backedUpAt = site.clock.now() - 5 * DAY_MS;
  const restored = await site.world('restored');
  const asking = { backedUpAt, askUntil: site.clock.now() + 12 * DAY_MS };
  expect(await restored.store.restored()).toEqual(asking);
  await restored.advance('5m');
  await restored.advance('4d');
  expect(site.mail).toEqual(hello('ada', 6));
  expect(await restored.store.restored()).toEqual(asking);
  await restored.advance('12d');
  expect(await restored.store.restored()).toBeUndefined();
  expect(site.mail).toEqual(hello('ada', 12));
  expect((await restored.runsOf('ada')).map(({ status }) => status)).toEqual(['completed']);
  expect(site.postmark.duplicates()).toEqual([]);
  expect((await restored.store.counts()).messages).toEqual({ sent: 12 });
});

test('what was on its way in the backup is asked about before it is sent', async () => {
  await using site = await Site.make();
  const original = await site.world('original');
  await original.push(DRIP);
  site.postmark.fault({ hold: 'after-accept' });
  await original.submit(
    { type: 'user', id: 'ada', attributes: { email: 'ada@example.com' }, mode: 'upsert' },
    { type: 'event', userId: 'ada', name: 'purchase', attributes: {} },
  );
  await site.postmark.reached();
  await site.backup('original');
  site.postmark.release();
  await original.settle();
  await site.end(original);
  expect(site.mail).toEqual(['receipt → ada@example.com']);

  expect(await site.restore('backup', 'restored')).toMatchObject({ asked: 1 });
  const restored = await site.world('restored');
  await restored.advance('5m');
  expect(site.mail).toEqual(['receipt → ada@example.com']);
  expect((await restored.store.counts()).messages).toEqual({ sent: 1 });
});

test('what the original did not get to send is sent', async () => {
  await using site = await Site.make();
  const original = await site.world('original');
  await original.push(DRIP);
  site.postmark.fault({ times: 2, accept: false, status: 503 });
  await original.submit(
    { type: 'user', id: 'ada', attributes: { email: 'ada@example.com', drip: true }, mode: 'upsert' },
    { type: 'event', userId: 'ada', name: 'purchase', attributes: {} },
  );
  await original.settle();
  await site.backup('original');
  await site.end(original);

  expect(await site.restore('backup', 'restored')).toMatchObject({ asked: 2 });
  const restored = await site.world('restored');
  await restored.advance('50s');
  expect(site.mail).toEqual([]);
  await restored.advance('5m');
  expect(site.mail).toEqual(['hello → ada@example.com', 'receipt → ada@example.com']);
});

test('who was about to enter a campaign enters again, at another time, and gets nothing again', async () => {
  await using site = await Site.make();
  const original = await site.world('original');
  await original.push(DRIP);
  await original.engine.stop();
  await original.submit({
    type: 'user',
    id: 'ada',
    attributes: { email: 'ada@example.com', drip: true },
    mode: 'upsert',
  });
  await site.backup('original');
  await original.start();
  await original.advance('2d');
  await site.end(original);
  expect(site.mail).toEqual(hello('ada', 3));

  await site.restore('backup', 'restored');
  const restored = await site.world('restored');
  await restored.advance('30d');
  expect(site.mail).toEqual(hello('ada', 12));
});

test('an application that sends everything since the backup again causes no second mail', async () => {
  await using site = await Site.make();
  const original = await site.world('original');
  await original.push(DRIP);
  await original.add('ada');
  await site.backup('original');
  const since = [
    { type: 'user', id: 'bob', attributes: { email: 'bob@example.com', drip: true }, mode: 'upsert' },
    { type: 'event', userId: 'ada', name: 'purchase', attributes: {}, messageId: 'order-1' },
  ] as const;
  await original.submit(...since);
  await original.settle();
  await original.advance('1h');
  await site.end(original);
  const before = ['hello → bob@example.com', 'receipt → ada@example.com'];
  expect(site.mail).toEqual(before);

  await site.restore('backup', 'restored');
  const restored = await site.world('restored');
  await restored.submit(...since);
  await restored.advance('10m');
  expect(site.mail).toEqual(before);
  await restored.submit(
    { type: 'user', id: 'cy', attributes: { email: 'cy@example.com', drip: true }, mode: 'upsert' },
    { type: 'event', userId: 'ada', name: 'purchase', attributes: {}, messageId: 'order-2' },
  );
  await restored.advance('10m');
  expect(site.mail).toEqual([...before, 'hello → cy@example.com', 'receipt → ada@example.com'].sort());
});

test('while the provider cannot be asked nothing is sent, and then all that is missing', async () => {
  await using site = await Site.make();
  const original = await site.world('original');
  await original.push(DRIP);
  await original.add('ada', { drip: true });
  await site.backup('original');
  await original.advance('1d');
  await site.end(original);

  await site.restore('backup', 'restored');
  site.postmark.fault({ on: 'search', times: 4, status: 500 });
  const restored = await site.world('restored');
  await restored.advance('2m');
  expect(site.mail).toEqual(hello('ada', 2));
  await restored.advance('20d');
  expect(site.mail).toEqual(hello('ada', 12));
});

test('after the time of asking, the provider is asked no more', async () => {
  await using site = await Site.make();
  const original = await site.world('original');
  await original.push(DRIP);
  await site.backup('original');
  await site.end(original);
  await site.restore('backup', 'restored', { askForMs: 3_600_000 });
  const restored = await site.world('restored');
  const searches = () => site.postmark.requests.filter((request) => request.startsWith('GET')).length;

  await restored.add('ada', { drip: true });
  await restored.advance('2m');
  expect(searches()).toBe(1);
  await restored.advance('1h');
  await restored.add('bob', { drip: true });
  expect(site.mail).toEqual(['hello → ada@example.com', 'hello → bob@example.com']);
  expect(searches()).toBe(1);
});

test('a backup of a restored instance remembers since when it cannot know', async () => {
  await using site = await Site.make();
  const original = await site.world('original');
  await original.push(DRIP);
  await original.add('ada', { drip: true });
  await original.advance('12h');
  await site.backup('original', 'first');
  await original.advance('5d');
  await site.end(original);

  await site.restore('first', 'second');
  const second = await site.world('second');
  await second.advance('1h');
  await site.backup('second', 'of-second');
  await second.advance('1h');
  await site.end(second);

  await site.restore('of-second', 'third');
  const third = await site.world('third');
  await third.advance('20d');
  expect(site.mail).toEqual(hello('ada', 12));
});

for (const seed of [1, 2, 3, 4, 5, 6]) {
  test(`whenever it was backed up and lost: seed ${seed}`, async () => {
    const random = generator(seed);
    const pick = (most: number) => Math.floor(random() * most);
    await using site = await Site.make();
    const original = await site.world('original');
    await original.push(DRIP);
    const history: IngestOperation[] = [];
    const live = async (world: World, steps: number) => {
      for (let step = 0; step < steps; step++) {
        const id = `user-${pick(5)}`;
        const attributes = { email: `${id}@example.com`, drip: true };
        const some: IngestOperation[] = [
          { type: 'user', id, attributes, mode: 'upsert' },
          {
            type: 'event',
            userId: id,
            name: 'purchase',
            attributes: {},
            messageId: `order-${history.length}`,
          },
        ];
        history.push(...some);
        // An answer that gets lost leaves the original, too, in doubt.
        if (pick(3) === 0) site.postmark.fault({ end: 'drop', accept: pick(2) === 0 });
        await world.submit(...some);
        if (pick(4) > 0) await world.advance(['1m', '7h', '1d', '3d'][pick(4)]!);
      }
    };
    await live(original, 1 + pick(6));
    await site.backup('original');
    await live(original, pick(8));
    await site.end(original);

    await site.restore('backup', 'restored');
    const restored = await site.world('restored');
    await restored.submit(...history);
    await restored.advance(['1m', '5h', '4d'][pick(3)]!);
    await live(restored, pick(4));
    await restored.advance('40d');

    const people = new Set(history.map((operation) => (operation.type === 'user' ? operation.id : '')));
    people.delete('');
    const orders = history.flatMap((operation) => (operation.type === 'event' ? [operation.userId] : []));
    expect(site.mail).toEqual(
      [
        ...[...people].flatMap((id) => hello(id, 12)),
        ...orders.map((id) => `receipt → ${id}@example.com`),
      ].sort(),
    );
    expect((await restored.store.counts()).messages).toEqual({ sent: site.mail.length });
  });
}

// --- internal ---

/** Numbers from 0 to 1, the same ones for a seed (mulberry32, public domain). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
