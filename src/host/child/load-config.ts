import { basename, dirname } from 'node:path';
import { bundleConfig } from '../../config/bundle/bundle.ts';
import { SegflowError } from '../../core/errors.ts';
import type { Problem } from '../../engine/ports/manifest.ts';
import { Bundles } from './bundles.ts';
import { rememberBundle } from './loaded-configs.ts';

export interface LoadedConfig {
  /** The default export, unchecked; undefined when there is none. */
  config: unknown;
  /** Absolute path of the file. */
  path: string;
}

/**
 * Bundles the config and evaluates it in this process, as a host child does: no node_modules are
 * needed, and an edited file takes effect at the next call. Variables of a `.env` file next to the
 * config are set first, unless already set. Throws `invalid_config`; for code that does not
 * compile, `details` has the problems.
 */
export async function loadConfig(path: string): Promise<LoadedConfig> {
  const { code, problems } = await bundleConfig(path);
  if (code === '') throw invalid(path, problems);
  // As on a server, whatever the .env file says: the file describes a developer's machine.
  process.env.NODE_ENV ??= 'production';
  const { setupDotenv } = await import('c12');
  await setupDotenv({ cwd: dirname(path), env: process.env });
  try {
    const bundle = await bundles.get({ key: `${++count}`, code, environment: {} }, () => {});
    if (bundle) rememberBundle(bundle);
    return { config: bundle?.config, path };
  } catch (error) {
    throw notLoaded(path, SegflowError.is(error) ? (error.cause ?? error) : error);
  }
}

// --- internal ---

const bundles = new Bundles({ withEmail: true });
let count = 0;

function invalid(path: string, problems: Problem[]): SegflowError {
  const first = problems[0]!;
  const place = first.file === undefined ? '' : `${first.file}:${first.line}: `;
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
  const message = `${basename(path)} cannot be loaded: ${place}${first.message}${more}`;
  return new SegflowError('invalid_config', message, { details: problems });
}

function notLoaded(path: string, cause: unknown): SegflowError {
  const text = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
  const message = text.startsWith('Error: ') ? text.slice('Error: '.length) : text;
  return new SegflowError('invalid_config', `${basename(path)} cannot be loaded: ${message}`, { cause });
}
