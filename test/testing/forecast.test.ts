import { expect, setDefaultTimeout, test } from 'bun:test';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { forecastText } from '../../src/cli/print/forecast.ts';
import { forecast } from '../../src/testing/forecast.ts';
import { runCli } from '../helpers/run-cli.ts';

// Loads much code and lets much time pass, which takes its own on a busy machine.
setDefaultTimeout(180_000);

const ROOT = join(import.meta.dir, '..', '..');
const SEED = join(ROOT, 'test/fixtures/seed/segflow.config.ts');
const { default: seed } = (await import(SEED)) as { default: unknown };
const DAY = 86_400_000;
const start = Date.parse('2026-01-01T00:00:00Z');

const SAMPLE = [
  { user: 'ada', attributes: { username: 'Ada', email: 'ada@example.com', winback: true } },
  { user: 'ada', event: 'purchase', attributes: { value: 2_000 } },
  { user: 'bob', attributes: { username: 'Bob' } },
  { user: 'late', attributes: { username: 'Late', email: 'late@example.com' }, at: '99d' },
]
  .map((line) => JSON.stringify(line))
  .join('\n');

test('a sample of its own: every number can be counted on fingers', async () => {
  const report = await forecast(seed, {
    users: 0,
    start,
    lengthMs: 10 * DAY,
    stepMs: 3_600_000,
    seed: 0,
    sample: SAMPLE,
  });
  expect(report).toMatchObject({
    sample: { users: 2, changes: 0, events: { purchase: 1 } },
    users: 2,
    sent: 7,
    reached: 1,
    perPerson: { average: 3.5, median: 7, most: 7 },
    worstDay: { userId: 'ada', day: '2026-01-01', sent: 4 },
    worstWeek: { userId: 'ada', day: '2026-01-01', sent: 6 },
    worstDays: [{ sent: 4, people: 1 }],
    unsent: [{ template: 'welcome-email', status: 'failed', count: 1 }],
    failedRuns: [],
  });
  // The winbacks of days 0, 1, 3 and 7, beside a welcome, a purchase and a thank-you on the first.
  expect(report.perDay.map(({ sent }) => sent)).toEqual([4, 1, 0, 1, 0, 0, 0, 1, 0, 0]);
  expect(report.perTemplate).toContainEqual({
    template: 'winback-email',
    campaign: 'winback-campaign',
    sent: 4,
    people: 1,
    mostForOne: 4,
  });

  const text = forecastText(report);
  expect(text).toContain('2 people, 2026-01-01 to 2026-01-11: 7 emails to 1 of them');
  expect(text).toContain('most in a day: 4 to ada on 2026-01-01:');
  expect(text).toContain('1 of 2 people got 4 or more emails on one day');
  expect(text).toContain('the user has no valid address');
});

test('the command prints the same for the same seed, and JSON', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'segflow-forecast-'));
  try {
    await writeFile(join(folder, 'sample.jsonl'), SAMPLE);
    const segflow = (...args: string[]) =>
      runCli([process.execPath, join(ROOT, 'bin/segflow.ts'), 'simulate', ...args], {
        cwd: folder,
        env: { ...process.env } as Record<string, string>,
      });
    const args = [SEED, '--users', '20', '--for', '14 days', '--start', '2026-01-01'];
    const first = await segflow(...args);
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.stdout).toContain('20 people, 2026-01-01 to 2026-01-15');
    expect((await segflow(...args)).stdout).toBe(first.stdout);
    expect((await segflow(...args, '--seed', '5')).stdout).not.toBe(first.stdout);

    const own = await segflow(
      SEED,
      '--sample',
      'sample.jsonl',
      '--start',
      '2026-01-01',
      '--for',
      '10d',
      '--json',
    );
    expect(JSON.parse(own.stdout)).toMatchObject({ seed: 0, sent: 7, worstDay: { userId: 'ada', sent: 4 } });

    expect(await segflow(SEED, '--for', 'ages')).toMatchObject({ code: 2 });
    expect((await segflow(SEED, '--users', 'many')).stderr).toContain('--users is a whole number');
    expect((await segflow(SEED, '--users', '0')).stderr).toContain('--users is a whole number from 1');
    expect(await segflow(SEED, '--for', '0d')).toMatchObject({ code: 2 });
    expect((await segflow('nowhere.ts')).code).toBe(3);
    await writeFile(join(folder, 'wrong.ts'), 'export default { campaigns: { a: 1 } };');
    const wrong = await segflow('wrong.ts');
    expect(wrong.code).toBe(3);
    expect(wrong.stderr.match(/campaigns\.a/g)).toHaveLength(1);
  } finally {
    await rm(folder, { recursive: true });
  }
});
