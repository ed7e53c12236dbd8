import { expect, test } from 'bun:test';
import { mkdirSync, symlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { bundleConfig } from '../../src/config/bundle/bundle.ts';
import { project } from './project.ts';

const CONFIG = 'segflow.config.ts';

/** The default export of a config, a value that needs no host modules. */
async function loaded(files: Record<string, string>, links: Record<string, string> = {}): Promise<unknown> {
  using made = project(files);
  for (const [name, target] of Object.entries(links)) {
    mkdirSync(dirname(made.path(name)), { recursive: true });
    symlinkSync(made.path(target), made.path(name));
  }
  const config = made.path('app/segflow.config.ts');
  const {
    code,
    problems,
    files: own,
  } = await bundleConfig((await Bun.file(config).exists()) ? config : made.path(CONFIG));
  expect(problems).toEqual([]);
  expect(own.every((file) => !file.includes('node_modules'))).toBe(true);
  made.write({ 'out.mjs': code });
  return ((await import(made.path('out.mjs'))) as { default: unknown }).default;
}

const paths = (targets: object, more: object = {}) =>
  JSON.stringify({ compilerOptions: { paths: targets, ...more } });

test('a workspace package has the paths of its own tsconfig.json, the config those of its own', async () => {
  const value = await loaded(
    {
      'app/segflow.config.ts':
        "import { ui } from '@acme/ui'; import { x } from '~/x'; export default [ui, x];",
      'app/x.ts': "export const x = 'x of the app';",
      'app/tsconfig.json': paths({ '~/*': ['./*'] }),
      'packages/ui/package.json': '{ "name": "@acme/ui", "exports": "./src/index.ts" }',
      'packages/ui/tsconfig.json': paths({ '~/*': ['./src/*'], 'deep/*/leaf': ['./src/deep/*.ts'] }),
      'packages/ui/src/index.ts':
        "import { x } from '~/x'; import { leaf } from 'deep/a/leaf'; export const ui = [x, leaf].join();",
      'packages/ui/src/x.ts': "export const x = 'x of ui';",
      'packages/ui/src/deep/a.ts': "export const leaf = 'leaf';",
    },
    { 'app/node_modules/@acme/ui': 'packages/ui' },
  );
  expect(value).toEqual(['x of ui,leaf', 'x of the app']);
});

test.each([
  [
    'a comment and a trailing comma',
    { 'tsconfig.json': '{ // ours\n "compilerOptions": { "paths": { "@/*": ["./lib/*"], }, }, }' },
  ],
  ['extends', { 'tsconfig.json': '{ "extends": "./base" }', 'base.json': paths({ '@/*': ['./lib/*'] }) }],
  [
    'extends of a list, the last of which wins',
    {
      'tsconfig.json': '{ "extends": ["./a.json", "./b.json"] }',
      'a.json': paths({ '@/*': ['./none/*'] }),
      'b.json': paths({ '@/*': ['./lib/*'] }),
    },
  ],
  [
    'extends of a package, with the folder of the project',
    {
      'tsconfig.json': '{ "extends": "@acme/tsconfig/base.json" }',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: as it stands in a tsconfig.json
      'node_modules/@acme/tsconfig/base.json': paths({ '@/*': ['${configDir}/lib/*'] }),
    },
  ],
  ['baseUrl beside paths', { 'tsconfig.json': paths({ '@/*': ['./*'] }, { baseUrl: './lib' }) }],
  ['a list of targets', { 'tsconfig.json': paths({ '@/*': ['./none/*', './lib/*'] }) }],
  [
    'an exact name',
    { 'tsconfig.json': paths({ '@/name': ['./lib/name.ts'], '@/*': ['./lib/*'], '@/nam*': ['./none/*'] }) },
  ],
  [
    'the longest of several patterns',
    { 'tsconfig.json': paths({ '*': ['./none/*'], '@*': ['./none/*'], '@/*': ['./lib/*'] }) },
  ],
  [
    'references',
    {
      'tsconfig.json':
        '{ "files": [], "references": [{ "path": "./tsconfig.node.json" }, { "path": "./tsconfig.app.json" }] }',
      'tsconfig.node.json': '{}',
      'tsconfig.app.json': paths({ '@/*': ['./lib/*'] }),
    },
  ],
  ['jsconfig.json', { 'jsconfig.json': paths({ '@/*': ['./lib/*'] }) }],
  [
    'a circle',
    {
      'tsconfig.json':
        '{ "extends": "./tsconfig.json", "compilerOptions": { "paths": { "@/*": ["./lib/*"] } } }',
    },
  ],
] as [string, Record<string, string>][])('%s', async (_what, files) => {
  const value = await loaded({
    [CONFIG]:
      "import { name } from '@/name'; import { other } from '@/other.js'; export default [name, other];",
    'lib/name.ts': "export const name = 'the name';",
    'lib/other/index.ts': 'export {};',
    'lib/other.ts': "export const other = 'other';",
    ...files,
  });
  expect(value).toEqual(['the name', 'other']);
});

test('baseUrl alone, and a host module that paths gives the types of', async () => {
  const value = await loaded({
    [CONFIG]: "import { name } from 'lib/name'; import folder from 'lib'; export default [name, folder];",
    'lib/name.ts': "export const name = 'the name';",
    'lib/index.ts': 'export default 1;',
    'tsconfig.json': paths({ react: ['./node_modules/@types/react'] }, { baseUrl: '.' }),
  });
  expect(value).toEqual(['the name', 1]);
});

test('an alias whose file does not exist is named as it is written', async () => {
  using made = project({
    [CONFIG]: "import '@/none';\nexport default 1;",
    'tsconfig.json': paths({ '@/*': ['./lib/*'] }),
  });
  const { problems } = await bundleConfig(made.path(CONFIG));
  expect(problems).toMatchObject([{ file: CONFIG, line: 1, message: expect.stringContaining('"@/none"') }]);
});
