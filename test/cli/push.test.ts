import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { emptyFolder } from './command-line.ts';
import { memoryServer } from './memory-server.ts';

setDefaultTimeout(60_000);

const SEED = join(import.meta.dir, '..', 'fixtures', 'seed');

const SMALL = `
import type { SegflowConfig } from 'segflow';
import { users } from 'segflow/schema';
const config: SegflowConfig<{ email: string }> = {
  emailProvider: { config: { name: 'postmark', apiKey: process.env.POSTMARK_API_KEY! }, fromAddress: 'a@example.com' },
  segments: { all: { evaluator: (db) => db.select({ id: users.id }).from(users) } },
};
export default config;
`;

test("the seed's config, found in this folder, with the key of its .env", async () => {
  await using folder = await emptyFolder();
  await using server = await memoryServer();
  await cp(SEED, folder.path, { recursive: true });
  await writeFile(join(folder.path, '.env'), 'POSTMARK_API_KEY=from-dotenv\nOTHER=never-read\n');
  const ran = await folder.segflow(['push'], server);
  expect(ran).toMatchObject({ code: 0 });
  expect(ran.stderr).toContain('deployment abc');
  expect(ran.stdout).toContain('POSTMARK_API_KEY');
  expect(ran.stdout + ran.stderr).not.toContain('from-dotenv');
  expect(server.backend.pushed).toHaveLength(1);
  expect(server.backend.pushed[0]).toMatchObject({
    environment: { POSTMARK_API_KEY: 'from-dotenv' },
    code: expect.stringContaining('winback-campaign'),
  });
});

test('the environment wins over .env; --json tells all', async () => {
  await using folder = await emptyFolder();
  await using server = await memoryServer();
  await mkdir(join(folder.path, 'project'));
  await writeFile(join(folder.path, 'project', 'segflow.config.ts'), SMALL);
  await writeFile(join(folder.path, 'project', '.env'), 'POSTMARK_API_KEY=from-dotenv\n');
  const ran = await folder.segflow(['push', 'project/segflow.config.ts', '--json'], {
    environment: { ...server.environment, POSTMARK_API_KEY: 'from-environment' },
  });
  expect(ran).toMatchObject({ code: 0, stderr: '' });
  expect(ran.json()).toMatchObject({
    deployment: 'abc',
    environment: ['POSTMARK_API_KEY'],
    missingEnvironment: [],
  });
  expect(server.backend.pushed[0]?.environment).toEqual({ POSTMARK_API_KEY: 'from-environment' });
});

test("the server's URL and key may stand in the .env beside a config elsewhere", async () => {
  await using folder = await emptyFolder();
  await using server = await memoryServer();
  await mkdir(join(folder.path, 'project'));
  await writeFile(join(folder.path, 'project', 'segflow.config.ts'), SMALL);
  const lines = Object.entries({ ...server.environment, POSTMARK_API_KEY: 'k' }).map(
    ([k, v]) => `${k}=${v}\n`,
  );
  await writeFile(join(folder.path, 'project', '.env'), lines.join(''));
  expect(await folder.segflow(['push', 'project'])).toMatchObject({ code: 0 });
  expect(server.backend.pushed).toHaveLength(1);
});

test('a variable that is not set here is named, and the server decides', async () => {
  await using folder = await emptyFolder();
  await using server = await memoryServer();
  await writeFile(join(folder.path, 'segflow.config.ts'), SMALL);
  const ran = await folder.segflow(['push'], server);
  expect(ran).toMatchObject({ code: 0 });
  expect(ran.stderr).toContain('Not set here, so not pushed: POSTMARK_API_KEY');
  expect(server.backend.pushed[0]?.environment).toEqual({});
});

describe('a config that is wrong', () => {
  const wrong = SMALL.replace(
    'export default',
    `config.campaigns = { c: { segments: ['nope'], behavior: 'static', flow: function* () {} } };
config.emailProvider.fromAddress = '';
export default`,
  );

  test('is refused with every problem, and nothing is sent', async () => {
    await using folder = await emptyFolder();
    await using server = await memoryServer();
    await writeFile(join(folder.path, 'segflow.config.ts'), wrong);
    await writeFile(join(folder.path, '.env'), 'POSTMARK_API_KEY=k\n');
    const ran = await folder.segflow(['push'], server);
    expect(ran).toMatchObject({ code: 3, stdout: '' });
    expect(ran.stderr).toContain('campaigns.c.segments[0]');
    expect(ran.stderr).toContain('emailProvider.fromAddress');
    expect(ran.stderr).toContain('2 problems');
    const asJson = await folder.segflow(['push', '--json'], server);
    expect(asJson.code).toBe(3);
    expect(asJson.json()).toMatchObject({
      problems: [{ path: 'emailProvider.fromAddress' }, { path: 'campaigns.c.segments[0]' }],
    });
    expect(JSON.parse(asJson.stderr)).toMatchObject({ error: { code: 'invalid_config' } });
    expect(server.backend.pushed).toEqual([]);
  });

  test('shows the place in code that does not compile', async () => {
    await using folder = await emptyFolder();
    await using server = await memoryServer();
    await writeFile(join(folder.path, 'segflow.config.ts'), 'export default {\n  a: 1,\n  b = 2,\n};\n');
    const ran = await folder.segflow(['push'], server);
    expect(ran.code).toBe(3);
    expect(ran.stderr).toContain('segflow.config.ts:3');
    expect(ran.stderr).toContain('b = 2');
  });

  test("shows the server's problems alike", async () => {
    await using folder = await emptyFolder();
    await using server = await memoryServer();
    await writeFile(join(folder.path, 'segflow.config.ts'), SMALL);
    const { SegflowError } = await import('../../src/core/errors.ts');
    server.backend.failWith = new SegflowError('invalid_config', 'the config has a problem', {
      details: [
        {
          path: 'segments.all',
          message: 'the embedded store cannot run it',
          file: 'segflow.config.ts',
          line: 6,
        },
      ],
    });
    const ran = await folder.segflow(['push'], server);
    expect(ran.code).toBe(3);
    expect(ran.stderr).toContain('segments.all: the embedded store cannot run it');
    expect(ran.stderr).toContain('segflow.config.ts:6');
  });
});

test('no config', async () => {
  await using folder = await emptyFolder();
  await using server = await memoryServer();
  const ran = await folder.segflow(['push'], server);
  expect(ran).toMatchObject({ code: 3, stdout: '' });
  expect(ran.stderr).toContain('no segflow.config.ts');
  expect(await folder.segflow(['preview'])).toMatchObject({ code: 3, stdout: '' });
});

test('no server', async () => {
  await using folder = await emptyFolder();
  const server = await memoryServer();
  await server[Symbol.asyncDispose]();
  await writeFile(join(folder.path, 'segflow.config.ts'), SMALL);
  const ran = await folder.segflow(['push'], server);
  expect(ran).toMatchObject({ code: 5, stdout: '' });
  expect(ran.stderr).toContain('segflow serve');
  await rm(join(folder.path, 'segflow.config.ts'));
});
