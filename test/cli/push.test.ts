import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Plan } from '../../src/protocol/plan.ts';
import { emptyFolder } from './command-line.ts';
import { memoryServer } from './memory-server.ts';

setDefaultTimeout(180_000);

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
  expect(server.backend.pushed).toMatchObject([
    { dryRun: true },
    {
      dryRun: false,
      plan: 'token',
      environment: { POSTMARK_API_KEY: 'from-dotenv' },
      code: expect.stringContaining('winback-campaign'),
    },
  ]);
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
  expect(server.backend.pushed).toHaveLength(2);
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

  test('tells of keys that stand twice together with everything else', async () => {
    await using folder = await emptyFolder();
    await using server = await memoryServer();
    const wrong = SMALL.replace('all: {', "'all': { evaluator: () => 1 as never }, all: {").replace(
      'a@example.com',
      '',
    );
    await writeFile(join(folder.path, 'segflow.config.ts'), wrong);
    const ran = await folder.segflow(['push', '--json'], server);
    expect(ran.code).toBe(3);
    const paths = (ran.json() as { problems: { path: string }[] }).problems.map(({ path }) => path);
    expect(paths).toEqual(['segments.all', 'emailProvider.config.apiKey', 'emailProvider.fromAddress']);
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

describe('the plan', () => {
  const campaign: Plan['campaigns'][number] = {
    id: 'winback',
    change: 'changed',
    enter: 1200,
    skip: 0,
    messages: {
      now: 1200,
      later: 8400,
      more: false,
      failing: { count: 7, reason: 'TypeError: no plan\n    at flow (segflow.config.ts:9:3)' },
      estimated: true,
    },
    runs: {
      live: 300,
      migrate: 250,
      stay: 1,
      pinned: 0,
      block: 49,
      unblock: 0,
      restart: 0,
      cancel: 0,
      divergences: [{ count: 50, step: 2, recorded: 'wait 1d', yielded: 'email hello', deployment: 'old' }],
      estimated: false,
    },
  };

  test('is shown, and put in force as it was shown', async () => {
    await using folder = await emptyFolder();
    await using server = await memoryServer();
    await writeFile(join(folder.path, 'segflow.config.ts'), SMALL);
    server.backend.planning.push(
      { stage: 'people', done: 1, total: 9 },
      { stage: 'runs', done: 0, total: 0 },
    );
    const leaving = { ...campaign.runs, stay: 0, migrate: 251, cancel: 3 };
    const gone = { ...campaign.runs, migrate: 0, stay: 0, block: 0, cancel: 300 };
    server.backend.plan = {
      campaigns: [campaign, { ...campaign, runs: leaving }, { ...campaign, change: 'removed', runs: gone }],
      people: 1200,
    };
    const ran = await folder.segflow(['push', '--in-flight=pin', '--existing=skip'], server);
    expect(ran).toMatchObject({ code: 0 });
    expect(ran.stdout).toContain('1,200 enter: about 1,200 emails at once, about 8,400 more within a year');
    expect(ran.stdout).toContain(
      'the flow fails for about 7: TypeError: no plan\n        at flow (segflow.config.ts:9:3)',
    );
    expect(ran.stdout).toContain('300 in flight: 250 migrate, 1 stays on its version, 49 would block');
    expect(ran.stdout).toContain('251 migrate, 49 would block, 3 of them end, no longer in the segments');
    expect(ran.stdout).toContain('300 in flight: 300 are cancelled');
    expect(ran.stdout).toContain('50 at step 2: "wait 1d" became "email hello"');
    expect(server.backend.pushed).toMatchObject([
      { dryRun: true },
      { dryRun: true },
      { dryRun: true, inFlight: 'pin', existing: 'skip' },
      { dryRun: false, inFlight: 'pin', existing: 'skip', plan: 'token' },
    ]);
  });

  test('--dry-run changes nothing', async () => {
    await using folder = await emptyFolder();
    await using server = await memoryServer();
    await writeFile(join(folder.path, 'segflow.config.ts'), SMALL);
    const ran = await folder.segflow(['push', '--dry-run', '--json'], server);
    expect(ran.code).toBe(0);
    expect(ran.json()).toMatchObject({ applied: false, plan: { token: 'token' } });
    expect(server.backend.pushed.map(({ dryRun }) => dryRun)).toEqual([true]);
  });

  test('a config that wants to be asked is pushed with --yes only', async () => {
    await using folder = await emptyFolder();
    await using server = await memoryServer();
    await writeFile(join(folder.path, 'segflow.config.ts'), SMALL);
    server.backend.plan = { confirm: true };
    const refused = await folder.segflow(['push'], server);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('--yes');
    const asJson = await folder.segflow(['push', '--json'], server);
    expect(JSON.parse(asJson.stderr)).toMatchObject({ error: { code: 'invalid_input' } });
    expect(server.backend.pushed.map(({ dryRun }) => dryRun)).toEqual([true, true]);
    expect(await folder.segflow(['push', '--yes'], server)).toMatchObject({ code: 0 });
    expect(server.backend.pushed.at(-1)).toMatchObject({ dryRun: false });
  });

  test('wrong choices are refused before anything is sent', async () => {
    await using folder = await emptyFolder();
    await using server = await memoryServer();
    await writeFile(join(folder.path, 'segflow.config.ts'), SMALL);
    for (const flag of ['--in-flight=drop', '--existing=perhaps']) {
      expect(await folder.segflow(['push', flag], server)).toMatchObject({ code: 2, stdout: '' });
    }
    expect(server.backend.pushed).toEqual([]);
  });

  test('names the commit it comes from, where there is one', async () => {
    await using folder = await emptyFolder();
    await using server = await memoryServer();
    const environment = { ...server.environment, PATH: process.env.PATH! };
    const push = () => folder.segflow(['push'], { environment });
    await writeFile(join(folder.path, 'segflow.config.ts'), SMALL);
    await push();
    expect(server.backend.pushed.at(-1)?.origin).not.toHaveProperty('commit');
    const git = (...args: string[]) => Bun.spawnSync(['git', '-C', folder.path, ...args]);
    git('init', '-q');
    git('config', 'user.name', 'Ada');
    git('config', 'user.email', 'ada@example.com');
    git('add', '.');
    git('commit', '-qm', 'Welcome anew');
    await push();
    const origin = { by: 'Ada', commit: expect.stringMatching(/^[0-9a-f]{40}$/), message: 'Welcome anew' };
    expect(server.backend.pushed.at(-1)?.origin).toMatchObject(origin);
    expect(server.backend.pushed.at(-1)?.origin).not.toHaveProperty('dirty');
    await writeFile(join(folder.path, 'segflow.config.ts'), `${SMALL}\n// more`);
    await push();
    expect(server.backend.pushed.at(-1)?.origin).toMatchObject({ ...origin, dirty: 'true' });
  });
});
