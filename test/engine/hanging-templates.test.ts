import { expect, setDefaultTimeout, test } from 'bun:test';
import { waitFor } from '../helpers/wait-for.ts';
import { configOf, engineWorld, flagged, type World } from './world.ts';

/*
 * What hangs is the host's matter, whatever the store is; hanging flows are tried on each. (On the embedded store only.)
 */
setDefaultTimeout(120_000);

/** Everyone is mailed at once, those with the attribute `bad` by a component that does this first. A push renders it for a sample user. */
const withTemplate = (body: string) =>
  configOf({
    templates: `bad: { subject: 'Bad', component: ({ user }) => { if (user.bad) { ${body} } return <p>Bad {user.name}</p>; } }`,
    segments: `bad: ${flagged('bad')}, good: ${flagged('good')}`,
    campaigns: `
      bad: { segments: ['bad'], behavior: 'static', flow: function* (ctx, rt) { yield rt.sendEmail('bad'); } },
      good: { segments: ['good'], behavior: 'static', flow: function* (ctx, rt) { yield rt.sendEmail('hello'); } },`,
  });

/** Sorted first, the bad ones come before the good one in a batch. */
const BAD = ['a1', 'a2', 'a3'];

async function addAll(world: World): Promise<void> {
  const people = [...BAD.map((id) => ({ id, bad: true })), { id: 'g', good: true }];
  await world.submit(
    ...people.map(({ id, ...flags }) => ({
      type: 'user' as const,
      id,
      attributes: { email: `${id}@example.com`, ...flags },
      mode: 'upsert' as const,
    })),
  );
}

const statusesOf = async (world: World, ids: string[]) => {
  const found = await Promise.all(ids.map((id) => world.store.listMessages({ userId: id, limit: 10 })));
  return found.map((list) => list.map(({ status }) => status).join());
};

for (const [what, body] of [
  ['hangs', 'while (true) {}'],
  ['kills its process', "process.kill(process.pid, 'SIGKILL')"],
] as const) {
  test(`the mail of others leaves before that whose template ${what} is given up`, async () => {
    await using world = await engineWorld({ timeoutMs: 3_000 });
    await world.push(withTemplate(body));
    await addAll(world);
    const settled = world.settle();
    await waitFor('the mail of the good one', () => world.mail.length > 0);
    expect(await statusesOf(world, BAD)).toEqual(['queued', 'queued', 'queued']);
    expect(world.errors).toEqual([]);
    await settled;
    expect(world.mail).toEqual(['hello → g@example.com']);
    expect(await statusesOf(world, [...BAD, 'g'])).toEqual(['failed', 'failed', 'failed', 'sent']);
    const told = world.errors.filter((line) =>
      /rendering failed: .* at component \(segflow\.config\.tsx:/.test(line),
    );
    expect(told).toHaveLength(3);
  });
}

test('mail that comes while a hanging template is tried alone does not wait for it', async () => {
  await using world = await engineWorld({ timeoutMs: 8_000 });
  await world.push(withTemplate('while (true) {}'));
  const add = (id: string, flag: string) =>
    world.submit({
      type: 'user',
      id,
      attributes: { email: `${id}@example.com`, [flag]: true },
      mode: 'upsert',
    });
  await add('a1', 'bad');
  await add('g', 'good');
  await waitFor('the mail that was due with it', () => world.mail.length > 0);
  await add('late', 'good');
  await waitFor('the mail that came later', () => world.mail.length > 1);
  expect(await statusesOf(world, ['a1'])).toEqual(['queued']);
  expect(world.errors).toEqual([]);
  await world.settle();
  expect(await statusesOf(world, ['a1'])).toEqual(['failed']);
  expect(world.mail).toEqual(['hello → g@example.com', 'hello → late@example.com']);
});

test('a process that ends forgets what it suspected, and the next one loses nothing and sends nothing twice', async () => {
  await using world = await engineWorld({ timeoutMs: 2_000 });
  await world.push(withTemplate('while (true) {}'));
  await addAll(world);
  await waitFor('the mail of the good one', () => world.mail.length > 0);
  await world.engine.stop();
  expect(await statusesOf(world, BAD)).toContain('queued');
  await world.start();
  await world.settle();
  expect(world.mail).toEqual(['hello → g@example.com']);
  expect(await statusesOf(world, [...BAD, 'g'])).toEqual(['failed', 'failed', 'failed', 'sent']);
});

test('an email that is slow among others has its time when it is alone', async () => {
  await using world = await engineWorld({ timeoutMs: 6_000 });
  await world.push(withTemplate('const end = Bun.nanoseconds() + 4e9; while (Bun.nanoseconds() < end) {}'));
  await world.submit({
    type: 'user',
    id: 'a',
    attributes: { email: 'a@example.com', bad: true },
    mode: 'upsert',
  });
  await world.settle();
  expect(world.mail).toEqual(['bad → a@example.com']);
  expect(world.errors).toEqual([]);
});
