import { HOST_SCHEME, isHostModule } from '../../config/host-modules/host-modules.ts';

/** Code whose imports of host modules name virtual modules of this process. */
export interface LinkedCode {
  code: string;
  /** Host modules by the names that the code imports them by. */
  modules: Map<string, string>;
}

/**
 * Finds the host modules that code imports. A bundle names them `segflow:NAME`. Code that was made otherwise names them as
 * its author did: those names are replaced by others of the same length, so that a source map holds.
 */
export async function linkHostImports(code: string): Promise<LinkedCode> {
  const modules = new Map<string, string>();
  let isPlain = false;
  for (const { path } of importsOf(code)) {
    if (isHostModule(path)) isPlain = true;
    const name = path.startsWith(HOST_SCHEME) ? path.slice(HOST_SCHEME.length) : '';
    if (isHostModule(name)) modules.set(path, name);
  }
  if (!isPlain) return { code, modules };
  const { plainImports } = await import('./plain-imports.ts');
  let linked = code;
  for (const { name, start, end } of plainImports(code)) {
    // `react` itself would become the virtual module for React's own parts, too, where Segflow runs from source.
    const specifier = `~${name.slice(1)}`;
    linked = linked.slice(0, start) + JSON.stringify(specifier) + linked.slice(end);
    modules.set(specifier, name);
  }
  return { code: linked, modules };
}

/** Can be used as about anything while a module is evaluated: called, constructed, spread, read from. */
export const standIn: unknown = new Proxy(function StandIn() {}, {
  get: (target, key) => {
    if (key === Symbol.toPrimitive) return () => '';
    if (key === Symbol.iterator) return [][Symbol.iterator];
    if (key === 'then') return undefined;
    return Reflect.get(target, key) ?? standIn;
  },
  apply: () => standIn,
  construct: () => standIn as object,
});

// --- internal ---

/** None of code that does not compile: evaluating it says why. */
function importsOf(code: string): Bun.Import[] {
  try {
    return new Bun.Transpiler({ loader: 'js' }).scanImports(code);
  } catch {
    return [];
  }
}
