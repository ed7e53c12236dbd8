import exported from './host-exports.json';

/*
 * The modules a config may import without installing them: the executable provides them, so that a config, its emails and
 * Segflow share one React, one React Email and one Drizzle. Everything else a config imports is bundled.
 */

/** The prefix of a host module's name in a bundle; the process that runs the bundle provides it. */
export const HOST_SCHEME = 'segflow:';

export type ModuleExports = Record<string, unknown>;

const LOADERS: Readonly<Record<string, () => Promise<object>>> = {
  segflow,
  'segflow/schema': () => import('../../schema/index.ts'),
  'segflow/client/sdk': () => import('../../client/sdk.ts'),
  'drizzle-orm': () => import('drizzle-orm'),
  'drizzle-orm/mysql-core': () => import('drizzle-orm/mysql-core'),
  react: () => import('react'),
  'react/jsx-runtime': () => import('react/jsx-runtime'),
  'react/jsx-dev-runtime': jsxDevRuntime,
  'react/compiler-runtime': () => import('react/compiler-runtime'),
  'react-dom': () => import('react-dom'),
  'react-dom/server': () => import('react-dom/server'),
  '@react-email/components': emailComponents,
  '@react-email/render': () => import('@react-email/render'),
  'react-email': reactEmail,
};

/** Modules that are parts of another module, which has the same exports under the same names. */
const PARTS: readonly [start: string, parent: string][] = [
  ['drizzle-orm/mysql-core/', 'drizzle-orm/mysql-core'],
  ['drizzle-orm/', 'drizzle-orm'],
  ['react-dom/server.', 'react-dom/server'],
  ['@react-email/', '@react-email/components'],
];

const NAMES: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries(exported).map(([name, names]) => [name, names.split(' ')]),
);

export const HOST_MODULES: readonly string[] = [...NAMES.keys()];

export function isHostModule(name: string): boolean {
  return NAMES.has(name);
}

/** What a host module exports, `default` included. */
export function exportsOf(name: string): readonly string[] {
  return NAMES.get(name) ?? [];
}

/** Whether a host module is, or loads, React Email. */
export function isEmailModule(name: string): boolean {
  return name === 'react-email' || name.startsWith('@react-email/') || name.startsWith('react-dom');
}

/** The module that provides a host module's exports; itself for most. */
export function parentOf(name: string): string {
  if (Object.hasOwn(LOADERS, name)) return name;
  return PARTS.find(([start]) => name.startsWith(start))?.[1] ?? 'segflow';
}

/** The host module that another one gets an export from, so that both are identical. */
export function originOf(name: string, exportName: string): string {
  const parent = parentOf(name);
  const render = '@react-email/render';
  return parent === '@react-email/components' && exportsOf(render).includes(exportName) ? render : parent;
}

/**
 * The exports of host modules by name: of all, or of those in `only`. From source, React Email's
 * components take 0.3 s to load, nearly all of it for their syntax highlighter, which a build
 * defers until its first use, and react-email takes 0.7 s; the others take almost nothing.
 */
export async function loadHostModules(
  only: readonly string[] = HOST_MODULES,
): Promise<Record<string, ModuleExports>> {
  const wanted = only.filter(isHostModule);
  const own = await loadOwnModules(wanted.map(parentOf));
  return Object.fromEntries(
    wanted.map((name) => {
      const parent = own[parentOf(name)]!;
      if (parentOf(name) === name) return [name, parent];
      return [name, Object.fromEntries(exportsOf(name).map((it) => [it, parent[it]]))];
    }),
  );
}

/** The same for modules that are not parts of others. */
export async function loadOwnModules(only?: readonly string[]): Promise<Record<string, ModuleExports>> {
  const modules = Object.entries(LOADERS)
    .filter(([name]) => only === undefined || only.includes(name))
    .map(async ([name, load]) => [name, { ...(await load()) }] as const);
  return Object.fromEntries(await Promise.all(modules));
}

// --- internal ---

async function segflow(): Promise<ModuleExports> {
  const { defineConfig } = await import('../types.ts');
  return { defineConfig };
}

/** React has no `jsxDEV` in production; packages compiled for development call it. */
async function jsxDevRuntime(): Promise<ModuleExports> {
  const { Fragment, jsx } = await import('react/jsx-runtime');
  const jsxDEV: typeof jsx = (type, props, key) => jsx(type, props, key);
  return { Fragment, jsxDEV };
}

/**
 * Our Tailwind replaces the library's: it produces the same bytes without parsing the stylesheet
 * for every email.
 */
async function emailComponents(): Promise<ModuleExports> {
  const [components, render, { Tailwind }] = await Promise.all([
    import('@react-email/components'),
    import('@react-email/render'),
    import('../../email/tailwind.ts'),
  ]);
  return { ...components, ...render, Tailwind };
}

async function reactEmail(): Promise<ModuleExports> {
  const [library, { Tailwind }] = await Promise.all([
    import('react-email'),
    import('../../email/tailwind-react-email.ts'),
  ]);
  return { ...library, Tailwind };
}
