import { describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import { bundleConfig } from '../../src/config/bundle/bundle.ts';
import { SourceTracer } from '../../src/config/source/source-map.ts';
import { FIXTURES, fixtureProject, project } from './project.ts';

const CONFIG = 'segflow.config.ts';

async function bundleOf(files: Record<string, string>) {
  using made = project(files);
  return await bundleConfig(made.path(CONFIG));
}

/** The problems of a config with this text, without the frames. */
async function problemsOf(text: string, more: Record<string, string> = {}) {
  const { problems } = await bundleOf({ [CONFIG]: text, ...more });
  return problems.map(({ frame: _frame, ...rest }) => rest);
}

async function namesOf(text: string, more: Record<string, string> = {}) {
  const { environmentNames, problems } = await bundleOf({ [CONFIG]: text, ...more });
  expect(problems).toEqual([]);
  return environmentNames;
}

describe('a bundle', () => {
  test('of the seed has one id wherever the project lies and wherever it is built from', async () => {
    using first = fixtureProject('seed');
    using second = fixtureProject('seed');
    const a = await bundleConfig(first.path(CONFIG));
    const b = await bundleConfig(second.path(CONFIG));
    expect(a.problems).toEqual([]);
    expect(a.id).toMatch(/^[0-9a-f]{32}$/);
    expect(b.code).toBe(a.code);
    expect(b.id).toBe(a.id);
    expect(a.code).not.toContain(first.root);
    expect((await bundleConfig(join(FIXTURES, 'seed', CONFIG))).id).toBe(a.id);
  });

  test('has another id when a template changes', async () => {
    using made = fixtureProject('seed');
    const before = await bundleConfig(made.path(CONFIG));
    const file = made.path('emails/VIPEmailTemplate.tsx');
    made.write({ 'emails/VIPEmailTemplate.tsx': (await Bun.file(file).text()).replace('best', 'dearest') });
    expect((await bundleConfig(made.path(CONFIG))).id).not.toBe(before.id);
  });

  test('lists the files it is made of, the config first, and the host modules it needs', async () => {
    using made = fixtureProject('seed-getting-started');
    const { code, files } = await bundleConfig(made.path(CONFIG));
    expect(files[0]).toBe(made.path(CONFIG));
    expect(files.slice(1).sort()).toEqual(
      ['emails/PasswordResetEmailTemplate.tsx', 'emails/WelcomeEmailTemplate.tsx', 'schema.ts'].map(
        made.path,
      ),
    );
    expect(code).toContain('from"segflow:@react-email/components"');
    expect(code).toContain('from"segflow:segflow/schema"');
    expect(code).not.toContain('segflow:react-email');
  });

  test('maps back to its sources', async () => {
    using made = project({
      [CONFIG]: "import { boom } from './lib/boom.ts';\nexport default { run: boom };\n",
      'lib/boom.ts': "export function boom(): never {\n  throw new Error('boom');\n}\n",
    });
    const { code } = await bundleConfig(made.path(CONFIG));
    const lines = code.slice(0, code.indexOf('new Error')).split('\n');
    const place = SourceTracer.of(code).trace(lines.length, lines.at(-1)!.length);
    expect(place).toMatchObject({ file: 'lib/boom.ts', line: 2, column: 9 });
    expect(place?.source).toContain("throw new Error('boom')");
  });

  test('takes enums, type-only imports, TSX without React in scope, JSON and text', async () => {
    using made = project({
      [CONFIG]: [
        "import type { Shape } from './types';",
        "import { type Other, value } from './types';",
        "import Email from './email';",
        "import data from './data.json';",
        "import note from './note.html' with { type: 'text' };",
        'enum Colour { Red, Green }',
        'const shape: Shape & Other = { size: value };',
        'export default { Email, colour: Colour.Green, shape, data, note };',
      ].join('\n'),
      'types.ts':
        'export interface Shape { size: number }\nexport type Other = object;\nexport const value = 3;',
      'email.tsx': 'export default () => <p>hello</p>;',
      'data.json': '{ "plan": "pro" }',
      'note.html': '<b>note</b>',
    });
    const { code, problems } = await bundleConfig(made.path(CONFIG));
    expect(problems).toEqual([]);
    made.write({ 'out.mjs': code.replace(/from"segflow:react\/jsx-runtime"/, 'from"./jsx.mjs"') });
    made.write({ 'jsx.mjs': 'export const jsx = (type, props) => ({ type, props });' });
    const loaded = await import(made.path('out.mjs'));
    expect(loaded.default).toMatchObject({
      colour: 1,
      shape: { size: 3 },
      data: { plan: 'pro' },
      note: '<b>note</b>',
    });
    expect(loaded.default.Email()).toEqual({ type: 'p', props: { children: 'hello' } });
  });

  test('holds installed packages, and leaves their environment variables and duplicates alone', async () => {
    using made = project({
      [CONFIG]: "import { rate } from 'rates';\nexport default { rate, key: process.env.OWN };",
      'node_modules/rates/package.json': '{ "name": "rates", "main": "index.js" }',
      'node_modules/rates/index.js':
        'exports.rate = process.env.RATE ?? __dirname; exports.twice = { a: 1, a: 2 };',
    });
    const { code, files, environmentNames, problems } = await bundleConfig(made.path(CONFIG));
    expect(problems).toEqual([]);
    expect(environmentNames).toEqual(['OWN']);
    expect(files).toEqual([made.path(CONFIG)]);
    expect(code).toContain('process.env.RATE');
    expect(code).not.toContain(made.root);
  });
});

describe('environment variables', () => {
  test.each([
    ['a property', 'export default process.env.A', ['A']],
    ['an index', "export default [process.env['A'], process.env[`B`]]", ['A', 'B']],
    ['an optional chain', 'export default process?.env?.A ?? 1', ['A']],
    ['globalThis', 'export default globalThis.process.env.A', ['A']],
    ['Bun.env and import.meta.env', 'export default [Bun.env.A, import.meta.env.B]', ['A', 'B']],
    ['destructuring', 'const { A, B: b = 1 } = process.env; export default [A, b]', ['A', 'B']],
    ['a nested pattern', 'const { env: { A } } = process; export default A', ['A']],
    ['an alias', 'const env = process.env; export default [env.A, env.B]', ['A', 'B']],
    ['a parameter', 'const f = (env = process.env) => env.A; export default f', ['A']],
    ['a destructured parameter', 'const f = ({ A } = process.env) => A; export default f', ['A']],
    ['an imported process', "import { env } from 'node:process'; export default env.A", ['A']],
    ['in', "export default 'A' in process.env", ['A']],
    [
      "NODE_ENV, which is the server's",
      "const env = process.env; export default [process.env.NODE_ENV, env['NODE_ENV'], env, { NODE_ENV: env.A }]",
      ['A'],
    ],
    [
      'a computed name',
      "const key = 'A'; const f = (k: string) => process.env[k]; export default f(key)",
      ['A'],
    ],
    [
      'the rest of a pattern',
      "const { A, ...rest } = process.env; export default [A, rest['B']]",
      ['A', 'B'],
    ],
    ['a spread', 'export default { ...process.env, B: 1 }', ['B']],
    ['comments and strings', "/* process.env.A */ export default 'process.env.B' // process.env.C", []],
    ['another env', 'export default { env: { A: 1 } }.env.A', []],
    [
      'the whole environment handed to a schema',
      "const parse = (shape: object, env: object) => ({ shape, env }); export default parse({ API_KEY: 'text', other: 1 }, process.env)",
      ['API_KEY'],
    ],
  ])('%s', async (_what, text, names) => {
    expect(await namesOf(text)).toEqual(names);
  });

  test('of every file of the project', async () => {
    const files = { 'lib/keys.ts': 'export const key = process.env.KEY;' };
    expect(await namesOf("import { key } from './lib/keys'; export default key", files)).toEqual(['KEY']);
  });
});

test('NODE_ENV is not that of the process that bundles', async () => {
  const { code } = await bundleOf({ [CONFIG]: 'export default process.env.NODE_ENV;' });
  expect(code).toContain('process.env.NODE_ENV');
});

describe('problems of code', () => {
  test('a syntax error has its place and the code around it', async () => {
    const { problems, code, files } = await bundleOf({
      [CONFIG]: 'const a = 1;\nconst b: number = ;\nexport default a;\n',
    });
    expect(code).toBe('');
    expect(files).toHaveLength(1);
    expect(problems).toEqual([
      {
        path: CONFIG,
        message: expect.stringContaining('Unexpected ;'),
        file: CONFIG,
        line: 2,
        column: 19,
        frame: [
          '  1 | const a = 1;',
          '> 2 | const b: number = ;',
          '    |                   ^',
          '  3 | export default a;',
          '  4 |',
        ].join('\n'),
      },
    ]);
  });

  test('all at once, in several files', async () => {
    const files = { 'a.ts': 'export const = 1;', 'b.ts': 'export let b = );' };
    const problems = await problemsOf("import './a';\nimport './b';\nimport 'left-pad';", files);
    expect(problems.map(({ file, line }) => `${file}:${line}`).sort()).toEqual([
      'a.ts:1',
      'b.ts:1',
      `${CONFIG}:3`,
    ]);
  });

  test('a missing package is named, with how to install it', async () => {
    expect(await problemsOf("import pad from '@acme/pad/left';\nexport default pad;")).toEqual([
      {
        path: CONFIG,
        message: 'the module "@acme/pad/left" is not installed',
        hint: 'Install it: bun add @acme/pad',
        file: CONFIG,
        line: 1,
        column: 17,
      },
    ]);
  });

  test('a subpath of a host module is no host module', async () => {
    const [problem] = await problemsOf("import { x } from 'drizzle-orm/pg-core';\nexport default x;");
    expect(problem?.message).toBe('the module "drizzle-orm/pg-core" is not installed');
  });

  test('a missing file, with one that is near', async () => {
    const files = { 'emails/Welcome.tsx': 'export default () => null;' };
    const [problem] = await problemsOf("import W from './emails/Welcom';\nexport default W;", files);
    expect(problem).toMatchObject({
      message: 'there is no file "./emails/Welcom" beside segflow.config.ts',
      hint: 'Did you mean "./emails/Welcome"?',
      line: 1,
    });
  });

  test('an export that does not exist', async () => {
    const [problem] = await problemsOf("import { no } from './a';\nexport default no;", {
      'a.ts': 'export const a = 1;',
    });
    expect(problem).toMatchObject({ file: CONFIG, line: 1, message: expect.stringContaining('"no"') });
  });

  test('a key that stands twice, with where it is in the config', async () => {
    const text = [
      'export default {',
      '  campaigns: {',
      "    'welcome-campaign': { segments: ['a'] },",
      "    other: { segments: ['b'] },",
      "    'welcome-campaign': { segments: ['c'] },",
      '  },',
      '};',
    ].join('\n');
    expect(await problemsOf(text)).toEqual([
      {
        path: 'campaigns.welcome-campaign',
        message: '"welcome-campaign" stands twice in the same object; only the last one would count',
        hint: 'Rename one of the two, or remove it.',
        file: CONFIG,
        line: 5,
        column: 5,
      },
    ]);
  });

  test('a key after a spread, a getter with its setter and a computed key stand once', async () => {
    const text = `const base = { a: 1 }; const k = 'a';
      export default { a: 0, ...base, a: 2, get b() { return 1 }, set b(v) {}, [k]: 1, ['c']: 1, c: 2 };`;
    expect(await problemsOf(text)).toEqual([]);
  });

  test.each([
    ['png', "import x from './x.png'; export default x", /web server/],
    ['css', "import x from './x.css'; export default x", /Tailwind/],
    ['module.css', "import x from './x.module.css'; export default x.a", /Tailwind/],
    ['html', "import x from './x.html'; export default x", /type: 'text'/],
    ['sql', "import x from './x.sql'; export default x", /type: 'text'/],
  ])('an import of a .%s file', async (extension, text, hint) => {
    const problems = await problemsOf(`\n${text}`, { [`x.${extension}`]: 'p { color: red }' });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ file: CONFIG, line: 2, hint: expect.stringMatching(hint) });
  });

  test.each(['__dirname', '__filename', 'import.meta.url', 'import.meta.dir', 'import.meta.dirname'])(
    'the use of %s',
    async (expression) => {
      const problems = await problemsOf(`export default 1;\nconsole.log(${expression});`);
      expect(problems).toHaveLength(1);
      expect(problems[0]).toMatchObject({
        file: CONFIG,
        line: 2,
        message: expect.stringContaining('server'),
      });
    },
  );
});
