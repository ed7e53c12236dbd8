import { exportsOf, HOST_SCHEME, isHostModule, originOf } from '../host-modules/host-modules.ts';

/*
 * An import of a host module leads to a small module of the bundle, which hands on what the process that runs the bundle
 * provides under `segflow:NAME`. The bundler therefore knows every name that a host module exports: it reports an import of
 * a name that is not there, expands `export *` (a file's own exports win), and turns `require` into what an import gives.
 */

/**
 * Resolves imports of host modules. Of modules in `wrapped` all exports stay in the bundle, those that nothing imports too.
 * @param required is told which host modules are loaded with `require`: those have to be wrapped, see `contentsOf`.
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
 * Exports are read from a namespace object, so that the bundler drops those that are not used, and a bundle loads where one
 * that it does not use is missing. Bun 1.4.5 compiles `const { useState } = require('react')` in a file with imports to a call
 * of a function that it does not declare, unless something imports the module dynamically.
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

/** The host modules that a file loads with `require`; none of a file that does not compile, which the bundler reports. */
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
