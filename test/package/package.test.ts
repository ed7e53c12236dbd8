import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VERSION } from '../../src/cli/command-line/version.ts';
import { API_KEY, memoryServer } from '../cli/memory-server.ts';
import { writeExamples } from '../docs/examples.ts';
import { runCli, runOk } from '../helpers/run-cli.ts';

const ROOT = join(import.meta.dir, '..', '..');
const TSC = join(ROOT, 'node_modules', '.bin', 'tsc');
const MINUTES = 60_000;
/** For what takes seconds where nothing else runs. */
const PATIENCE = 3 * MINUTES;

/** A fresh project with the packed package installed, and the seed's config. */
let project: string;
let environment: Record<string, string>;

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'segflow-package-'));
  environment = {
    ...(process.env as Record<string, string>),
    PATH: `${join(ROOT, 'node_modules', '.bin')}:${process.env.PATH}`,
  };
  for (const name of ['SEGFLOW_URL', 'SEGFLOW_API_KEY']) delete environment[name];
  await runOk(['npm', 'pack', '--pack-destination', folder], {
    cwd: ROOT,
    env: environment,
    timeoutMs: PATIENCE,
  });
  const [tarball = ''] = await readdir(folder);
  project = join(folder, 'project');
  await cp(join(ROOT, 'test', 'fixtures', 'seed'), project, { recursive: true });
  await writeFile(join(project, 'tsconfig.json'), JSON.stringify(TSCONFIG));
  const { devDependencies } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  const bunTypes = `@types/bun@${devDependencies['@types/bun']}`;
  await run(['bun', 'install', join(folder, tarball), bunTypes], 5 * MINUTES);
}, 9 * MINUTES);

afterAll(() => rm(join(project, '..'), { recursive: true, force: true }));

/** What `bun init` writes, in short. */
const TSCONFIG = {
  compilerOptions: {
    target: 'ESNext',
    module: 'Preserve',
    moduleResolution: 'bundler',
    lib: ['ESNext'],
    jsx: 'react-jsx',
    strict: true,
    skipLibCheck: true,
    verbatimModuleSyntax: true,
    noUncheckedIndexedAccess: true,
    noEmit: true,
  },
  include: ['*.ts'],
};

function run(command: string[], timeoutMs = PATIENCE) {
  return runOk(command, { cwd: project, env: environment, timeoutMs });
}

describe('types', () => {
  test(
    "the seed's config",
    async () => {
      await run([TSC, '-p', '.']);
    },
    PATIENCE,
  );

  test(
    'are real: a wrong config is refused',
    async () => {
      const path = join(project, 'segflow.config.ts');
      const text = await readFile(path, 'utf8');
      const wrong = text
        .replace("behavior: 'static'", "behavior: 'statik'")
        .replace('user.username', 'user.usernome');
      await writeFile(path, wrong);
      const ran = await runCli([TSC, '-p', '.'], { cwd: project, env: environment });
      await writeFile(path, text);
      expect(ran.stdout).toContain('statik');
      expect(ran.stdout).toContain('usernome');
    },
    PATIENCE,
  );

  test(
    'of the client are those of the wire contract',
    async () => {
      const names = [
        ...(await readFile(join(ROOT, 'dist/npm/src/protocol/api.d.ts'), 'utf8')).matchAll(
          /^export type (\w+)/gm,
        ),
      ];
      expect(names.length).toBeGreaterThan(10);
      const file = join(ROOT, 'dist', 'wire-types-test.ts');
      const lines = names.map(
        ([, name]) => `export const ${name}: Same<Shown.${name}, Meant.${name}> = true;`,
      );
      await writeFile(
        file,
        [
          "import type * as Meant from '../src/protocol/api.ts';",
          "import type * as Shown from './npm/src/protocol/api.js';",
          'type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;',
          ...lines,
        ].join('\n'),
      );
      const config = join(ROOT, 'dist', 'tsconfig.wire-types.json');
      await writeFile(config, JSON.stringify({ extends: '../tsconfig.json', include: [], files: [file] }));
      const ran = await runCli([TSC, '-p', config], { cwd: ROOT, env: environment });
      await rm(file);
      await rm(config);
      expect(ran).toMatchObject({ code: 0, stdout: '' });
    },
    PATIENCE,
  );

  test(
    'of every example in the docs',
    async () => {
      const folder = join(project, 'docs');
      writeExamples(folder);
      const compilerOptions = { ...TSCONFIG.compilerOptions, types: ['bun', 'node'] };
      await writeFile(
        join(folder, 'tsconfig.json'),
        JSON.stringify({ compilerOptions, include: ['**/*.ts', '**/*.tsx'] }),
      );
      await run([TSC, '-p', 'docs']);
    },
    PATIENCE,
  );

  test(
    'of a scaffolded project',
    async () => {
      await run(['bun', 'segflow', 'init', 'shop']);
      await run([TSC, '-p', 'shop']);
    },
    PATIENCE,
  );
});

describe('segflow/testing', () => {
  test(
    'the tests of a scaffolded project pass',
    async () => {
      await run(['bun', 'segflow', 'init', 'tested']);
      const { stderr } = await runOk(['bun', 'test', `--timeout=${PATIENCE}`], {
        cwd: join(project, 'tested'),
        env: environment,
        timeoutMs: PATIENCE,
      });
      expect(stderr).toContain('2 pass');
      expect(stderr).toContain('0 fail');
    },
    PATIENCE,
  );

  test('declares nothing of the engine', async () => {
    const names = await readdir(join(project, 'node_modules/segflow/dist/npm/src'), { recursive: true });
    expect(names).toContain('testing/simulate.d.ts');
    expect(names.filter((name) => /^(engine|store|host)\b/.test(name))).toEqual([]);
  });
});

describe('bun segflow', () => {
  test('--version and --help', async () => {
    expect((await run(['bun', 'segflow', '--version'])).stdout).toBe(`${VERSION}\n`);
    expect((await run(['bun', 'segflow', '--help'])).stdout).toContain('segflow push [config-path]');
  });

  test('push', async () => {
    await using server = await memoryServer();
    const { stdout, stderr } = await runOk(['bun', 'segflow', 'push'], {
      cwd: project,
      env: { ...environment, ...server.environment, POSTMARK_API_KEY: 'k' },
    });
    expect(stdout).toContain('POSTMARK_API_KEY');
    expect(stderr).not.toContain('warn');
    expect(server.backend.pushed.map(({ dryRun }) => dryRun)).toEqual([true, false]);
  });
});

describe('segflow/client/sdk', () => {
  test('works in Node', async () => {
    await using server = await memoryServer();
    await writeFile(
      join(project, 'sdk.mjs'),
      `import { Client } from 'segflow/client/sdk';
       const client = new Client({ url: '${server.url}', apiKey: '${API_KEY}' });
       await client.createUser('user-123', { username: 'johndoe', email: 'john@example.com' });
       await client.updateUser('user-123', { deactivated: true });
       await client.emit('user-123', 'login', { timestamp: 1 });`,
    );
    await run(['node', 'sdk.mjs']);
    expect(server.backend.users.get('user-123')).toEqual({
      username: 'johndoe',
      email: 'john@example.com',
      deactivated: true,
    });
    expect(server.backend.events).toMatchObject([{ name: 'login', attributes: { timestamp: 1 } }]);
  });

  test('imports nothing', async () => {
    const text = await readFile(join(project, 'node_modules/segflow/dist/npm/src/client/sdk.js'), 'utf8');
    expect(new Bun.Transpiler({ loader: 'js' }).scanImports(text)).toEqual([]);
    expect(text).not.toMatch(/\b(process|Bun|Buffer|require)\b\s*[.(]/);
  });
});

test('installs little', async () => {
  const { dependencies } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  const installed = await readdir(join(project, 'node_modules'));
  expect(Object.keys(dependencies).filter((name) => !installed.includes(name.split('/')[0] ?? ''))).toEqual(
    [],
  );
  // Bundled into the command line; a project has no use for them.
  for (const name of ['zod', 'hono', 'mysql2', 'jiti', 'c12']) expect(installed).not.toContain(name);
});
