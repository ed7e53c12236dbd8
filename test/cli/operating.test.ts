import { expect, setDefaultTimeout, test } from 'bun:test';
import { hostname } from 'node:os';
import { emptyFolder } from './command-line.ts';
import { memoryServer } from './memory-server.ts';

setDefaultTimeout(180_000);

test('deployments', async () => {
  await using folder = await emptyFolder();
  await using server = await memoryServer();
  const shown = await folder.segflow(['deployments'], server);
  expect(shown).toMatchObject({ code: 0, stderr: '' });
  expect(shown.stdout).toMatch(/\* abc .* 3 +ada +01234567 +Welcome anew/);
  expect(shown.stdout).toMatch(/ {2}old .* by grace@laptop +0/);
  expect((await folder.segflow(['deployments', '--json'], server)).json()).toMatchObject([
    { id: 'abc' },
    { id: 'old' },
  ]);
});

test('rollback, to the one before or a named one', async () => {
  await using folder = await emptyFolder();
  await using server = await memoryServer();
  const environment = { ...server.environment, USER: 'grace' };
  const ran = await folder.segflow(['rollback'], { environment });
  expect(ran).toMatchObject({ code: 0 });
  expect(ran.stderr).toContain('to deployment abc');
  await folder.segflow(['rollback', 'old', '--dry-run', '--json'], server);
  const origin = { by: 'grace', host: hostname() };
  expect(server.backend.rolledBack).toMatchObject([
    { dryRun: true },
    { dryRun: false, plan: 'token', origin },
    { deployment: 'old', dryRun: true },
  ]);
});

test('pause and resume, of a campaign and of everything', async () => {
  await using folder = await emptyFolder();
  await using server = await memoryServer();
  expect(await folder.segflow(['pause', 'welcome', '--reason=typo'], server)).toMatchObject({ code: 0 });
  expect((await folder.segflow(['pause', '--json'], server)).json()).toMatchObject({ campaign: null });
  expect(server.backend.paused).toMatchObject([{ campaign: 'welcome', reason: 'typo' }, { campaign: null }]);
  const status = await folder.segflow(['status'], server);
  expect(status.stdout).toContain('welcome, since');
  expect(status.stdout).toContain('everything, since');
  expect(await folder.segflow(['resume'], server)).toMatchObject({ code: 0 });
  expect(await folder.segflow(['resume'], server)).toMatchObject({ code: 6 });
  expect((await folder.segflow(['resume', 'welcome', '--json'], server)).json()).toEqual({
    resumed: 'welcome',
  });
  expect(server.backend.paused).toEqual([]);
});

test('retry', async () => {
  await using folder = await emptyFolder();
  await using server = await memoryServer();
  await folder.segflow(['retry'], server);
  const ran = await folder.segflow(
    ['retry', '12', '--campaign', 'welcome', '--user', 'ada', '--json'],
    server,
  );
  expect(ran.json()).toEqual({ retried: 2 });
  expect(server.backend.retried).toEqual([{}, { run: 12, campaign: 'welcome', user: 'ada' }]);
  expect(await folder.segflow(['retry', 'twelve'], server)).toMatchObject({ code: 2, stdout: '' });
});

test('an id that is empty, as of a variable that is not set, does not stand for all', async () => {
  await using folder = await emptyFolder();
  await using server = await memoryServer();
  for (const args of [
    ['pause', ''],
    ['rollback', ''],
    ['retry', ''],
    ['retry', '--campaign', ''],
  ]) {
    expect(await folder.segflow(args, server)).toMatchObject({ code: 2, stdout: '' });
  }
  const { paused, rolledBack, retried } = server.backend;
  expect([paused, rolledBack, retried]).toEqual([[], [], []]);
});

test('explain', async () => {
  await using folder = await emptyFolder();
  await using server = await memoryServer();
  await folder.segflow(['add', 'a/b'], server);
  const shown = await folder.segflow(['explain', 'a/b', 'welcome'], server);
  expect(shown).toMatchObject({ code: 0, stderr: '' });
  for (const part of ['welcome', 'not in segment all-users', 'attributes.plan = "free"']) {
    expect(shown.stdout).toContain(part);
  }
  const json = await folder.segflow(['explain', 'a/b', '--json'], server);
  expect(json.json()).toMatchObject({ user: 'a/b', campaigns: [{ qualifies: false }] });
  expect(await folder.segflow(['explain', 'nobody'], server)).toMatchObject({ code: 6, stdout: '' });
});
