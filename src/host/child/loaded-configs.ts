import type { LoadedBundle } from './stack.ts';

/* Which configs of this process were loaded from bundles. Apart from what loads them, which takes the bundler along. */

const bundles = new WeakMap<object, LoadedBundle>();

export function rememberBundle(bundle: LoadedBundle): void {
  if (isObject(bundle.config)) bundles.set(bundle.config, bundle);
}

/** The bundle that a config was loaded from, which says where things stand in the author's files. */
export function bundleOf(config: unknown): LoadedBundle | undefined {
  return isObject(config) ? bundles.get(config) : undefined;
}

// --- internal ---

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}
