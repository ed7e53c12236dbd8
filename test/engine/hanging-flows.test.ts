import { expect, setDefaultTimeout, test } from 'bun:test';
import { waitFor } from '../helpers/wait-for.ts';
import { configOf, engineWorld, flagged } from './world.ts';

setDefaultTimeout(120_000);

const withFlow = (body: string) =>
  configOf({
    segments: `bad: ${flagged('bad')}, good: ${flagged('good')}, late: ${flagged('late')}`,
    campaigns: `
      late: { segments: ['late'], behavior: 'static', flow: function* (ctx, rt) { yield rt.sendEmail('hello'); } },
      bad: { segments: ['bad'], behavior: 'static', flow: function* (ctx, rt) { yield rt.wait({ days: 1 }); ${body} } },
      good: { segments: ['good'], behavior: 'static', flow: function* (ctx, rt) {
        yield rt.wait({ days: 1 }); yield rt.sendEmail('hello'); } },`,
  });

test('others of the batch go on before those that hang, and few of these are spoilt before their campaign is paused', async () => {
  await using world = await engineWorld({ timeoutMs: 700 });
  await world.push(withFlow('while (true) {}'));
  const people = [
    ...Array.from({ length: 40 }, (_, i) => ({ id: `b${i}`, bad: true })),
    { id: 'g', good: true },
  ];
  await world.submit(
    ...people.map(({ id, ...flags }) => ({
      type: 'user' as const,
      id,
      attributes: { email: `${id}@example.com`, ...flags },
      mode: 'upsert' as const,
    })),
  );
  await world.settle();
  const statuses = async () => Promise.all(people.map(async ({ id }) => (await world.runsOf(id))[0]!.status));
  expect(new Set(await statuses())).toEqual(new Set(['sleeping']));
  world.clock.set(world.clock.now() + 86_400_000);

  const settled = world.settle();
  await waitFor('the mail of the good one', () => world.mail.length > 0);
  const count = (all: string[], status: string) => all.filter((it) => it === status).length;
  expect(count(await statuses(), 'failed')).toBeLessThan(10);
  await settled;
  expect(world.mail).toEqual(['hello → g@example.com']);
  const after = await statuses();
  // More than half of the campaign's last 20 activations.
  expect(count(after, 'failed')).toBe(11);
  expect(count(after, 'sleeping')).toBe(29);
  expect(world.errors.filter((line) => line.includes('paused by itself'))).toHaveLength(1);

  await world.push(withFlow(''));
  await world.engine.resume('bad');
  await world.engine.retryRuns({});
  await world.settle();
  expect(count(await statuses(), 'completed')).toBe(41);
});

test('who comes while a hanging flow is tried alone does not wait for it', async () => {
  await using world = await engineWorld({ timeoutMs: 8_000 });
  await world.push(withFlow('while (true) {}'));
  await world.add('b', { bad: true });
  await world.add('g', { good: true });
  world.clock.set(world.clock.now() + 86_400_000);
  const settled = world.settle();
  await waitFor('the mail of who was due with it', () => world.mail.includes('hello → g@example.com'));
  await world.submit({
    type: 'user',
    id: 'late',
    attributes: { email: 'late@example.com', late: true },
    mode: 'upsert',
  });
  await waitFor('the mail of who came later', () => world.mail.includes('hello → late@example.com'));
  expect((await world.runsOf('b'))[0]!.status).toBe('sleeping');
  expect(world.errors).toEqual([]);
  await settled;
  expect((await world.runsOf('b'))[0]!.status).toBe('failed');
  expect(world.mail).toHaveLength(2);
});

test('a server that stops does not wait for a trial, and the next one begins it anew', async () => {
  await using world = await engineWorld({ timeoutMs: 8_000 });
  await world.push(withFlow('while (true) {}'));
  await world.add('b', { bad: true });
  await world.add('g', { good: true });
  world.clock.set(world.clock.now() + 86_400_000);
  await waitFor('the mail of who was due with it', () => world.mail.length > 0);
  await world.engine.stop();
  expect((await world.runsOf('b'))[0]!.status).toBe('sleeping');
  expect(world.errors).toEqual([]);
  await world.start();
  await world.settle();
  expect((await world.runsOf('b'))[0]!.status).toBe('failed');
  expect(world.mail).toEqual(['hello → g@example.com']);
});

test('a flow that is slow among others has its time when it is alone', async () => {
  await using world = await engineWorld({ timeoutMs: 5_000 });
  await world.push(withFlow('const end = Bun.nanoseconds() + 1.5e9; while (Bun.nanoseconds() < end) {}'));
  await world.add('slow', { bad: true });
  await world.add('g', { good: true });
  await world.advance('1d');
  expect((await world.runsOf('slow'))[0]).toMatchObject({ status: 'completed', steps: ['wait 1d'] });
  expect(world.errors).toEqual([]);
});
