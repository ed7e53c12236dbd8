import { afterEach, expect, setDefaultTimeout, test } from 'bun:test';
import type { SegflowConfig } from '../../src/config/types.ts';
import { SegflowError } from '../../src/core/errors.ts';
import type { Problem } from '../../src/engine/ports/manifest.ts';
import { loadConfig } from '../../src/host/child/load-config.ts';
import { fixtureProject, project } from './project.ts';

// Starts processes or loads much code, which takes its time on a busy machine.
setDefaultTimeout(180_000);

const CONFIG = 'segflow.config.ts';
const NAMES = ['POSTMARK_API_KEY', 'SEGFLOW_TEST_A', 'SEGFLOW_TEST_B'];

afterEach(() => {
  for (const name of NAMES) delete process.env[name];
});

async function failure(path: string): Promise<SegflowError> {
  try {
    await loadConfig(path);
  } catch (error) {
    if (SegflowError.is(error)) return error;
    throw error;
  }
  throw new Error('it loaded');
}

test.each(['seed', 'seed-getting-started'] as const)('loads the config of %s', async (name) => {
  using made = fixtureProject(name);
  made.write({ '.env': 'POSTMARK_API_KEY=from-dotenv\n' });
  const { config, path } = await loadConfig(made.path(CONFIG));
  const { emailProvider, templates } = config as SegflowConfig;
  expect(path).toBe(made.path(CONFIG));
  expect(emailProvider).toEqual({
    config: { name: 'postmark', apiKey: 'from-dotenv' },
    fromAddress: 'hello@segflow.io',
  });
  expect(templates?.['welcome-email']?.component).toBeFunction();
});

test('a variable that is set wins over the .env file', async () => {
  process.env.SEGFLOW_TEST_A = 'set';
  using made = project({
    [CONFIG]: 'export default { a: process.env.SEGFLOW_TEST_A, b: process.env.SEGFLOW_TEST_B };',
    '.env': 'SEGFLOW_TEST_A=file\nSEGFLOW_TEST_B=file\n',
  });
  expect((await loadConfig(made.path(CONFIG))).config).toEqual({ a: 'set', b: 'file' });
});

test('an edited file, imported or not, counts at the next load', async () => {
  using made = project({
    [CONFIG]: "import { name } from './name';\nexport default { name, version: 1 };",
    'name.ts': "export const name = 'first';",
  });
  expect((await loadConfig(made.path(CONFIG))).config).toEqual({ name: 'first', version: 1 });
  made.write({ 'name.ts': "export const name = 'second';" });
  expect((await loadConfig(made.path(CONFIG))).config).toEqual({ name: 'second', version: 1 });
  made.write({ [CONFIG]: "import { name } from './name';\nexport default { name, version: 2 };" });
  expect((await loadConfig(made.path(CONFIG))).config).toEqual({ name: 'second', version: 2 });
});

test('a file that two others import is evaluated once', async () => {
  using made = project({
    [CONFIG]:
      "import { object } from './a';\nimport { b } from './b';\nexport default { same: object === b };",
    'a.ts': 'export const object = {};',
    'b.ts': "import { object } from './a';\nexport const b = object;",
  });
  expect((await loadConfig(made.path(CONFIG))).config).toEqual({ same: true });
});

test('the default export is handed on as it is, whatever it is', async () => {
  using made = project({ [CONFIG]: 'export const a = 1;' });
  expect((await loadConfig(made.path(CONFIG))).config).toBeUndefined();
  made.write({ [CONFIG]: 'export default () => { throw new Error("called"); };' });
  expect((await loadConfig(made.path(CONFIG))).config).toBeFunction();
  made.write({ [CONFIG]: 'export default Object.freeze({ extends: "./x", key: undefined });' });
  expect((await loadConfig(made.path(CONFIG))).config).toStrictEqual({ extends: './x', key: undefined });
});

test('whatever JSX setting the project has', async () => {
  for (const jsx of ['react', 'react-jsx', 'preserve']) {
    using made = project({
      'segflow.config.tsx': "import React from 'react';\nexport default { email: () => <p>hi</p> };",
      'tsconfig.json': JSON.stringify({ compilerOptions: { jsx } }),
    });
    const { config } = await loadConfig(made.path('segflow.config.tsx'));
    const element = (config as { email: () => { type: unknown } }).email();
    expect(element.type).toBe('p');
  }
});

test('nothing is written beside the config', async () => {
  using made = project({ [CONFIG]: 'export default {};', 'node_modules/a/index.js': '' });
  await loadConfig(made.path(CONFIG));
  const files = [...new Bun.Glob('**').scanSync({ cwd: made.root, dot: true })].sort();
  expect(files).toEqual(['node_modules/a/index.js', CONFIG]);
});

test('code that does not compile is refused with its problems', async () => {
  using made = project({ [CONFIG]: "import './other';\nexport default {", 'other.ts': 'let a = ;' });
  const error = await failure(made.path(CONFIG));
  expect(error.code).toBe('invalid_config');
  expect((error.details as Problem[]).map(({ file }) => file)).toContain(CONFIG);
});

test('code that throws is refused with what it threw', async () => {
  using made = project({ [CONFIG]: "throw new TypeError('no luck');" });
  const error = await failure(made.path(CONFIG));
  expect(error.code).toBe('invalid_config');
  expect(error.message).toBe('segflow.config.ts cannot be loaded: TypeError: no luck');
});
