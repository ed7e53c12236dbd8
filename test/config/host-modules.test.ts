import { expect, test } from 'bun:test';
import * as components from '@react-email/components';
import * as react from 'react';
import * as reactEmail from 'react-email';
import { HOST_MODULES, loadHostModules } from '../../src/config/host-modules/host-modules.ts';
import * as published from '../../src/index.ts';

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
