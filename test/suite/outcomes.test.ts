import { expect, test } from 'bun:test';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitFor } from '../helpers/wait-for.ts';
// @ts-expect-error -- plain JavaScript: it runs before anything is installed.
import { runTestFiles } from '../runner/process.mjs';

/* The suite's runner must not call well what went wrong: each way a test process can fail silently, tried for real. */

interface Outcome {
  tests: { name: string; file: string; status: 'passed' | 'failed' | 'skipped'; message?: string }[];
  trouble?: string;
}

const TEST = "import { expect, test } from 'bun:test';\n";

test('counts what passed, failed and was skipped, with names and messages', async () => {
  const { tests, trouble } = await outcomeOf({
    'some.test.ts': `${TEST}
      test('good', () => {});
      test('bad <&> "quoted"', () => expect(1).toBe(2));
      test.skip('left out', () => {});
      test.todo('to come');`,
  });
  expect(tests.map(({ name, status }) => `${name}: ${status}`)).toEqual([
    'good: passed',
    'bad <&> "quoted": failed',
    'left out: skipped',
    'to come: skipped',
  ]);
  expect(tests[1]?.message).toContain('Expected: 2');
  expect(trouble).toBeUndefined();
});

test('a process that ends itself is trouble, though it says 0', async () => {
  const { tests, trouble } = await outcomeOf({
    'some.test.ts': `${TEST} test('ends', () => process.exit(0)); test('never', () => {});`,
  });
  expect(tests).toEqual([]);
  expect(trouble).toContain('some.test.ts ran no test (exit code 0)');
});

test('a process that is killed is trouble', async () => {
  const { trouble } = await outcomeOf({
    'some.test.ts': `${TEST} test('dies', () => process.kill(process.pid, 'SIGKILL'));`,
  });
  expect(trouble).toContain('killed by SIGKILL');
});

test('a file that does not load is trouble, though another passes', async () => {
  const { tests, trouble } = await outcomeOf({
    'broken.test.ts': "throw new Error('does not load');",
    'fine.test.ts': `${TEST} test('good', () => {});`,
  });
  expect(tests.map(({ status }) => status)).toEqual(['passed']);
  expect(trouble).toContain('broken.test.ts');
  expect(trouble).toContain('does not load');
});

test('a file without a test is trouble', async () => {
  const { trouble } = await outcomeOf({ 'empty.test.ts': 'export {};' });
  expect(trouble).toContain('empty.test.ts ran no test');
});

test('an error after the tests is a failure', async () => {
  const { tests } = await outcomeOf({
    'some.test.ts': `import { afterAll, test } from 'bun:test';
      test('good', () => {});
      afterAll(() => { throw new Error('while cleaning up'); });`,
  });
  expect(tests.map(({ status }) => status)).toEqual(['passed', 'failed']);
  expect(tests[1]?.message).toContain('while cleaning up');
});

test.skipIf(process.platform !== 'linux')('a process left behind is trouble, and is ended', async () => {
  const { tests, trouble } = await outcomeOf({
    'some.test.ts': `${TEST}
      test('leaves one', () => {
        Bun.spawn(['sleep', '300'], { stdio: ['ignore', 'ignore', 'ignore'], detached: true }).unref();
      });`,
  });
  expect(tests.map(({ status }) => status)).toEqual(['passed']);
  expect(trouble).toContain('left processes behind');
  const pid = Number(/(\d+) sleep 300/.exec(trouble ?? '')?.[1]);
  await waitFor('its end', () => hasEnded(pid));
});

// --- internal ---

/** Also true of one that nobody has waited for yet. */
function hasEnded(pid: number): boolean {
  const status = `/proc/${pid}/status`;
  return !existsSync(status) || /^State:\s+[ZX]/m.test(readFileSync(status, 'utf8'));
}

async function outcomeOf(files: Record<string, string>): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'segflow-suite-'));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    return await runTestFiles(Object.keys(files), {}, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
