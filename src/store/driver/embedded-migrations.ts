import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The migrations of a store in order, each a file `NNNN-name.sql` of its folder: name of the file → text. Called as a
 * macro: the bundler puts the result in its place, so that neither the executable nor the package needs the files.
 */
export function readMigrationFiles(store: 'sqlite' | 'mysql'): Record<string, string> {
  const folder = join(import.meta.dir, '..', store, 'migrations');
  const names = readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .sort();
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}
