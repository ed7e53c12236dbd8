import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { closest } from '../core/closest.ts';
import { SegflowError } from '../core/errors.ts';

const NAME = 'segflow.config';
const EXTENSIONS = ['.ts', '.tsx', '.mts', '.cts', '.js', '.jsx', '.mjs', '.cjs'];

/**
 * The absolute path of the config: the file `given`, the config in the folder `given`, or the one in `folder`.
 * Throws `config_not_found`.
 */
export function findConfig(given?: string, folder: string = process.cwd()): string {
  const path = resolve(folder, given ?? '.');
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats?.isFile()) {
    if (EXTENSIONS.includes(extname(path))) return path;
    throw notFound(`${given} is no config: a config is a file of code (${EXTENSIONS.join(', ')})`, HINT);
  }
  for (const extension of EXTENSIONS) {
    const candidate = stats ? join(path, NAME + extension) : path + extension;
    if (existsSync(candidate)) return candidate;
  }
  if (stats) {
    const where = given === undefined ? `in ${path}` : `in the folder ${given}`;
    throw notFound(
      `there is no ${NAME}.ts ${where}`,
      given === undefined ? HINT : nearHint(path, `${NAME}.ts`),
    );
  }
  throw notFound(`there is no file ${given}`, nearHint(dirname(path), basename(path)));
}

// --- internal ---

const HINT = 'Run "segflow init" to make a project, or give the path: segflow push path/to/segflow.config.ts';

function nearHint(folder: string, name: string): string {
  const files = existsSync(folder)
    ? readdirSync(folder).filter((file) => EXTENSIONS.includes(extname(file)))
    : [];
  const near = closest(name, files);
  return near ? `Did you mean ${near}?` : HINT;
}

function notFound(message: string, hint: string): SegflowError {
  return new SegflowError('config_not_found', message, { hint });
}
