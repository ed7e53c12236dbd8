import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, extname, isAbsolute, join, resolve } from 'node:path';
import { isInstalled } from '../source/source-map.ts';

/*
 * Path aliases, resolved as TypeScript does: by the tsconfig.json nearest to the importing file,
 * which may extend others. Packages of a workspace each have their own. Bun reads one tsconfig.json
 * for all files, and none in an executable.
 */

/** Resolves imports by `paths` and `baseUrl` of the tsconfig.json nearest to each importer. */
export function tsconfigPaths(): Bun.BunPlugin {
  const byFolder = new Map<string, Aliases | undefined>();
  return {
    name: 'tsconfig-paths',
    setup(builder) {
      builder.onResolve({ filter: BARE }, ({ path, importer }) => {
        if (!isAbsolute(importer) || isInstalled(importer)) return undefined;
        const aliases = nearestAliases(dirname(importer), byFolder);
        const file =
          aliases &&
          candidates(path, aliases)
            .map(fileOf)
            .find((it) => it !== undefined);
        return file === undefined ? undefined : { path: realpathSync(file) };
      });
    },
  };
}

/** The tsconfig.json or jsconfig.json that applies to the files of a folder. */
export function nearestTsconfig(folder: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    const file = ['tsconfig.json', 'jsconfig.json'].map((name) => join(at, name)).find(existsSync);
    if (file !== undefined || at === dirname(at)) return file;
  }
}

// --- internal ---

/** Not a path. */
const BARE = /^[^./]/;
const EXTENSIONS = ['.ts', '.tsx', '.mts', '.cts', '.js', '.jsx', '.mjs', '.cjs', '.json'];
// biome-ignore lint/suspicious/noTemplateCurlyInString: as it stands in a tsconfig.json
const CONFIG_DIR = '${configDir}';
/** The source extensions to try when an import names a compiled file. */
const SOURCES = new Map([
  ['.js', ['.ts', '.tsx']],
  ['.jsx', ['.tsx']],
  ['.mjs', ['.mts']],
  ['.cjs', ['.cts']],
]);

interface Aliases {
  /** Absolute folder for imports that no path of `paths` matches. */
  baseUrl?: string;
  paths?: { base: string; targets: Record<string, string[]> };
}

interface Tsconfig {
  extends?: string | string[];
  references?: { path?: string }[];
  compilerOptions?: { baseUrl?: string; paths?: Record<string, string[]> };
}

function nearestAliases(folder: string, byFolder: Map<string, Aliases | undefined>): Aliases | undefined {
  if (!byFolder.has(folder)) {
    const file = nearestTsconfig(folder);
    byFolder.set(folder, file === undefined ? undefined : readAliases(file, dirname(file)));
  }
  return byFolder.get(folder);
}

/** @param configDir the folder of the outermost tsconfig.json: the value of `${configDir}`. */
function readAliases(file: string, configDir: string, seen: ReadonlySet<string> = new Set()): Aliases {
  const config = seen.has(file) ? undefined : readTsconfig(file);
  if (!config) return {};
  const visited = new Set([...seen, file]);
  const folder = dirname(file);
  const absolute = (path: string) => resolve(folder, path.replace(CONFIG_DIR, configDir));
  const merged: Aliases = {};
  for (const name of [config.extends ?? []].flat()) {
    const base = extendedFile(name, folder);
    if (base !== undefined) Object.assign(merged, readAliases(base, configDir, visited));
  }
  const { baseUrl, paths } = config.compilerOptions ?? {};
  if (baseUrl !== undefined) merged.baseUrl = absolute(baseUrl);
  if (paths) {
    const targets = Object.entries(paths).map(([pattern, list]) => [
      pattern,
      list.map((it) => it.replace(CONFIG_DIR, configDir)),
    ]);
    merged.paths = { base: folder, targets: Object.fromEntries(targets) as Record<string, string[]> };
  }
  if (merged.paths || merged.baseUrl !== undefined) return merged;
  // A tsconfig.json may only list its references, as Vite's does.
  const parts = (config.references ?? []).flatMap(({ path }) => (path === undefined ? [] : absolute(path)));
  const part = parts
    .map((path) => (extname(path) === '.json' ? path : join(path, 'tsconfig.json')))
    .map((path) => readAliases(path, dirname(path), visited))
    .find((it) => it.paths || it.baseUrl !== undefined);
  return part ?? merged;
}

/** Undefined when the file cannot be read; the TypeScript compiler reports why. */
function readTsconfig(file: string): Tsconfig | undefined {
  try {
    return Bun.JSONC.parse(readFileSync(file, 'utf8')) as Tsconfig;
  } catch {
    return undefined;
  }
}

/** The file that `extends` names: relative, or of an installed package. */
function extendedFile(name: string, folder: string): string | undefined {
  if (name.startsWith('.') || isAbsolute(name)) return tsconfigAt(resolve(folder, name));
  for (let at = folder; ; at = dirname(at)) {
    const file = tsconfigAt(join(at, 'node_modules', name));
    if (file !== undefined || at === dirname(at)) return file;
  }
}

function tsconfigAt(path: string): string | undefined {
  return [path, `${path}.json`, join(path, 'tsconfig.json')].find(isFile);
}

/** The candidate paths of `specifier`, the most likely first. */
function candidates(specifier: string, { baseUrl, paths }: Aliases): string[] {
  const base = baseUrl ?? paths?.base ?? '';
  const match = paths && bestPattern(specifier, Object.keys(paths.targets));
  const mapped = match ? paths.targets[match.pattern]!.map((it) => it.replace('*', () => match.rest)) : [];
  return [
    ...mapped.map((it) => resolve(base, it)),
    ...(baseUrl === undefined ? [] : [join(baseUrl, specifier)]),
  ];
}

/**
 * The pattern equal to the specifier, or the one with a `*` whose text before it is the longest
 * match.
 */
function bestPattern(
  specifier: string,
  patterns: readonly string[],
): { pattern: string; rest: string } | undefined {
  let best: { pattern: string; rest: string; length: number } | undefined;
  for (const pattern of patterns) {
    if (pattern === specifier) return { pattern, rest: '' };
    const star = pattern.indexOf('*');
    if (star < 0) continue;
    const [start, end] = [pattern.slice(0, star), pattern.slice(star + 1)];
    const fits = specifier.length >= start.length + end.length;
    if (!fits || !specifier.startsWith(start) || !specifier.endsWith(end)) continue;
    const rest = specifier.slice(start.length, specifier.length - end.length);
    if (!best || star > best.length) best = { pattern, rest, length: star };
  }
  return best;
}

/** The source file that a path without an extension, or of a folder, names. */
function fileOf(path: string): string | undefined {
  const extension = extname(path);
  const bare = path.slice(0, path.length - extension.length);
  const sources = (SOURCES.get(extension) ?? []).map((it) => bare + it);
  return [
    path,
    ...sources,
    ...EXTENSIONS.map((it) => path + it),
    ...EXTENSIONS.map((it) => join(path, `index${it}`)),
  ].find(isFile);
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
