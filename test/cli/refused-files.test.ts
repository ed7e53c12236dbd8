import { expect } from 'bun:test';
import { join } from 'node:path';
import { project } from '../helpers/project.ts';
import { test } from '../helpers/witnessed-test.ts';

test('what the operating system refuses is told with what to do about it', async () => {
  await using machine = await project();
  await machine.run(['migrate']);
  await machine.run(['backup', 'saved']);
  await Bun.write(join(machine.path, 'file'), '');
  const cases: [args: string[], says: string][] = [
    [['restore', 'saved', '--data', 'file'], 'choose another place'],
    [['restore', 'saved', '--data', 'file/data'], 'choose another place'],
    [['backup', 'file/saved'], 'choose another place'],
    [['backup', '/proc/nowhere/saved'], 'Check the path'],
  ];
  for (const [args, says] of cases) {
    const refused = await machine.try([...args, '--json']);
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(JSON.parse(refused.stderr)).toMatchObject({
      error: { code: 'invalid_input', hint: expect.stringContaining(says) },
    });
  }
});
