import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { aboutOf } from '../../src/cli/command-line/about.ts';
import { VERSION } from '../../src/cli/command-line/version.ts';
import { commands } from '../../src/cli/commands.ts';
import { emptyFolder } from './command-line.ts';

setDefaultTimeout(180_000);

const USAGE = `
  segflow push [config-path]                    Push config to server (defaults to ./segflow.config.ts)
  segflow emit <event> <user-id> [attributes]   Emit event with attributes
  segflow add <user-id> [attributes]            Add or update user with attributes
`;

test.each([[[]], [['--help']], [['-h']], [['help']], [['--json', '--help']]] as [string[]][])(
  'segflow %p shows every command',
  async (args) => {
    await using folder = await emptyFolder();
    const ran = await folder.segflow(args);
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.stdout).toContain(USAGE);
    for (const { name, usage } of commands.map(aboutOf)) {
      expect(ran.stdout).toContain(`  segflow ${name} ${usage}`.trimEnd());
    }
  },
);

describe.each(commands.map((command) => aboutOf(command)))('$name', ({ name, description, examples }) => {
  test('has help with examples', async () => {
    await using folder = await emptyFolder();
    const [before, after, asked] = await Promise.all([
      folder.segflow([name, '--help']),
      folder.segflow([name, 'x', '-h', '--json']),
      folder.segflow(['help', name]),
    ]);
    expect(before).toMatchObject({ code: 0, stderr: '' });
    expect(before.stdout).toContain(description);
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) expect(before.stdout).toContain(example);
    for (const flag of ['--json', '--help']) expect(before.stdout).toContain(flag);
    expect(after).toMatchObject({ code: 0, stdout: before.stdout });
    expect(asked).toMatchObject({ code: 0, stdout: before.stdout });
  });

  test('refuses a flag it does not have', async () => {
    await using folder = await emptyFolder();
    const ran = await folder.segflow([name, '--no-such-flag', '--json']);
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(JSON.parse(ran.stderr)).toMatchObject({
      error: { code: 'invalid_input', message: `segflow ${name} has no flag --no-such-flag` },
    });
  });
});

test('--version', async () => {
  await using folder = await emptyFolder();
  for (const args of [['--version'], ['-v'], ['version']]) {
    expect(await folder.segflow(args)).toMatchObject({ code: 0, stdout: `${VERSION}\n`, stderr: '' });
  }
});

test.each([
  [['psuh'], 'Did you mean segflow push?'],
  [['statu'], 'Did you mean segflow status?'],
  [['frobnicate'], 'The commands are push'],
  [['constructor'], 'The commands are push'],
  [['--json', 'status'], 'Flags come after the command'],
  [['help', 'nothing'], 'The commands are push'],
])('%p is refused', async (args, hint) => {
  await using folder = await emptyFolder();
  const ran = await folder.segflow(args);
  expect(ran).toMatchObject({ code: 2, stdout: '' });
  expect(ran.stderr).toContain(hint);
});

test('no colour where nobody looks', async () => {
  await using folder = await emptyFolder();
  const ran = await folder.segflow(['--help'], { environment: { FORCE_COLOR: '1', CI: '1', TERM: 'xterm' } });
  expect(ran.stdout).not.toContain('\u001b');
  const refused = await folder.segflow(['psuh'], {
    environment: { FORCE_COLOR: '1', CI: '1', TERM: 'xterm' },
  });
  expect(refused.stderr).not.toContain('\u001b');
});
