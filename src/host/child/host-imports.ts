import { HOST_MODULES } from '../../config/host-modules/host-modules.ts';

/*
 * A bundle's imports of host modules are led to virtual modules of this process. Under names of their own: where Segflow runs
 * from source, `react` itself would otherwise become one, for React's own parts too.
 *
 * React Email takes about 50 MB and half a second, and flows and segments need none of it, though the bundle they are in
 * imports it. A child that only runs those gets stand-ins for the components.
 */

export interface LinkedCode {
  /** The code with the imports renamed. Not a character moves: the source map still holds. */
  code: string;
  /** Host modules that are to be provided, by their virtual names. */
  modules: Map<string, string>;
  /** Exports of stand-ins, by their virtual names. */
  standIns: Map<string, Record<string, unknown>>;
}

/** @param id tells the stand-ins of one bundle from another's; undefined provides all modules. */
export function linkHostImports(code: string, id: number | undefined): LinkedCode {
  const linked: LinkedCode = { code, modules: new Map(), standIns: new Map() };
  for (const name of HOST_MODULES) {
    if (!code.includes(`"${name}"`)) continue;
    const from = name.replaceAll('/', '\\/');
    const replaced = id !== undefined && isEmailModule(name);
    const virtual = replaced ? `~${name[1]}${id}`.padEnd(name.length, '~') : `~${name.slice(1)}`;
    const specifier = new RegExp(`((?:\\bfrom|\\bimport|\\bimport\\(|require\\()\\s*)"${from}"`, 'g');
    linked.code = linked.code.replace(specifier, `$1"${virtual}"`);
    if (replaced) {
      linked.standIns.set(virtual, Object.fromEntries(importedNames(code, from).map((it) => [it, standIn])));
    } else {
      linked.modules.set(virtual, name);
    }
  }
  return linked;
}

// --- internal ---

/** Whether a host module is (or brings along) React Email. */
function isEmailModule(name: string): boolean {
  return name === 'react-email' || name.startsWith('@react-email/') || name.startsWith('react-dom');
}

function importedNames(code: string, from: string): string[] {
  const clauses = new RegExp(`\\{([^{}]*)\\}\\s*from\\s*"${from}"`, 'g');
  const parts = [...code.matchAll(clauses)].flatMap(([, names = '']) => names.split(','));
  return ['default', ...parts.map((part) => part.trim().split(/\s+/)[0]!).filter((it) => it !== '')];
}

/** Can be used as about anything while a module is evaluated: called, constructed, spread, read from. */
const standIn: unknown = new Proxy(function StandIn() {}, {
  get: (target, key) => {
    if (key === Symbol.toPrimitive) return () => '';
    if (key === Symbol.iterator) return [][Symbol.iterator];
    if (key === 'then') return undefined;
    return Reflect.get(target, key) ?? standIn;
  },
  apply: () => standIn,
  construct: () => standIn as object,
});
