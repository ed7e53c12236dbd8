import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { bundleConfig } from '../../src/config/bundle/bundle.ts';
import { exportsOf, HOST_MODULES } from '../../src/config/host-modules/host-modules.ts';
import type { Problem } from '../../src/engine/ports/manifest.ts';
import { project } from '../config/project.ts';
import { hostFor, rendering } from './bundles.ts';

// A child that renders takes a second to start, more on a busy machine.
setDefaultTimeout(180_000);

/* Code and templates of other people: what other tools accept is bundled, loaded and rendered as its author meant it. */

const NODE_MODULES = join(import.meta.dir, '../../node_modules');

const CONFIG = `import Email from './email';
export default {
  emailProvider: { config: { name: 'file' }, fromAddress: 'a@example.com' },
  templates: { hello: { subject: 'Hello', component: Email } },
};`;

/** Bundles a config whose one template is the default export of `email.tsx`. */
async function bundled(files: Record<string, string>) {
  using made = project({ 'segflow.config.ts': CONFIG, ...files });
  return await bundleConfig(made.path('segflow.config.ts'));
}

/** The HTML of that template. */
async function rendered(files: Record<string, string>): Promise<string> {
  const { id, code, problems } = await bundled(files);
  expect(problems).toEqual([]);
  await using host = hostFor({ processes: 1 });
  const bundle = { id, code, environment: {} };
  const [result] = await host.render(bundle, [rendering('hello')]);
  if (!result?.ok) throw new Error(result?.error.stack ?? 'no result');
  return result.html;
}

/** What a config's default export, a function of a flow's campaign, gives: the text that its template shows. */
async function shown(email: string, more: Record<string, string> = {}): Promise<string> {
  const html = await rendered({ 'email.tsx': email, ...more });
  return html.slice(html.indexOf('<p>') + '<p>'.length, html.indexOf('</p>')).replaceAll('<!-- -->', '');
}

async function problemsOf(email: string, more: Record<string, string> = {}): Promise<Problem[]> {
  return (await bundled({ 'email.tsx': email, ...more })).problems;
}

describe('text that looks like code stays as it is written', () => {
  const TEXTS = [
    'import React from "react"',
    'import "react"',
    'import("react")',
    'require("react")',
    'export * from "@react-email/components"',
    'import{Button}from"@react-email/components"',
    "import { eq } from 'drizzle-orm'",
    'from "segflow:react"',
    'process.env.NODE_ENV',
    'import.meta.url',
    '__dirname',
    '//# sourceMappingURL=data:application/json;base64,e30=',
    '//# debugId=1AC1942CE85CE30564756E2164756E21',
  ];
  const html = (text: string) => text.replaceAll('"', '&quot;').replaceAll("'", '&#x27;');

  test.each([
    ['a string', (text: string) => `() => <p>{${JSON.stringify(text)}}</p>`],
    ['a template literal', (text: string) => `() => <p>{\`${text}\`}</p>`],
    ['several lines', (text: string) => `() => <p>{\`\n${text}\n\`.trim()}</p>`],
    [
      'a regular expression',
      (text: string) => `() => <p>{/${text.replaceAll('/', '\\/')}/.source.replaceAll('\\\\/', '/')}</p>`,
    ],
    ['a property', (text: string) => `() => <p>{Object.keys({ [${JSON.stringify(text)}]: 1 })[0]}</p>`],
    [
      'a comment beside it',
      (text: string) => `() => <p>{/* ${text} */ ${JSON.stringify(text)} // ${text}\n}</p>`,
    ],
  ])('in %s', async (_where, email) => {
    const list = TEXTS.map((text) => `(${email(text)})()`).join(', ');
    const source = `export default () => <div>{[${list}]}</div>;`;
    const result = await rendered({ 'email.tsx': source });
    expect([...result.matchAll(/<p>(.*?)<\/p>/gs)].map(([, text]) => text)).toEqual(TEXTS.map(html));
  });

  test('in JSX text', async () => {
    const result = await rendered({
      'email.tsx': `export default () => <pre>import React from "react" require("react") process.env.A</pre>;`,
    });
    expect(result).toContain(
      '<pre>import React from &quot;react&quot; require(&quot;react&quot;) process.env.A</pre>',
    );
  });
});

describe('re-exports of host modules', () => {
  const Show = `import * as all from './parts';
    import { Button, Text } from './parts';
    export default () => <p>{[typeof Button, typeof Text, 'Html' in all, String(all.Button)].join(' ')}</p>;`;

  test("a file's own export wins over export *", async () => {
    const parts = "export * from '@react-email/components'; export const Button = 'mine';";
    expect(await shown(Show, { 'parts.ts': parts })).toBe('string object true mine');
  });

  test('a re-export by name wins, too, and through a chain of files', async () => {
    expect(
      await shown(Show, {
        'parts.ts': "export * from './inner'; export { own as Button } from './own';",
        'inner/index.ts': "export * from './more';",
        'inner/more.ts': "export * from '@react-email/components'; export * from 'react';",
        'own.ts': "export const own = 'mine';",
      }),
    ).toBe('string object true mine');
  });

  test('of two export * with the same thing there is one; of two with other things none', async () => {
    const both = "export * from '@react-email/components'; export * from '@react-email/button';";
    const show = "import { Button } from './parts'; export default () => <p>{typeof Button}</p>;";
    expect(await shown(show, { 'parts.ts': both })).toBe('object');
    const other = "export * from '@react-email/components'; export * from './own';";
    const own = 'export const Button = 1;';
    const [problem] = await problemsOf(show, { 'parts.ts': other, 'own.ts': own });
    expect(problem).toMatchObject({ file: 'email.tsx', line: 1, message: expect.stringContaining('Button') });
  });

  test('export * as, default and renamed exports', async () => {
    const parts = `export * as Mail from '@react-email/components';
      export { default as R, useMemo as memo } from 'react';
      export { Text as Words } from '@react-email/text';`;
    const email = `import { Mail, memo, R, Words } from './parts';
      export default () => <p>{[Mail.Text === Words, R.useMemo === memo].join(' ')}</p>;`;
    expect(await shown(email, { 'parts.ts': parts })).toBe('true true');
  });
});

describe('CommonJS', () => {
  test('a template in CommonJS', async () => {
    const email = `const { createElement } = require('react');
      const React = require('react');
      const { Text } = require('@react-email/components');
      const data = require('./data.json');
      const { join } = require('node:path');
      module.exports = () => createElement('p', null, [React.createElement === createElement, typeof Text, data.a, join('a', 'b')].join(' '));`;
    expect(
      await rendered({ 'email.js': email, 'data.json': '{ "a": "one" }' }).then((html) =>
        html.includes('true object one a/b'),
      ),
    ).toBe(true);
  });

  test('require in a file with imports', async () => {
    const email = `import { useState } from 'react';
      const { createElement, useState: same } = require('react');
      const React = require('react');
      const { eq } = require('drizzle-orm');
      const { jsx } = require('react/jsx-runtime');
      export default () => <p>{[useState === same, React.useState === same, typeof eq, typeof jsx, typeof createElement].join(' ')}</p>;`;
    expect(await shown(email)).toBe('true true function function function');
  });

  test('require alone, in a file that is a module', async () => {
    const email = `const { useState } = require('react');
      const React = require('react');
      export default () => <p>{String(React.useState === useState && typeof useState)}</p>;`;
    expect(await shown(email)).toBe('function');
  });

  test('exports.default, module.exports.x and what a compiler makes of a default import', async () => {
    const email = `import Title, { sub } from './title.cjs';
      import { note } from './note.cjs';
      export default () => <p>{[Title(), sub, note].join(' ')}</p>;`;
    expect(
      await shown(email, {
        'title.cjs': `'use strict';
          var __importDefault = (this && this.__importDefault) || function (mod) { return (mod && mod.__esModule) ? mod : { "default": mod }; };
          Object.defineProperty(exports, '__esModule', { value: true });
          exports.sub = void 0;
          const react_1 = __importDefault(require("react"));
          exports.default = () => typeof react_1.default.createElement;
          exports.sub = 'sub';`,
        'note.cjs': `const dev = require('react/jsx-dev-runtime');
          module.exports.note = typeof dev.jsxDEV;`,
      }),
    ).toBe('function sub function');
  });

  test('dynamic import', async () => {
    const email = `const { Text } = await import('@react-email/components');
      const { default: React } = await import('react');
      export default () => <p>{[typeof Text, typeof React.useState].join(' ')}</p>;`;
    expect(await shown(email)).toBe('object function');
  });

  test('an installed package that was compiled for development, and by the React compiler', async () => {
    const email = `import { Box } from 'boxes'; export default () => <Box text="in a box" />;`;
    expect(
      await shown(email, {
        'node_modules/boxes/package.json': '{ "name": "boxes", "main": "index.js" }',
        'node_modules/boxes/index.js': `const { jsxDEV } = require('react/jsx-dev-runtime');
          const { c } = require('react/compiler-runtime');
          exports.Box = ({ text }) => { c(2); return jsxDEV('p', { children: text }, undefined, false, {}, this); };`,
      }),
    ).toBe('in a box');
  });
});

test('decorators, accessor and using', async () => {
  const email = `function twice(method: any, _context: any) { return function (this: any) { return method.call(this) * 2; }; }
    function named<T extends new (...args: any[]) => object>(target: T, _context: any) { return class extends target { label = 'box'; }; }
    @named
    class Box { accessor size = 3; @twice doubled() { return this.size; } static { this.prototype; } }
    const log: string[] = [];
    function work() { using _a = { [Symbol.dispose]() { log.push('disposed'); } }; log.push('work'); }
    work();
    const box = new Box();
    export default () => <p>{[box.size, box.doubled(), (box as any).label, ...log].join(' ')}</p>;`;
  expect(await shown(email)).toBe('3 6 box work disposed');
});

describe('the parts of React Email', () => {
  test('each is a host module', async () => {
    const file = join(NODE_MODULES, '@react-email/components/package.json');
    const { dependencies } = (await Bun.file(file).json()) as { dependencies: Record<string, string> };
    const parts = Object.keys(dependencies);
    expect(parts.length).toBeGreaterThan(15);
    for (const part of parts) expect(HOST_MODULES).toContain(part);
    const imports = parts.map((part, i) => `import * as part${i} from '${part}';`).join('\n');
    const missing = parts.map(
      (part, i) => `...${JSON.stringify(exportsOf(part))}.filter((it) => part${i}[it] === undefined)`,
    );
    expect(
      await shown(`${imports}\nexport default () => <p>{[${missing.join(', ')}, 'none'].join(' ')}</p>;`),
    ).toBe('none');
  });

  test('from several packages they give what the library gives, whether installed or not', async () => {
    const email = `import { Tailwind } from 'TAILWIND';
      import { Body } from '@react-email/body';
      import { Button } from '@react-email/button';
      import { Head, Html } from '@react-email/components';
      import { Heading } from '@react-email/heading';
      import { Text } from '@react-email/text';
      export default () => (
        <Html><Head /><Tailwind><Body className="bg-white p-2">
          <Heading className="text-[24px] mx-0" as="h2">Title</Heading>
          <Text className="text-red-500 sm:text-blue-500">Words</Text>
          <Button className="rounded px-5 py-3" href="https://example.com">Go</Button>
        </Body></Tailwind></Html>
      );`;
    for (const from of ['@react-email/components', '@react-email/tailwind']) {
      using made = project({ 'email.tsx': email.replace('TAILWIND', from) });
      symlinkSync(NODE_MODULES, made.path('node_modules'));
      const { default: Email } = (await import(made.path('email.tsx'))) as { default: React.FC };
      const [{ render }, { createElement }] = await Promise.all([
        import('@react-email/render'),
        import('react'),
      ]);
      const expected = await render(createElement(Email));
      expect(expected).toContain('padding-right:20px');
      const text = email.replace('TAILWIND', from);
      expect(await rendered({ 'email.tsx': text })).toBe(expected);
      using installed = project({ 'segflow.config.ts': CONFIG, 'email.tsx': text });
      symlinkSync(NODE_MODULES, installed.path('node_modules'));
      const { id, code, problems } = await bundleConfig(installed.path('segflow.config.ts'));
      expect(problems).toEqual([]);
      await using host = hostFor({ processes: 1 });
      const [result] = await host.render({ id, code, environment: {} }, [rendering('hello')]);
      expect(result?.ok && result.html).toBe(expected);
    }
  });
});

test('subpaths of Drizzle and of React DOM share their modules with Segflow', async () => {
  const { id, code, problems } = await bundled({
    'email.tsx': 'export default () => null;',
    'segflow.config.ts': `import { eq } from 'drizzle-orm/sql/expressions/conditions';
      import { sql } from 'drizzle-orm/sql';
      import { is } from 'drizzle-orm/entity';
      import { int, MySqlTable } from 'drizzle-orm/mysql-core';
      import { mysqlTable } from 'drizzle-orm/mysql-core/table';
      import { varchar } from 'drizzle-orm/mysql-core/columns/varchar';
      import { renderToStaticMarkup } from 'react-dom/server.node';
      import { users } from 'segflow/schema';
      const orders = mysqlTable('orders', { id: int().primaryKey(), name: varchar({ length: 10 }) });
      if (!is(orders, MySqlTable) || !is(users, MySqlTable) || !renderToStaticMarkup) throw new Error('another Drizzle');
      export default {
        emailProvider: { config: { name: 'file' }, fromAddress: 'a@example.com' },
        segments: { one: { evaluator: (db) => db.select({ id: users.id }).from(users).where(sql\`\${eq(users.id, 'x')}\`) } },
      };`,
  });
  expect(problems).toEqual([]);
  await using host = hostFor({ processes: 1 });
  const { manifest } = await host.inspect({ id, code, environment: {} });
  expect(manifest.segments[0]?.sql).toBe('select `id` from `users` where `users`.`id` = ?');
});

describe('an export that a host module does not have', () => {
  test.each([
    [
      'renderAsync',
      "import { renderAsync } from '@react-email/components';",
      '@react-email/components',
      'Use render',
    ],
    [
      'renderAsync',
      "import { renderAsync as r } from '@react-email/render';",
      '@react-email/render',
      'Use render',
    ],
    [
      'Buton',
      "import { Buton } from '@react-email/components';",
      '@react-email/components',
      'Did you mean "Button"?',
    ],
    [
      'default',
      "import components from '@react-email/components';",
      '@react-email/components',
      'import { Body }',
    ],
    ['useQuery', "import { useQuery } from 'react';", 'react', 'It exports'],
    ['useState', "import { useState } from 'react-dom';", 'react-dom', 'Import it from "react".'],
    [
      'serial4',
      "export { serial4 } from 'drizzle-orm/mysql-core';",
      'drizzle-orm/mysql-core',
      'Did you mean',
    ],
    ['constructor', "import { constructor } from 'segflow';", 'segflow', 'It exports defineConfig'],
  ])('%s: %s', async (name, statement, module, hint) => {
    const local = statement.startsWith('import') ? statement.split(/[ ,{}]+/).at(-3)! : '0';
    const [problem, ...others] = await problemsOf(
      `\n${statement}\nexport default () => <p>{String(${local})}</p>;`,
    );
    expect(others).toEqual([]);
    expect(problem).toMatchObject({
      file: 'email.tsx',
      line: 2,
      message: `"${module}" has no export "${name}"`,
      hint: expect.stringContaining(hint),
      frame: expect.stringContaining(statement),
    });
  });

  test('a type that is imported without saying so is none', async () => {
    const email = `import { FC, ReactNode } from 'react';
      const Email: FC<{ children?: ReactNode }> = () => <p>fine</p>;
      export type { FC };
      export default Email;`;
    expect(await shown(email)).toBe('fine');
  });
});

describe('a stylesheet imported for its side effect', () => {
  test.each([
    ['globals.css', "@import 'tailwindcss'; @tailwind base; p { background: url(./none.png) }"],
    ['theme.scss', '$a: 1px; p { margin: $a }'],
    ['other.module.css', '.a { color: red }'],
    ['logo.png', 'not an image'],
  ])('%s is left out with a warning, and the rest is pushed', async (name, text) => {
    const { code, problems, warnings } = await bundled({
      'email.tsx': `import './${name}';\nexport default () => <p>fine</p>;`,
      [name]: text,
    });
    expect(problems).toEqual([]);
    expect(code).toContain('fine');
    expect(warnings).toMatchObject([
      { file: 'email.tsx', line: 1, column: 8, message: expect.stringContaining(`./${name}`) },
    ]);
  });

  test('one that does not exist, or whose value is used, is a problem still', async () => {
    expect(await problemsOf("import './none.css'; export default () => null;")).toMatchObject([
      { file: 'email.tsx', line: 1, message: expect.stringContaining('there is no file') },
    ]);
    const used = "import './a.css';\nimport styles from './a.css';\nexport default () => styles.a;";
    expect(await problemsOf(used, { 'a.css': '.a {}' })).toMatchObject([{ line: 2, column: 20 }]);
  });

  test('one of an installed package', async () => {
    const { problems, warnings } = await bundled({
      'email.tsx':
        "import 'fonts/index.css';\nimport text from './a.css' with { type: 'text' };\nexport default () => <p>{text}</p>;",
      'a.css': 'p { color: red }',
      'node_modules/fonts/package.json': '{ "name": "fonts" }',
      'node_modules/fonts/index.css': '@font-face { src: url(./a.woff2) }',
    });
    expect(problems).toEqual([]);
    expect(warnings).toHaveLength(1);
  });
});

test.each([
  [undefined, 'production'],
  ['staging', 'staging'],
])(
  "NODE_ENV is the server's (%p), whatever was captured where the code was pushed",
  async (own, expected) => {
    const { id, code, environmentNames } = await bundled({
      'email.tsx': `const base = process.env.NODE_ENV === 'development' ? 'http://localhost:3000' : 'https://example.com';
      export default () => <p>{[process.env.NODE_ENV, base, process.env.OTHER].join(' ')}</p>;`,
    });
    expect(environmentNames).toEqual(['OTHER']);
    const environment = { PATH: process.env.PATH, ...(own !== undefined && { NODE_ENV: own }) };
    await using host = hostFor({ processes: 1, environment });
    const captured = { NODE_ENV: 'development', OTHER: 'captured' };
    const [result] = await host.render({ id, code, environment: captured }, [rendering('hello')]);
    expect(result?.ok && result.text).toBe(`${expected} https://example.com captured`);
  },
);
