/*
 * The modules a config may import without installing them: the executable provides them, so that a config, its emails and
 * Segflow share one React and one Drizzle. Everything else a config imports is bundled.
 */

export type ModuleExports = Record<string, unknown>;

const LOADERS = {
  segflow: segflow,
  'segflow/schema': () => import('../../schema/index.ts'),
  'segflow/client/sdk': () => import('../../client/sdk.ts'),
  'drizzle-orm': () => import('drizzle-orm'),
  'drizzle-orm/mysql-core': () => import('drizzle-orm/mysql-core'),
  react: () => import('react'),
  'react/jsx-runtime': () => import('react/jsx-runtime'),
  'react/jsx-dev-runtime': () => import('react/jsx-dev-runtime'),
  'react-dom/server': () => import('react-dom/server'),
  '@react-email/components': emailComponents,
  '@react-email/render': () => import('@react-email/render'),
  'react-email': reactEmail,
} satisfies Record<string, () => Promise<object>>;

export const HOST_MODULES: readonly string[] = Object.keys(LOADERS);

/**
 * The exports of host modules, by name: of all, or of those among `only`. From source, React Email's components take 0.3 s,
 * nearly all of it their syntax highlighter, which a build leaves for its first use, and react-email 0.7 s; the others next to nothing.
 */
export async function loadHostModules(
  only: readonly string[] = HOST_MODULES,
): Promise<Record<string, ModuleExports>> {
  const modules = Object.entries(LOADERS)
    .filter(([name]) => only.includes(name))
    .map(async ([name, load]) => [name, { ...(await load()) }] as const);
  return Object.fromEntries(await Promise.all(modules));
}

// --- internal ---

async function segflow(): Promise<ModuleExports> {
  const { defineConfig } = await import('../types.ts');
  return { defineConfig };
}

/** Tailwind is replaced by ours: the same bytes, without parsing the stylesheet for every email. */
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
