import { expect, setDefaultTimeout, test } from 'bun:test';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkConfig, checkEnds } from '../../src/cli/project/check-config.ts';
import { bundleConfig } from '../../src/config/bundle/bundle.ts';
import { processesOf } from '../helpers/processes.ts';
import { project } from '../helpers/project.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { emptyFolder } from './command-line.ts';

setDefaultTimeout(180_000);

/** A quarter of what the whole check may take. */
const SHORT = { timeoutMs: 500 };

test('a config whose code never ends is refused in time, with what to look for', async () => {
  await using folder = await emptyFolder();
  const path = join(folder.path, 'segflow.config.ts');
  await writeFile(path, 'while (true) {}\nexport default {};\n');
  const { id, code } = await bundleConfig(path);
  const problem = {
    message: 'the configuration was not loaded within 2 s',
    hint: expect.stringContaining('endless loop'),
  };
  expect(await checkConfig({ id, code, environment: {} }, SHORT)).toEqual([{ path: '', ...problem }]);
  expect(await checkEnds(path, SHORT).catch((error) => error)).toMatchObject({
    code: 'invalid_config',
    ...problem,
  });
});

test('so is one with a segment whose query is never ready', async () => {
  await using folder = await emptyFolder();
  const path = join(folder.path, 'segflow.config.ts');
  await writeFile(
    path,
    `export default {
      emailProvider: { config: { name: 'file' }, fromAddress: 'a@example.com' },
      segments: { all: { evaluator: () => { while (true) {} } } },
    };`,
  );
  const { id, code } = await bundleConfig(path);
  expect(await checkConfig({ id, code, environment: {} }, SHORT)).toMatchObject([
    {
      message: 'the check of the configuration was not done within 2 s',
      hint: expect.stringContaining('an evaluator'),
    },
  ]);
  // Evaluating the code is all that this one looks at.
  await checkEnds(path, SHORT);
});

test('emails that never end, or end their process, are each named, with their place', async () => {
  await using folder = await emptyFolder();
  const path = join(folder.path, 'segflow.config.ts');
  await writeFile(
    path,
    `const hangs = () => {
      while (true) Math.random();
    };
    const ends = () => process.kill(process.pid, 'SIGKILL');
    export default {
      emailProvider: { config: { name: 'file' }, fromAddress: 'a@example.com' },
      templates: {
        fine: { subject: 'fine', component: () => 'fine' },
        'never-ends': { subject: 'x', component: () => hangs() },
      },
      transactions: { ends: { event: 'purchase', subject: () => ends(), component: () => 'x' } },
    };`,
  );
  const { id, code } = await bundleConfig(path);
  // The first email of a child takes a while.
  const found = await checkConfig({ id, code, environment: {} }, { timeoutMs: 3_000 });
  expect(found).toMatchObject([
    {
      path: 'templates.never-ends',
      message: 'the email was not rendered within 3 s',
      file: 'segflow.config.ts',
    },
    { path: 'transactions.ends', message: 'the email ended its process (killed by SIGKILL)' },
  ]);
  expect(found[0]!.line).toBeLessThanOrEqual(3);
});

test('code that throws is no endless loop', async () => {
  await using folder = await emptyFolder();
  const path = join(folder.path, 'segflow.config.ts');
  await writeFile(path, "\nthrow new Error('no plan is set');\nexport default {};\n");
  await checkEnds(path);
  const { id, code } = await bundleConfig(path);
  expect(await checkConfig({ id, code, environment: {} })).toMatchObject([
    { message: 'no plan is set', file: 'segflow.config.ts', line: 2 },
  ]);
});

const COMMANDS = ['push', 'push --dry-run', 'simulate', 'preview --port 0'];

test.each(COMMANDS)('Ctrl-C ends %s while a config hangs, and leaves nothing behind', async (command) => {
  await using machine = await project();
  await writeFile(join(machine.path, 'segflow.config.ts'), 'while (true) {}\nexport default {};\n');
  const child = Bun.spawn([machine.program, ...command.split(' ')], {
    cwd: machine.path,
    env: { ...machine.env, SEGFLOW_URL: 'http://127.0.0.1:1', SEGFLOW_API_KEY: 'key' },
    stdio: ['ignore', 'ignore', 'ignore'],
  });
  try {
    await waitFor('the check to begin', () => processesOf(machine.program).length === 2);
    child.kill('SIGINT');
    // Far sooner than the check would give up.
    await waitFor('all of it to end', () => processesOf(machine.program).length === 0, { timeoutMs: 10_000 });
  } finally {
    child.kill('SIGKILL');
    await child.exited;
  }
});
