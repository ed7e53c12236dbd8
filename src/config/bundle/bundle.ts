import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, relative, resolve, sep } from 'node:path';
import type { Problem } from '../../engine/ports/manifest.ts';
import { HOST_SCHEME } from '../host-modules/host-modules.ts';
import { isInstalled, joinSourceMap, splitSourceMap } from '../source/source-map.ts';
import { type BuildInputs, checkAssets, withoutSideEffects } from './assets.ts';
import { buildProblem } from './errors.ts';
import { hostImports, hostModuleOf } from './host-imports.ts';
import { NO_FOLDER, scanBundle } from './scan.ts';
import { nearestTsconfig, tsconfigPaths } from './tsconfig-paths.ts';

export interface BundledConfig {
  /** 32 hex digits of the SHA-256 of `code`: the same sources have the same id in every folder. */
  id: string;
  /** One ES module with an inline source map that holds its sources; '' when it does not compile. */
  code: string;
  /**
   * Absolute paths of the project's own files in the bundle, the config first: the files that a
   * preview watches. If the project does not compile, the files with the errors.
   */
  files: string[];
  /** Environment variables that the project's own code reads, sorted. */
  environmentNames: string[];
  problems: Problem[];
  /** Warnings: the code can be pushed, but may not do what its author wants. */
  warnings: Problem[];
}

/**
 * Compiles the config and everything it imports, except host modules, into one module. Errors in
 * the code are returned as problems.
 */
export async function bundleConfig(path: string): Promise<BundledConfig> {
  const entry = realpathSync(path);
  const root = dirname(entry);
  const { result, errors } = await build(entry, root);
  const inputs: BuildInputs = result.metafile?.inputs ?? {};
  const output = result.outputs.find((file) => file.kind === 'entry-point' && file.path.endsWith('.js'));
  if (errors.length > 0 || !output) {
    const files = ownFiles(
      entry,
      errors.map((log) => log.position?.file ?? ''),
    );
    const problems = errors.map((log) => buildProblem(log, root));
    return { id: '', code: '', files, environmentNames: [], problems, warnings: [] };
  }

  const files = ownFiles(entry, Object.keys(inputs));
  const { body, map } = splitSourceMap(await output.text());
  const isHost = map.sources.map((source) => hostModuleOf(source) !== undefined);
  map.sources = map.sources.map((source, i) =>
    isHost[i] ? source : relative(root, resolve(source)).split(sep).join('/'),
  );
  // The exports of host modules depend on Segflow's version, not on the author.
  map.sourcesContent = map.sourcesContent.map((text, i) => (isHost[i] ? '' : text));
  const code = joinSourceMap(body, map);
  const scan = await scanBundle(body, map, (name) => isBuiltin(name) || name.startsWith(HOST_SCHEME));
  const assets = await checkAssets(inputs, root);
  const problems = [...assets.problems, ...scan.problems];
  const id = createHash('sha256').update(code).digest('hex').slice(0, 32);
  return {
    id,
    code,
    files,
    environmentNames: scan.environmentNames,
    problems,
    warnings: assets.warnings,
  };
}

// --- internal ---

type BuildError = BuildMessage | ResolveMessage;

/**
 * Builds, and finds all errors. When an import of a file cannot be resolved, Bun does not read the
 * file's other imports, so the build is repeated without the unresolved ones. It is also repeated
 * when a file loads a host module with `require`.
 */
async function build(
  entry: string,
  root: string,
): Promise<{ result: Bun.BuildOutput; errors: BuildError[] }> {
  const errors: BuildError[] = [];
  const absent = new Set<string>();
  const required = new Set<string>();
  // Named here, because a compiled executable does not look for a tsconfig.json.
  const tsconfig = nearestTsconfig(root);
  for (;;) {
    const before = absent.size + required.size;
    const result = await Bun.build({
      entrypoints: [entry],
      root,
      target: 'bun',
      format: 'esm',
      sourcemap: 'inline',
      // Without comments that name the build folder. Names are kept for stack traces.
      minify: { whitespace: true },
      env: 'disable',
      define: {
        // Otherwise the bundling process's value would be inlined.
        'process.env.NODE_ENV': 'process.env.NODE_ENV',
        __dirname: JSON.stringify(NO_FOLDER),
        __filename: JSON.stringify(NO_FOLDER),
      },
      jsx: { runtime: 'automatic', development: false },
      ...(tsconfig !== undefined && { tsconfig }),
      plugins: [
        hostImports(new Set(required), (name) => required.add(name)),
        withoutImports(absent),
        tsconfigPaths(),
        withoutSideEffects,
      ],
      metafile: true,
      throw: false,
    });
    const failures = result.logs.filter((log) => log.level === 'error');
    const unresolved = failures.filter((log): log is ResolveMessage => log.name === 'ResolveMessage');
    for (const { specifier, position } of unresolved) {
      absent.add(importKey(specifier, position?.file ?? ''));
    }
    if (absent.size + required.size === before) {
      return { result, errors: firstOfLine([...errors, ...failures]) };
    }
    errors.push(...unresolved);
  }
}

/** One error causes others next to it. */
function firstOfLine(errors: BuildError[]): BuildError[] {
  const places = errors.map(({ position }, index) =>
    position ? `${position.file}\n${position.line}` : index,
  );
  return errors.filter((_error, index) => places.indexOf(places[index]!) === index);
}

const importKey = (specifier: string, importer: string) => `${specifier}\n${resolve(importer)}`;

/** Leaves the imports in `absent` as they are. */
function withoutImports(absent: ReadonlySet<string>): Bun.BunPlugin {
  return {
    name: 'without-imports',
    setup(builder) {
      if (absent.size === 0) return;
      builder.onResolve({ filter: /./ }, ({ path, importer }) =>
        absent.has(importKey(path, importer)) ? { path, external: true } : undefined,
      );
    },
  };
}

function ownFiles(entry: string, inputs: string[]): string[] {
  const files = inputs
    .filter((file) => file !== '' && !isInstalled(file) && hostModuleOf(file) === undefined)
    .map((file) => resolve(file));
  return [...new Set([entry, ...files])];
}
