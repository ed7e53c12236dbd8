import { describe, expect, test } from 'bun:test';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitFor } from '../helpers/wait-for.ts';
// @ts-expect-error -- plain JavaScript: it runs before anything is installed.
import { runTestFiles } from '../runner/process.mjs';

/* The suite's runner must not call well what went wrong: each way a test process can fail silently, tried for real. */

const HELPERS = join(import.meta.dir, '..', 'helpers');

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

test('tests that fail side by side each show an error', async () => {
  const { tests } = await outcomeOf({
    'some.test.ts': `${TEST}
      for (const name of ['one', 'two', 'three']) {
        test.concurrent(name, async () => { await Bun.sleep(5); throw new Error('this is ' + name); });
      }`,
  });
  expect(tests).toHaveLength(3);
  for (const { name, message } of tests) expect(message).toContain(`this is ${name}`);
});

test('a test that takes too long shows what the process printed', async () => {
  const { tests } = await outcomeOf({
    'some.test.ts': `${TEST} test('slow', async () => { console.log('it got here'); await Bun.sleep(9_000); }, 50);`,
  });
  expect(tests[0]?.message).toMatch(/^test timed out; the process printed:[\s\S]*it got here/);
});

describe('evidence', () => {
  const WITNESSED = `
    import { expect } from 'bun:test';
    import { evidence } from ${JSON.stringify(join(HELPERS, 'evidence.ts'))};
    import { test } from ${JSON.stringify(join(HELPERS, 'witnessed-test.ts'))};\n`;

  test('is part of the failure, beside its error', async () => {
    const { tests } = await outcomeOf({
      'some.test.ts': `${WITNESSED} test('bad', async () => {
        let logs = 'early ';
        evidence('the server', () => logs);
        await Bun.sleep(1);
        logs += 'late';
        expect(1).toBe(2);
      });`,
    });
    const message = tests[0]?.message ?? '';
    for (const part of ['"bad" failed', 'Expected: 2', '--- the server\nearly late', 'some.test.ts:']) {
      expect(message).toContain(part);
    }
  });

  test('of tests side by side is kept apart, and each is named', async () => {
    const { tests } = await outcomeOf({
      'some.test.ts': `${WITNESSED}
        for (const name of ['one', 'two']) {
          test.concurrent(name, async () => {
            await Bun.sleep(2);
            evidence('seen', () => 'by ' + name);
            await Bun.sleep(2);
            throw new Error('bad');
          });
        }`,
    });
    for (const { name, message } of tests) {
      expect(message).toContain(`"${name}" failed: bad\n\n--- seen\nby ${name}\n`);
    }
  });

  test('of a test that takes too long is shown', async () => {
    const { tests } = await outcomeOf({
      'some.test.ts': `${WITNESSED} test('slow', async () => {
        evidence('the server', () => 'it waits');
        await new Promise(() => {});
      }, 50);`,
    });
    expect(tests[0]?.message).toContain('not done after 0.05 s\n\n--- the server\nit waits');
  });

  test('is not shown when all is well', async () => {
    const { tests, trouble } = await outcomeOf({
      'some.test.ts': `${WITNESSED} test('good', () => evidence('x', () => { throw new Error('not asked for'); }));`,
    });
    expect(tests).toMatchObject([{ status: 'passed' }]);
    expect(trouble).toBeUndefined();
  });
});

test('an error while a test fails hides neither', async () => {
  const { tests } = await outcomeOf({
    'bunfig.toml': `[test]\npreload = [${JSON.stringify(join(HELPERS, 'suppressed-errors.ts'))}]`,
    'some.test.ts': `${TEST} test('bad', async () => {
      await using _ = { async [Symbol.asyncDispose]() { throw new Error('at the end'); } };
      throw new Error('at first');
    });`,
  });
  expect(tests[0]?.message).toContain('at first');
  expect(tests[0]?.message).toContain('at the end');
});

test('the repository loads what shows both', () => {
  expect(readFileSync(join(HELPERS, '..', '..', 'bunfig.toml'), 'utf8')).toContain('suppressed-errors.ts');
  expect(new SuppressedError(new Error('second'), new Error('first')).message).toMatch(/first[\s\S]*second/);
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
    const tests = Object.keys(files).filter((name) => name.endsWith('.ts'));
    return await runTestFiles(tests, {}, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
