import { expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { project } from '../helpers/project.ts';

setDefaultTimeout(60_000);

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

  await rename(`${secret}.away`, secret);
  await using again = await machine.serve({ args: ['--outbox', 'outbox'] });
  await machine.run(['status', '--url', again.url]);
});
