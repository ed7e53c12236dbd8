import type { LoadedBundle } from './stack.ts';

/*
 * Records which configs of this process were loaded from bundles. Separate from the module that
 * loads them, which depends on the bundler.
 */

const bundles = new WeakMap<object, LoadedBundle>();

export function rememberBundle(bundle: LoadedBundle): void {
  if (isObject(bundle.config)) bundles.set(bundle.config, bundle);
}

/** The bundle that a config was loaded from. It maps places to the author's files. */
export function bundleOf(config: unknown): LoadedBundle | undefined {
  return isObject(config) ? bundles.get(config) : undefined;
}

// --- internal ---

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}
