import { HOST_SCHEME, isHostModule } from '../../config/host-modules/host-modules.ts';

/** Code whose imports of host modules refer to virtual modules of this process. */
export interface LinkedCode {
  code: string;
  /** Host modules, by the names that the code uses to import them. */
  modules: Map<string, string>;
}

/**
 * Finds the host modules that code imports. A bundle imports them as `segflow:NAME`. Code from
 * elsewhere imports them under its author's names, which are replaced by names of the same length,
 * so that source maps stay valid.
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
    // Where Segflow runs from source, a virtual module named `react` would also replace the `react`
    // that React's own parts import.
    const specifier = `~${name.slice(1)}`;
    linked = linked.slice(0, start) + JSON.stringify(specifier) + linked.slice(end);
    modules.set(specifier, name);
  }
  return { code: linked, modules };
}

/**
 * A stand-in that supports nearly any use while a module is evaluated: it can be called,
 * constructed, spread and read from.
 */
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

/** None for code that does not compile: evaluating the code reports the reason. */
function importsOf(code: string): Bun.Import[] {
  try {
    return new Bun.Transpiler({ loader: 'js' }).scanImports(code);
  } catch {
    return [];
  }
}
