import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

/**
 * The page's files by their path in its folder, with TypeScript compiled for the browser. Called as
 * a macro: the bundler inlines the result, so the executable needs no file, and the page's modules
 * are type-checked like all others.
 */
export function pageAssets(): Record<string, string> {
  const folder = join(import.meta.dir, 'page');
  const transpiler = new Bun.Transpiler({ loader: 'ts', target: 'browser' });
  return Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => {
        const path = join(entry.parentPath, entry.name);
        const name = relative(folder, path).split(sep).join('/');
        const content = readFileSync(path, 'utf8');
        return [name, name.endsWith('.ts') ? transpiler.transformSync(content) : content];
      }),
  );
}
