import { readFile } from 'node:fs/promises';
import { defineCommand } from 'citty';
import { parseDuration } from '../../core/duration.ts';
import { messageOf, SegflowError } from '../../core/errors.ts';
import { about } from '../command-line/about.ts';
import { print, printJson } from '../print/output.ts';

export default defineCommand({
  meta: about({
    name: 'simulate',
    usage: '[config-path]',
    description: 'Show what a config would send to a sample of people, in simulated time',
    notes: [
      'Runs the config on the real engine, in memory: nothing is sent, and no server is needed. The people are generated: half exist at the\n' +
        'start, the others join evenly. The attributes that segments ask about are random, and sometimes change. A fifth never do\n' +
        'anything; the others emit each event that the config names twice in 30 days on average, some far more often.',
      'Your own sample, as JSON lines ("at" is the time since the start, or a date):\n' +
        '  {"user": "ada", "attributes": {"email": "ada@example.com", "plan": "pro"}}\n' +
        '  {"user": "ada", "event": "purchase", "attributes": {"value": 1200}, "at": "3d"}',
    ],
    examples: [
      'segflow simulate',
      "segflow simulate --users 1000 --for '90 days' --seed 7",
      'segflow simulate --sample people.jsonl --start 2026-12-01 --json',
    ],
  }),
  args: {
    'config-path': { type: 'positional', required: false, description: 'The config, or its folder' },
    users: { type: 'string', valueHint: 'n', default: '200', description: 'How many people to generate' },
    for: { type: 'string', valueHint: 'time', default: '90 days', description: 'How much time to simulate' },
    seed: {
      type: 'string',
      valueHint: 'n',
      default: '0',
      description: 'Another number generates other people',
    },
    start: {
      type: 'string',
      valueHint: 'date',
      description: 'When the simulated time begins (default: today)',
    },
    step: {
      type: 'string',
      valueHint: 'time',
      default: '1h',
      description: 'Steps that are due within this time happen together',
    },
    sample: {
      type: 'string',
      valueHint: 'file',
      description: 'Use your own sample: JSON lines of users and events',
    },
    json: { type: 'boolean', description: 'Print the result as JSON' },
  },
  async run({ args }) {
    const options = {
      users: wholeNumber('--users', args.users, { least: 1, most: 1_000_000 }),
      seed: wholeNumber('--seed', args.seed, { least: 0, most: 999_999 }),
      lengthMs: lengthOf('--for', args.for),
      stepMs: Math.max(1, lengthOf('--step', args.step)),
      start: startOf(args.start),
      sample: args.sample === undefined ? undefined : await readSample(args.sample),
    };
    const [{ findConfig }, { loadConfig }, { checkEnds }, { forecast }, { forecastText }, { progressLine }] =
      await Promise.all([
        import('../../config/find.ts'),
        import('../../host/child/load-config.ts'),
        import('../project/check-config.ts'),
        import('../../testing/forecast.ts'),
        import('../print/forecast.ts'),
        import('../print/progress.ts'),
      ]);
    const path = findConfig(args['config-path']);
    await checkEnds(path);
    const { config } = await loadConfig(path);
    using line = progressLine();
    const days = Math.ceil(options.lengthMs / DAY_MS);
    const onProgress = (at: number) =>
      line.show(`day ${Math.floor((at - options.start) / DAY_MS) + 1} of ${days}`);
    const result = await forecast(config, { ...options, onProgress });
    line.clear();
    await (args.json ? printJson({ seed: options.seed, ...result }) : print(forecastText(result)));
  },
});

// --- internal ---

const DAY_MS = 86_400_000;

function wholeNumber(name: string, text: string, { least, most }: { least: number; most: number }): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new SegflowError(
    'invalid_input',
    `${name} is a whole number from ${least} to ${most}, got "${text}"`,
  );
}

function lengthOf(name: string, text: string): number {
  const length = parseDuration(text);
  if (length !== undefined && length > 0) return length;
  throw new SegflowError(
    'invalid_input',
    `${name} is a length of time such as '90 days' or 12h, got "${text}"`,
    {
      hint: "The units are weeks, days, hours, minutes and seconds; a year is '365 days', a month '30 days'.",
    },
  );
}

function startOf(text: string | undefined): number {
  const time = text === undefined ? Math.floor(Date.now() / DAY_MS) * DAY_MS : Date.parse(text);
  if (!Number.isNaN(time)) return time;
  throw new SegflowError('invalid_input', `--start is a date such as 2026-12-01, got "${text}"`);
}

async function readSample(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new SegflowError('invalid_input', `the sample ${path} cannot be read: ${messageOf(error)}`);
  }
}
