import { expect } from 'bun:test';
import { existsSync } from 'node:fs';
import { readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { project } from '../helpers/project.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { test } from '../helpers/witnessed-test.ts';

test('a server without the secret of what was pushed does not start, and says which it needs', async () => {
  await using machine = await project();
  const secret = join(machine.path, '.segflow', 'secret');
  const server = await machine.serve({ args: ['--outbox', 'outbox'] });
  await machine.run(['init', 'shop']);
  await machine.run(['push', 'shop', '--yes']);
  await server.kill('SIGTERM');

  const serve = (env: Record<string, string> = {}) =>
    machine.try(['serve', '--port', '0', '--outbox', 'outbox', '--json'], { env });
  const other = await serve({ SEGFLOW_SECRET: 'another' });
  expect(other.code).toBe(2);
  expect(JSON.parse(other.stderr)).toMatchObject({
    error: {
      code: 'invalid_input',
      message: expect.stringMatching(/^SEGFLOW_SECRET is not the secret/),
      hint: expect.stringContaining(secret),
    },
  });

  await rename(secret, `${secret}.away`);
  const missing = await serve();
  expect(JSON.parse(missing.stderr)).toMatchObject({
    error: { message: expect.stringMatching(/is missing$/) },
  });
  expect(existsSync(secret)).toBe(false);

  // --force is about data that was moved, not about secrets.
  expect(await machine.try(['serve', '--port', '0', '--force'])).toMatchObject({ code: 2 });
  expect(existsSync(secret)).toBe(false);

  // Lost for good: it starts with another, and works again once something is pushed.
  const forced = await machine.serve({ args: ['--outbox', 'outbox', '--new-secret'] });
  const to = ['--url', forced.url];
  await machine.run(['push', 'shop', '--yes', ...to]);
  await machine.run(['resume', ...to]);
  await machine.run(['add', 'ann', 'email=ann@example.com', 'username=ann', '--wait', ...to]);
  await waitFor('her mail', async () => (await readdir(join(machine.path, 'outbox'))).length > 0);
  await forced.kill('SIGTERM');
  await using again = await machine.serve({ args: ['--outbox', 'outbox'] });
  await machine.run(['status', '--url', again.url]);
});
