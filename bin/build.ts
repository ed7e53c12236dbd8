#!/usr/bin/env bun
import { mkdir, readdir, readFile, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { lazyPrism } from './lazy-prism.ts';
import { wireTypes } from './wire-types.ts';

/*
 * bun bin/build.ts        dist/segflow: the executable
 * bun bin/build.ts npm    dist/npm: what the npm package holds
 */

const ROOT = join(import.meta.dir, '..');
const DIST = join(ROOT, 'dist');
/** The package's exports, below src. */
const ENTRIES = ['index', 'schema/index', 'client/sdk', 'testing/simulate'];

const started = performance.now();
const made = process.argv[2] === 'npm' ? await buildPackage() : await buildExecutable();
console.log(
  `${relative(ROOT, made)}: ${await megabytes(made)} in ${Math.round(performance.now() - started)} ms`,
);

/**
 * One file with everything in it. Split and precompiled to bytecode, so that a command loads only
 * its own part; without either, `--help` would take several times as long as the runtime itself.
 */
async function buildExecutable(): Promise<string> {
  // Built elsewhere and moved into place, because the existing executable may be running.
  const draft = join(DIST, `.build-${process.pid}`);
  await mkdir(draft, { recursive: true });
  await Bun.build({
    entrypoints: [join(ROOT, 'bin', 'segflow.ts')],
    plugins: [lazyPrism],
    target: 'bun',
    format: 'esm',
    splitting: true,
    minChunkSize: 16_384,
    bytecode: true,
    minify: true,
    sourcemap: 'linked',
    define: { 'process.env.NODE_ENV': '"production"' },
    compile: {
      outfile: join(draft, 'segflow'),
      // The command line reads .env itself, and says so; it ignores a bunfig.toml.
      autoloadDotenv: false,
      autoloadBunfig: false,
    },
  });
  const executable = join(DIST, 'segflow');
  await rename(join(draft, 'segflow'), executable);
  // The remaining files are source maps. The executable holds them too; the copies are for
  // debuggers.
  const maps = join(DIST, 'maps');
  await rm(maps, { recursive: true, force: true });
  await rename(draft, maps);
  return executable;
}

/** Built JavaScript and declarations of the package's exports, and the command line for `bun segflow`. */
async function buildPackage(): Promise<string> {
  const out = join(DIST, 'npm');
  await rm(out, { recursive: true, force: true });
  await Bun.build({
    entrypoints: ENTRIES.filter((name) => name !== 'testing/simulate').map((name) =>
      join(ROOT, 'src', `${name}.ts`),
    ),
    root: join(ROOT, 'src'),
    outdir: join(out, 'src'),
    target: 'browser',
    format: 'esm',
    packages: 'external',
    sourcemap: 'none',
  });
  // Runs in `bun test` together with the project's config, so both must share one React and one
  // Drizzle.
  await Bun.build({
    entrypoints: [join(ROOT, 'src', 'testing', 'simulate.ts')],
    root: join(ROOT, 'src'),
    outdir: join(out, 'src'),
    target: 'bun',
    format: 'esm',
    splitting: true,
    naming: { chunk: 'testing/chunks/[name]-[hash].[ext]' },
    external: ['drizzle-orm', 'react', 'react-dom'],
    minify: { whitespace: true, syntax: true },
    sourcemap: 'none',
  });
  await Bun.build({
    entrypoints: [join(ROOT, 'bin', 'segflow.ts')],
    plugins: [lazyPrism],
    outdir: join(out, 'bin'),
    target: 'bun',
    format: 'esm',
    splitting: true,
    minify: { whitespace: true, syntax: true },
    sourcemap: 'none',
    define: { 'process.env.NODE_ENV': '"production"' },
  });
  await emitDeclarations(join(out, 'src'));
  return out;
}

async function emitDeclarations(outDir: string): Promise<void> {
  const project = join(DIST, 'tsconfig.declarations.json');
  await writeFile(
    project,
    JSON.stringify({
      extends: '../tsconfig.json',
      compilerOptions: {
        noEmit: false,
        declaration: true,
        emitDeclarationOnly: true,
        rootDir: '../src',
        outDir,
      },
      include: [],
      files: ENTRIES.map((name) => `../src/${name}.ts`),
    }),
  );
  const tsc = Bun.spawn([process.execPath, 'x', 'tsc', '-p', project], {
    cwd: ROOT,
    stdout: 'inherit',
    stderr: 'inherit',
  });
  if ((await tsc.exited) !== 0) throw new Error('the declarations do not compile');
  await rm(project);
  await writeFile(join(outDir, 'protocol', 'api.d.ts'), wireTypes());
  // A config reads process.env, which TypeScript knows only if Node's types are referenced; the
  // package includes the types.
  const index = join(outDir, 'index.d.ts');
  await writeFile(index, `/// <reference types="node" />\n${await readFile(index, 'utf8')}`);
  for (const name of await readdir(outDir, { recursive: true })) {
    if (!name.endsWith('.d.ts')) continue;
    const path = join(outDir, name);
    // Every resolution mode finds ./x.d.ts for ./x.js.
    const text = (await readFile(path, 'utf8')).replaceAll(
      /((?:from|import)\(? ?['"]\.{1,2}\/[^'"]+)\.ts(?=['"])/g,
      '$1.js',
    );
    await writeFile(path, text);
  }
  await removeUnreachable(outDir);
}

/**
 * The compiler writes declarations of everything that a module needs to run; users need only those
 * that the entries' types name.
 */
async function removeUnreachable(outDir: string): Promise<void> {
  const needed = new Set<string>();
  const queue = ENTRIES.map((name) => join(outDir, `${name}.d.ts`));
  for (const path of queue) {
    if (needed.has(path)) continue;
    needed.add(path);
    const text = await readFile(path, 'utf8');
    for (const [, to] of text.matchAll(/(?:from|import)\(? ?['"](\.{1,2}\/[^'"]+)\.js['"]/g)) {
      queue.push(join(dirname(path), `${to}.d.ts`));
    }
  }
  for (const name of await readdir(outDir, { recursive: true })) {
    const path = join(outDir, name);
    if (name.endsWith('.d.ts') && !needed.has(path)) await rm(path);
  }
  const all = await readdir(outDir, { recursive: true, withFileTypes: true });
  for (const { name, parentPath } of all.reverse()) {
    // Only an empty folder can be removed.
    await rmdir(join(parentPath, name)).catch(() => {});
  }
}

async function megabytes(path: string): Promise<string> {
  const stats = await stat(path);
  let bytes = stats.isFile() ? stats.size : 0;
  if (stats.isDirectory()) {
    for (const name of await readdir(path, { recursive: true })) bytes += (await stat(join(path, name))).size;
  }
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
