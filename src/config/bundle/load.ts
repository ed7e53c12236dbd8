import { basename, dirname } from 'node:path';
import { SegflowError } from '../../core/errors.ts';
import type { Problem } from '../../engine/ports/manifest.ts';
import { loadHostModules } from '../host-modules/host-modules.ts';
import { isInstalled } from '../source/source-map.ts';
import { bundleConfig } from './bundle.ts';

export interface LoadedConfig {
  /** The default export, unchecked; undefined when there is none. */
  config: unknown;
  /** Absolute path of the file. */
  path: string;
}

/**
 * Evaluates the config in this process, straight from its sources: no node_modules needed, and an edited file counts at the next
 * call. Variables of a `.env` file beside it are set first, where they are not set. Throws `invalid_config`, with the problems of code that does not compile as `details`.
 */
export async function loadConfig(path: string): Promise<LoadedConfig> {
  const { code, problems, hostModules } = await bundleConfig(path);
  if (code === '') throw invalid(path, problems);
  const [{ loadConfig: load }, { createJiti }, virtualModules] = await Promise.all([
    import('c12'),
    import('jiti/static'),
    // A transpiler may need React where the bundler did not.
    loadHostModules([...hostModules, 'react', 'react/jsx-runtime']),
  ]);
  const jiti = createJiti(path, {
    virtualModules,
    jsx: { runtime: 'automatic' },
    interopDefault: false,
    tsconfigPaths: true,
    // Bun's own loader would be tried first; it finds host modules in some folders and not in others.
    tryNative: false,
    fsCache: false,
    moduleCache: true,
    extensions: EXTENSIONS,
  });
  // As on a server, whatever the .env file says: it is one of a developer's machine.
  process.env.NODE_ENV ??= 'production';
  const before = new Set(Object.keys(jiti.cache));
  try {
    const { config } = await load<{ module?: { default?: unknown } }>({
      ...FILE_ONLY,
      cwd: dirname(path),
      configFile: basename(path),
      dotenv: true,
      resolve: async () => ({
        config: { module: await jiti.import<{ default?: unknown }>(path) },
        cwd: dirname(path),
        configFile: path,
      }),
    });
    return { config: config.module?.default, path };
  } catch (cause) {
    throw notLoaded(path, cause);
  } finally {
    for (const file of Object.keys(jiti.cache)) {
      if (!before.has(file) && !isInstalled(file)) delete jiti.cache[file];
    }
  }
}

// --- internal ---

const EXTENSIONS = ['.ts', '.tsx', '.mts', '.cts', '.js', '.jsx', '.mjs', '.cjs', '.json'];

/** c12 can merge configs from many places; ours is one file, taken as it is. */
const FILE_ONLY = {
  rcFile: false,
  globalRc: false,
  packageJson: false,
  extend: false,
  envName: false,
  giget: false,
  merger: (...layers: (Record<string, unknown> | null | undefined)[]) => layers.find(Boolean) ?? {},
} as const;

function invalid(path: string, problems: Problem[]): SegflowError {
  const first = problems[0]!;
  const place = first.file === undefined ? '' : `${first.file}:${first.line}: `;
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
  const message = `${basename(path)} cannot be loaded: ${place}${first.message}${more}`;
  return new SegflowError('invalid_config', message, { details: problems });
}

function notLoaded(path: string, cause: unknown): SegflowError {
  const message = (cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)).replace(
    /^Error: /,
    '',
  );
  return new SegflowError('invalid_config', `${basename(path)} cannot be loaded: ${message}`, { cause });
}
