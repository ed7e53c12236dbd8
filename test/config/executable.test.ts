import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { bundleConfig } from '../../src/config/bundle/bundle.ts';
import type { Inspection, Problem } from '../../src/engine/ports/manifest.ts';
import { fixtureProject, project } from './project.ts';

// Starts processes or loads much code, which takes its time on a busy machine.
setDefaultTimeout(180_000);

/* The same in a compiled executable, in a folder without node_modules and with nothing in the environment. */

interface Output {
  id?: string;
  names?: string[];
  inspection?: Inspection;
  problems?: Problem[];
  code?: string;
  message?: string;
  details?: Problem[];
}

const built = project();
const executable = built.path('check-config');

beforeAll(async () => {
  const result = await Bun.build({
    entrypoints: [join(import.meta.dir, 'executable-entry.ts')],
    compile: { outfile: executable },
    minify: true,
  });
  expect(result.success).toBe(true);
}, 180_000);
afterAll(() => built[Symbol.dispose]());

async function run(cwd: string, args: string[] = []): Promise<Output> {
  const child = Bun.spawn([executable, ...args], { cwd, env: {}, stdout: 'pipe', stderr: 'pipe' });
  const [out, errors] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  if ((await child.exited) !== 0) throw new Error(errors);
  return JSON.parse(out);
}

test.each(['seed', 'seed-getting-started'] as const)(
  'the config of %s is bundled, loaded and inspected',
  async (name) => {
    using made = fixtureProject(name);
    made.write({ '.env': 'POSTMARK_API_KEY=a-key\n' });
    const { id, names, inspection, problems } = await run(made.root);
    expect(problems).toEqual([]);
    expect(names).toEqual(['POSTMARK_API_KEY']);
    expect(inspection?.manifest.segments.map((segment) => segment.id)).toContain('all-users');
    expect(inspection?.provider.config).toEqual({ name: 'postmark', apiKey: 'a-key' });
    expect(id).toBe((await bundleConfig(made.path('segflow.config.ts'))).id);
  },
);

test('every host module can be imported', async () => {
  using made = project({
    'segflow.config.tsx': [
      "import * as email from '@react-email/components';",
      "import * as render from '@react-email/render';",
      "import { eq } from 'drizzle-orm';",
      "import { mysqlTable } from 'drizzle-orm/mysql-core';",
      "import { useMemo } from 'react';",
      "import { renderToStaticMarkup } from 'react-dom/server';",
      "import { Body, Html, Text } from 'react-email';",
      "import { defineConfig } from 'segflow';",
      "import { Client } from 'segflow/client/sdk';",
      "import { users } from 'segflow/schema';",
      'const Email = () => <Html><Body><Text>{useMemo(() => renderToStaticMarkup(<b>hi</b>), [])}</Text></Body></Html>;',
      'const all = [email.Tailwind, render.render, mysqlTable, Client];',
      "if (all.some((item) => item === undefined)) throw new Error('missing');",
      'export default defineConfig({',
      "  emailProvider: { config: { name: 'file' }, fromAddress: 'a@example.com' },",
      "  templates: { hello: { subject: 'Hello', component: Email } },",
      "  segments: { one: { evaluator: (db) => db.select({ id: users.id }).from(users).where(eq(users.id, 'x')) } },",
      '});',
    ].join('\n'),
  });
  expect((await run(made.root)).problems).toEqual([]);
});

test("other people's code is bundled, loaded and rendered", async () => {
  using made = project({
    'app/segflow.config.ts': `import { users } from 'segflow/schema';
      import { sql } from 'drizzle-orm/sql';
      import Email from './email';
      import { box } from './box';
      import cjs from './cjs.cjs';
      import './globals.css';
      if (box.size !== 3 || cjs.kind !== 'function1') throw new Error('not as its author meant it');
      export default {
        emailProvider: { config: { name: 'file' }, fromAddress: 'a@example.com' },
        templates: { hello: { subject: 'Hello', component: Email } },
        segments: { all: { evaluator: (db) => db.select({ id: users.id }).from(users).where(sql\`1 = 1\`) } },
      };`,
    'app/email.tsx': `import { Tailwind } from '@react-email/tailwind';
      import { Text } from '@react-email/text';
      import { x } from '~/x';
      import { ui } from '@acme/ui';
      import { Button, Html } from './parts';
      export default () => {
        if (Button !== 'mine' || ui !== 'ui' || x !== 'app') throw new Error('another module');
        return <Html><Tailwind><Text className="text-red-500">import React from "react"</Text></Tailwind></Html>;
      };`,
    'app/parts.ts': "export * from '@react-email/components'; export const Button = 'mine';",
    'app/box.ts':
      'const d = (t: any, _c: any) => t; @d class Box { accessor size = 3; } export const box = new Box();',
    'app/cjs.cjs':
      "const { createElement } = require('react'); module.exports = { kind: typeof createElement + require('./d.json').a };",
    'app/d.json': '{ "a": 1 }',
    'app/globals.css': "@import 'tailwindcss';",
    'app/x.ts': "export const x = 'app';",
    'app/tsconfig.json': '{ "compilerOptions": { "paths": { "~/*": ["./*"] } } }',
    'packages/ui/package.json': '{ "name": "@acme/ui", "exports": "./src/index.ts" }',
    'packages/ui/tsconfig.json': '{ "compilerOptions": { "paths": { "~/*": ["./src/*"] } } }',
    'packages/ui/src/index.ts': "export { x as ui } from '~/x';",
    'packages/ui/src/x.ts': "export const x = 'ui';",
    'app/node_modules/@acme/.keep': '',
  });
  symlinkSync(made.path('packages/ui'), made.path('app/node_modules/@acme/ui'));
  const { id, problems, inspection } = await run(made.path('app'));
  expect(problems).toEqual([]);
  expect(inspection?.manifest.templates).toEqual(['hello']);
  expect(id).toBe((await bundleConfig(made.path('app/segflow.config.ts'))).id);
});

test('an export that a host module does not have is told with its place', async () => {
  using made = project({
    'segflow.config.ts': "import './email';\nexport default {};\n",
    'email.ts': "\nimport { renderAsync } from '@react-email/components';\nconsole.log(renderAsync);\n",
  });
  expect((await run(made.root)).details).toMatchObject([
    {
      file: 'email.ts',
      line: 2,
      message: '"@react-email/components" has no export "renderAsync"',
      hint: expect.stringContaining('render'),
    },
  ]);
});

test('path aliases of the project count', async () => {
  using made = project({
    'segflow.config.ts':
      "import { name } from '@/lib/name';\nexport default { emailProvider: { config: { name }, fromAddress: 'a@example.com' } };",
    'lib/name.ts': "export const name = 'file';",
    'tsconfig.json': '{ "compilerOptions": { "paths": { "@/*": ["./*"] } } }',
  });
  expect((await run(made.root)).problems).toEqual([]);
});

test('code that does not compile, and a config that is not there, are told', async () => {
  using made = project({ 'segflow.config.ts': "import 'left-pad';\nexport default {};\n" });
  const { code, details } = await run(made.root);
  expect(code).toBe('invalid_config');
  expect(details?.[0]).toMatchObject({ line: 1, hint: 'Install it: bun add left-pad' });
  expect(await run(made.root, ['nowhere.ts'])).toMatchObject({ code: 'config_not_found' });
});
