import { expect, test } from 'bun:test';
import { createHost } from '../../src/host/pool/pool.ts';
import { configOf, engineWorld, World } from './world.ts';

/* What a flow was told is what it is told in every replay, and what it has done is recorded before it does more. */

const flow = (body: string) =>
  configOf({
    campaigns: `c: { segments: ['everyone'], behavior: 'static', flow: function* (ctx, rt) { ${body} } }`,
  });

test.each([
  ['max(schema.events.createdAt)', 'max(schema.events.createdAt)', 'Date'],
  ['a column', 'schema.events.createdAt', 'Date'],
  ['an aliased aggregate', `max(schema.events.createdAt).as('m')`, 'Date'],
  ['mapWith a column', `sql\`max(\${schema.events.createdAt})\`.mapWith(schema.events.createdAt)`, 'Date'],
  ['mapWith a function', `sql\`count(*)\`.mapWith((n) => new Date(Number(n)))`, 'Date'],
  ['mapWith BigInt', `sql\`count(*)\`.mapWith(BigInt)`, 'BigInt'],
  ['count()', 'count()', 'Number'],
  ['mapWith to an object', `sql\`count(*)\`.mapWith((n) => ({ n: Number(n) }))`, 'Object'],
  ['JSON', 'schema.events.attributes', 'Object'],
])('%s has its type at first and in the replay', async (_name, field, type) => {
  await using world = await engineWorld();
  const source = flow(`
    const [r] = yield* rt.query((db) => db.select({ v: ${field} }).from(schema.events));
    yield rt.updateUser({ first: r.v.constructor.name, text: String(r.v) });
    yield rt.wait({ days: 1 });
    yield rt.updateUser({ again: r.v.constructor.name, same: String(r.v) });
  `).replace("from 'drizzle-orm'", "from 'drizzle-orm'; import { count, max } from 'drizzle-orm'");
  await world.push(source);
  await world.submit(
    { type: 'user', id: 'ada', attributes: {}, mode: 'upsert' },
    { type: 'event', userId: 'ada', name: 'x', attributes: { a: 1 } },
  );
  await world.settle();
  await world.restart();
  await world.advance('2d');
  const { attributes } = (await world.store.getUser('ada'))!;
  expect((await world.runsOf('ada'))[0]).toMatchObject({ status: 'completed', reason: null });
  expect(attributes).toMatchObject({ first: type, again: type });
  expect(attributes.same).toEqual(attributes.text!);
});

test.each([
  ['NaN', 'Number.NaN', /NaN as "v"/],
  ['a Map', 'new Map()', /Map as "v"/],
  ['a function', '() => {}', /as "v"/],
])('%s cannot be recorded, and is refused', async (_name, value, words) => {
  await using world = await engineWorld();
  await world.push(
    flow(
      `yield rt.query((db) => db.select({ v: sql\`1\`.mapWith(() => ${value}) }).from(schema.users)); yield rt.wait({ days: 1 });`,
    ),
  );
  await world.add('ada');
  expect((await world.runsOf('ada'))[0]).toMatchObject({
    status: 'failed',
    reason: expect.stringMatching(words),
  });
});

test('a side effect that is done is recorded before the next one begins', async () => {
  const calls: string[] = [];
  const sixth = Promise.withResolvers<void>();
  const end = Promise.withResolvers<void>();
  const sixthAgain = Promise.withResolvers<void>();
  using server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    async fetch(request) {
      const name = new URL(request.url).pathname.slice(1);
      calls.push(name);
      if (name !== '6') return new Response(name);
      if (calls.filter((call) => call === '6').length > 1) sixthAgain.resolve();
      else {
        sixth.resolve();
        await end.promise;
      }
      return new Response(name);
    },
  });
  await using world = await engineWorld();
  await world.push(
    flow(`const seen = []; for (const n of [1, 2, 3, 4, 5, 6])
      seen.push(yield* rt.run('call ' + n, async () => (await fetch('${server.url}' + n)).text()));
      yield rt.updateUser({ seen });`),
  );
  await world.submit({ type: 'user', id: 'ada', attributes: {}, mode: 'upsert' });
  await sixth.promise;
  // Another process takes the run up while the sixth call of this one never ends: as after a crash.
  const { clock, postmark, store } = world;
  const host = createHost({ processes: 1, log: () => {} });
  const next = new World({ clock, postmark, store, host });
  await next.start();
  clock.set(clock.now() + 60_000);
  await sixthAgain.promise;
  await next.settle();
  expect(calls).toEqual(['1', '2', '3', '4', '5', '6', '6']);
  expect((await store.getUser('ada'))!.attributes).toMatchObject({ seen: ['1', '2', '3', '4', '5', '6'] });
  end.resolve();
  await next.engine.stop();
  await host.close();
});
