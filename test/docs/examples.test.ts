import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspectConfig } from '../../src/config/inspect/inspect.ts';
import type { SegflowConfig } from '../../src/config/types.ts';
import { loadConfig } from '../../src/host/child/load-config.ts';
import { simulate } from '../../src/testing/simulate.ts';
import { TSCONFIG, writeExamples } from './examples.ts';
import { ROOT } from './pages.ts';

setDefaultTimeout(180_000);

/** Below the repository, where the packages are found. */
const folder = join(ROOT, 'dist', `docs-examples-${process.pid}`);
const { examples, configs } = writeExamples(folder);

beforeAll(() => {
  process.env.POSTMARK_API_KEY = 'POSTMARK_API_TEST';
});

afterAll(() => {
  delete process.env.POSTMARK_API_KEY;
  rmSync(folder, { recursive: true, force: true });
});

test('there are examples, and each page of a config has one', () => {
  expect(examples.length).toBeGreaterThan(20);
  expect(configs).toContain('config-docs-segments.ts');
  expect(configs).toContain('config-docs-flows.ts');
  expect(configs).toContain('config-docs-emails.ts');
});

test('every example type-checks, and a wrong one would not', async () => {
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(TSCONFIG));
  writeFileSync(join(folder, 'wrong.ts'), WRONG);
  const tsc = Bun.spawn([join(ROOT, 'node_modules/.bin/tsc'), '-p', folder, '--pretty', 'false'], {
    cwd: folder,
    stdout: 'pipe',
  });
  const lines = (await new Response(tsc.stdout).text()).split('\n');
  // The sources behind the examples have a check of their own, with declarations that are not seen from here.
  const errors = lines.filter((line) => /: error TS/.test(line) && !line.startsWith('../../src/'));
  expect(errors).toEqual([expect.stringContaining("wrong.ts(2,14): error TS2322: Type 'string'")]);
});

test.each(configs)('%s is a config that a push accepts, and its campaigns run', async (file) => {
  const { config } = await loadConfig(join(folder, file));
  const { problems } = await inspectConfig(config, Date.UTC(2026, 0, 1));
  expect(problems).toEqual([]);
  await using simulation = await simulate(config as SegflowConfig);
  await simulation.addUser('ada', { email: 'ada@example.com', username: 'Ada', plan: 'pro', winback: true });
  await simulation.addUser('grace', { email: 'grace@example.com', username: 'Grace' });
  await simulation.advance('2 days');
  await simulation.emit('ada', 'purchase', { value: 1200, currency: 'EUR', item: 'Desk lamp' });
  await simulation.advance('60 days');
  const runs = await simulation.runs();
  expect(runs.length).toBeGreaterThan(2);
  expect(runs.filter(({ status }) => ['failed', 'blocked'].includes(status))).toEqual([]);
  expect(await simulation.messages({ status: 'failed' })).toEqual([]);
});

// --- internal ---

const WRONG = `import type { SegflowConfig } from 'segflow';
export const campaigns: SegflowConfig['campaigns'] = 'none';
`;
