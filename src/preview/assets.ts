import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The files of the page by name, TypeScript as the JavaScript a browser runs. Called as a macro: the bundler puts the
 * result in its place, so the executable needs no file, and the page's modules are type-checked like all others.
 */
export function pageAssets(): Record<string, string> {
  const folder = join(import.meta.dir, 'page');
  const transpiler = new Bun.Transpiler({ loader: 'ts', target: 'browser' });
  return Object.fromEntries(
    readdirSync(folder).map((name) => {
      const content = readFileSync(join(folder, name), 'utf8');
      return [name, name.endsWith('.ts') ? transpiler.transformSync(content) : content];
    }),
  );
}
