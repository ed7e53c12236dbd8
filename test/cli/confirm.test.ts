import { expect, setDefaultTimeout, test } from 'bun:test';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { executable } from '../helpers/executable.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { emptyFolder } from './command-line.ts';
import { memoryServer } from './memory-server.ts';

setDefaultTimeout(180_000);

const CONFIG = `export default { emailProvider: { config: { name: 'file' }, fromAddress: 'a@example.com' } };`;

/** Runs a command on a terminal, answering the first question. */
async function onTerminal(
  args: string[],
  options: { cwd: string; env: Record<string, string>; answer?: string },
): Promise<{ code: number; screen: string }> {
  let screen = '';
  const child = Bun.spawn([await executable(), ...args], {
    cwd: options.cwd,
    env: { PATH: '/nonexistent', HOME: options.cwd, NO_COLOR: '1', TERM: 'xterm', ...options.env },
    terminal: {
      cols: 120,
      rows: 40,
      data: (_terminal, data) => {
        screen += new TextDecoder().decode(data);
      },
    },
  });
  if (options.answer !== undefined) {
    await waitFor('the question', () => screen.includes('[y/N]'));
    child.terminal!.write(`${options.answer}\n`);
  }
  const code = await child.exited;
  child.terminal!.close();
  return { code, screen };
}

test('on a terminal, a push asks when people would be mailed, and does nothing without a yes', async () => {
  await using folder = await emptyFolder();
  await using server = await memoryServer();
  await writeFile(join(folder.path, 'segflow.config.ts'), CONFIG);
  server.backend.plan = { people: 1_200 };
  const at = { cwd: folder.path, env: server.environment };

  const refused = await onTerminal(['push'], { ...at, answer: '' });
  expect(refused.screen).toContain('1,200 people would be mailed');
  expect(refused.code).toBe(2);
  expect(server.backend.pushed.map(({ dryRun }) => dryRun)).toEqual([true]);

  const agreed = await onTerminal(['push'], { ...at, answer: 'y' });
  expect(agreed.code).toBe(0);
  expect(server.backend.pushed.map(({ dryRun }) => dryRun)).toEqual([true, true, false]);
});

test('nothing is asked when nobody would be mailed, with --yes, or for a dry run', async () => {
  await using folder = await emptyFolder();
  await using server = await memoryServer();
  await writeFile(join(folder.path, 'segflow.config.ts'), CONFIG);
  const at = { cwd: folder.path, env: server.environment };
  expect((await onTerminal(['push'], at)).code).toBe(0);
  server.backend.plan = { people: 3 };
  expect((await onTerminal(['push', '--yes'], at)).code).toBe(0);
  expect((await onTerminal(['push', '--dry-run'], at)).code).toBe(0);
  expect((await onTerminal(['rollback', '-y'], at)).code).toBe(0);
});
