import { exportsOf, HOST_SCHEME, isHostModule, originOf } from '../host-modules/host-modules.ts';

/*
 * An import of a host module resolves to a small module in the bundle, which re-exports what the
 * running process provides under `segflow:NAME`. So the bundler knows every export of a host
 * module: it reports missing names, expands `export *` (a file's own exports win), and turns
 * `require` into an import.
 */

/**
 * Resolves imports of host modules. For modules in `wrapped` the bundle keeps all exports, even
 * unused ones.
 * @param required is called with host modules that are loaded with `require`: these must be
 * wrapped, see `contentsOf`.
 */
export function hostImports(wrapped: ReadonlySet<string>, required: (name: string) => void): Bun.BunPlugin {
  return {
    name: 'host-imports',
    setup(builder) {
      builder.onResolve({ filter: BARE }, ({ path, importer }) => {
        if (isHostModule(path)) return { path: PREFIX + path, namespace: NAMESPACE };
        const provided = importer === PREFIX + path.slice(HOST_SCHEME.length);
        return provided ? { path, external: true } : undefined;
      });
      builder.onLoad({ filter: /./, namespace: NAMESPACE }, ({ path }) => {
        const name = path.slice(PREFIX.length);
        return { contents: contentsOf(name, wrapped.has(name)), loader: 'js' };
      });
      builder.onLoad({ filter: CODE }, async ({ path, loader }) => {
        for (const name of requiredModules(await Bun.file(path).text(), loader)) required(name);
        return undefined;
      });
    },
  };
}

/** The host module that an input of a build stands for. */
export function hostModuleOf(input: string): string | undefined {
  const start = `${NAMESPACE}:${PREFIX}`;
  return input.startsWith(start) ? input.slice(start.length) : undefined;
}

// --- internal ---

const NAMESPACE = 'segflow-host';
/** Without it Bun treats React's modules as the CommonJS packages of these names. */
const PREFIX = 'host/';
/** Not a path. A plugin that looks at the import of a .html file changes what Bun makes of it. */
const BARE = /^[^./]/;
const CODE = /\.[cm]?[jt]sx?$/;

/**
 * Exports are read from a namespace object, so that the bundler drops unused ones and a bundle
 * loads even where an unused export is missing. Bun 1.4.5 compiles `const { useState } =
 * require('react')` in a file with imports to a call of a function that it does not declare, unless
 * something imports the module dynamically.
 */
function contentsOf(name: string, wrapped: boolean): string {
  const names = exportsOf(name);
  const own = names.filter((it) => originOf(name, it) === name);
  const others = Map.groupBy(
    names.filter((it) => !own.includes(it)),
    (it) => originOf(name, it),
  );
  return [
    ...(own.length > 0 ? [`import * as host from ${JSON.stringify(HOST_SCHEME + name)};`] : []),
    ...own.map((it) => `const _${it} = host.${it};`),
    `export { ${own.map((it) => `_${it} as ${it}`).join(', ')} };`,
    ...[...others].map(([origin, list]) => `export { ${list.join(', ')} } from ${JSON.stringify(origin)};`),
    ...(wrapped ? [`() => import(${JSON.stringify(name)});`] : []),
  ].join('\n');
}

/**
 * The host modules that a file loads with `require`; empty for a file that does not compile, which
 * the bundler reports.
 */
function requiredModules(text: string, loader: Bun.Loader): string[] {
  if (!text.includes('require')) return [];
  try {
    return new Bun.Transpiler({ loader: loader as Bun.JavaScriptLoader })
      .scanImports(text)
      .filter(({ kind, path }) => kind === 'require-call' && isHostModule(path))
      .map(({ path }) => path);
  } catch {
    return [];
  }
}
