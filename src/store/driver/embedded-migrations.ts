import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The migrations of a store in order, each a file `NNNN-name.sql` in its folder: file name → text.
 * Called as a macro: the bundler inserts the result, so neither the executable nor the package
 * needs the files.
 */
export function readMigrationFiles(store: 'sqlite' | 'mysql'): Record<string, string> {
  const folder = join(import.meta.dir, '..', store, 'migrations');
  const names = readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .sort();
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}
