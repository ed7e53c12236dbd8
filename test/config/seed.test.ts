import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { join } from 'node:path';
import { bundleConfig } from '../../src/config/bundle/bundle.ts';
import { inspectConfig } from '../../src/config/inspect/inspect.ts';
import { loadConfig } from '../../src/host/child/load-config.ts';
import { FIXTURES } from './project.ts';

// Starts processes or loads much code, which takes its time on a busy machine.
setDefaultTimeout(180_000);

const ROOT = join(import.meta.dir, '../..');

describe.each(['seed', 'seed-getting-started'])('the config of %s', (name) => {
  const path = join(FIXTURES, name, 'segflow.config.ts');

  test('bundles, and reads one variable', async () => {
    const { problems, environmentNames } = await bundleConfig(path);
    expect(problems).toEqual([]);
    expect(environmentNames).toEqual(['POSTMARK_API_KEY']);
  });

  test('has nothing wrong with it', async () => {
    process.env.POSTMARK_API_KEY = 'a-key';
    try {
      const { config } = await loadConfig(path);
      expect((await inspectConfig(config, Date.UTC(2026, 0, 1))).problems).toEqual([]);
    } finally {
      delete process.env.POSTMARK_API_KEY;
    }
  });
});

test('without the API key, a push says so', async () => {
  const { config } = await loadConfig(join(FIXTURES, 'seed/segflow.config.ts'));
  const { problems } = await inspectConfig(config, 0);
  expect(problems.map(({ path }) => path)).toEqual(['emailProvider.config.apiKey']);
});

test('both type-check, but for the attribute that one of them does not declare', async () => {
  const tsc = Bun.spawn(
    [join(ROOT, 'node_modules/.bin/tsc'), '-p', join(FIXTURES, 'tsconfig.json'), '--pretty', 'false'],
    {
      cwd: ROOT,
      stdout: 'pipe',
    },
  );
  const errors = (await new Response(tsc.stdout).text()).trim().split('\n');
  expect(errors).toHaveLength(1);
  expect(errors[0]).toMatch(/PasswordResetEmailTemplate\.tsx.*'passwordResetToken' does not exist/);
});
