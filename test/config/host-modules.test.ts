import { expect, setDefaultTimeout, test } from 'bun:test';
import { join } from 'node:path';
import * as components from '@react-email/components';
import * as react from 'react';
import * as reactEmail from 'react-email';
import { HOST_MODULES, loadHostModules } from '../../src/config/host-modules/host-modules.ts';
import * as published from '../../src/index.ts';

// Loads much code, which takes its time on a busy machine.
setDefaultTimeout(180_000);

test('every host module loads, and has all that its package has', async () => {
  const modules = await loadHostModules();
  expect(Object.keys(modules)).toEqual([...HOST_MODULES]);
  const missing = (name: string, whole: object) =>
    Object.keys(whole).filter((key) => modules[name]?.[key] === undefined);
  expect(missing('@react-email/components', components)).toEqual([]);
  expect(missing('react-email', reactEmail)).toEqual([]);
  expect(missing('react', react)).toEqual([]);
  expect(missing('segflow', published)).toEqual([]);
  expect(modules.react?.default).toBeDefined();
  expect(modules.react?.useContext).toBe(react.useContext);
});

test('only those that are asked for are loaded', async () => {
  expect(Object.keys(await loadHostModules(['react', 'left-pad']))).toEqual(['react']);
});

test('the list of what host modules export is up to date', async () => {
  const list = join(import.meta.dir, '../../src/config/host-modules/host-exports.json');
  const script = join(import.meta.dir, '../../bin/host-exports.ts');
  const child = Bun.spawn([process.execPath, script, '--check'], { stdout: 'pipe' });
  // Otherwise: bun bin/host-exports.ts
  expect(await new Response(child.stdout).text()).toBe(await Bun.file(list).text());
});
