import { expect } from 'bun:test';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Journey, Status } from '../../src/protocol/api.ts';
import { startPostmark } from '../helpers/postmark.ts';
import { project } from '../helpers/project.ts';
import { seededRandom } from '../helpers/random.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { test } from '../helpers/witnessed-test.ts';
import { populate, sendBatch } from './load.ts';
import { accepted, promised, push, quiet, seedProject } from './seed-world.ts';

test('SIGTERM under load: exit 0, what was acknowledged is there, no mail is left half-sent', async () => {
  const { people, operations } = populate(60, 400, seededRandom(7));
  await using postmark = await startPostmark();
  await using machine = await seedProject(postmark);
  const first = await machine.serve();
  await push(machine, first, postmark);

  const users = operations.slice(0, people.length);
  expect(await sendBatch(first, users)).toMatchObject({ rejected: 0 });
  const events = operations.slice(people.length);
  const batches = Array.from({ length: events.length / 20 }, (_, index) =>
    events.slice(index * 20, index * 20 + 20),
  );
  const sending = batches.map((batch) => sendBatch(first, batch));
  await Promise.any(sending);
  expect(await first.kill('SIGTERM')).toEqual({ code: 0, signal: null });
  const answers = await Promise.all(sending);
  const acknowledged = batches.filter((_, index) => answers[index]).flat();

  await using second = await first.again();
  expect(second.logs()).not.toContain('being sent when the last process ended');
  const { events: stored } = await second.json<Status>('GET', '/v1/status');
  expect(stored).toBeGreaterThanOrEqual(acknowledged.length);
  for (const [index, batch] of batches.entries()) if (!answers[index]) await sendBatch(second, batch);
  await quiet(second);
  expect(accepted(postmark)).toEqual(promised(people));
});

test('a second serve on the same data is refused and does not disturb the first', async () => {
  await using machine = await project();
  await using server = await machine.serve();
  const refused = await machine.try(['serve', '--port', '0']);
  expect(refused.code).not.toBe(0);
  expect(refused.stderr).toMatch(/in use|already|another/i);
  expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
  expect(await machine.json<Status>(['status'])).toMatchObject({ users: 0 });
});

test('two servers on different data live side by side', async () => {
  await using machine = await project();
  await using _first = await machine.serve({ env: { SEGFLOW_API_KEY: 'one' } });
  await using second = await machine.serve({ env: { SEGFLOW_API_KEY: 'two' }, args: ['--data', 'other'] });
  expect((await second.fetch('GET', '/v1/status')).status).toBe(200);
});

test('a port that is taken is refused', async () => {
  await using machine = await project();
  await using server = await machine.serve();
  const port = new URL(server.url).port;
  const refused = await machine.try(['serve', '--port', port, '--data', 'other']);
  expect(refused.code).not.toBe(0);
  expect(refused.stderr).toContain(port);
});

test('the key is made once, shown once, and kept for the owner alone', async () => {
  await using machine = await project();
  const first = await machine.serve();
  expect(first.logs()).toContain(first.apiKey);
  const file = join(machine.path, '.segflow', 'api-key');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  await first.kill('SIGTERM');

  await using second = await first.again();
  expect(second.apiKey).toBe(first.apiKey);
  expect(second.logs()).not.toContain(first.apiKey);
  expect((await second.fetch('GET', '/v1/status')).status).toBe(200);
});

test('requests without the key, or with another, are refused', async () => {
  await using machine = await project();
  await using server = await machine.serve({ env: { SEGFLOW_API_KEY: 'the-right-key' } });
  const status = async (headers: Record<string, string>) =>
    (await fetch(`${server.url}/v1/status`, { headers })).status;
  expect(await status({})).toBe(401);
  expect(await status({ authorization: 'Bearer the-wrong-key' })).toBe(401);
  expect(await status({ authorization: 'Bearer the-right-key' })).toBe(200);
  expect(server.logs()).not.toContain('the-right-key');
  const refused = await machine.try(['status', '--url', server.url, '--api-key', 'the-wrong-key']);
  expect(refused.code).toBe(4);
});

test('a wait survives a restart, and what became due meanwhile is sent', async () => {
  await using machine = await project({ fixture: 'short-wait' });
  const first = await machine.serve({ args: ['--outbox', 'outbox'] });
  await machine.run(['push']);
  await machine.run(['add', 'ada', 'email=ada@example.com', '--wait']);
  await quiet(first);
  const before = await machine.json<Journey>(['user', 'ada']);
  const due = Date.parse(before.runs[0]!.wakeAt!);
  expect(machine.emails().length).toBe(1);
  await first.kill('SIGTERM');

  await Bun.sleep(Math.max(0, due - Date.now()) + 50);
  await using second = await first.again();
  const after = await waitFor('the run to end', async () => {
    const journey = await second.json<Journey>('GET', '/v1/users/ada');
    return journey.runs[0]?.status === 'completed' && journey;
  });
  expect(machine.emails().length).toBe(2);
  expect(Date.parse(after.messages[0]!.sentAt!)).toBeGreaterThanOrEqual(due);
});

test('who leaves a dynamic campaign while it waits gets nothing more from it; who stays does', async () => {
  await using machine = await project({ fixture: 'short-wait' });
  await using server = await machine.serve({ args: ['--outbox', 'outbox'] });
  await machine.run(['push']);
  const put = (user: string, member: boolean) =>
    server.json('PUT', `/v1/users/${user}?wait=true`, {
      attributes: { email: `${user}@example.com`, member },
    });
  const memberMail = async (user: string) => {
    const { messages } = await server.json<Journey>('GET', `/v1/users/${user}`);
    return messages.filter(({ campaign }) => campaign === 'members').map(({ template }) => template);
  };
  await put('leaves', true);
  await quiet(server);
  expect(await memberMail('leaves')).toEqual(['first']);
  await put('leaves', false);
  // Enters later, so by the time this one gets the second mail the other would have got it.
  await put('stays', true);
  await waitFor('the second mail', async () => (await memberMail('stays')).length === 2);
  expect(await memberMail('leaves')).toEqual(['first']);
  const { runs } = await server.json<Journey>('GET', '/v1/users/leaves');
  expect(runs.find(({ campaign }) => campaign === 'members')).toMatchObject({
    status: 'cancelled',
    wakeAt: null,
  });
});
