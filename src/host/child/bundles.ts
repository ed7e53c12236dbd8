import {
  exportsOf,
  isEmailModule,
  loadHostModules,
  type ModuleExports,
} from '../../config/host-modules/host-modules.ts';
import { SOURCE_MAP_LINE } from '../../config/source/source-map.ts';
import { messageOf, SegflowError } from '../../core/errors.ts';
import type { BundleRef } from '../wire/protocol.ts';
import { linkHostImports, standIn } from './host-imports.ts';
import { type LoadedBundle, problemOf } from './stack.ts';

/**
 * The number of bundles that a child keeps ready. The code of older bundles stays in the runtime's
 * module registry, which never drops a module.
 */
const KEPT = 8;

/** The bundles loaded in this child process. */
export class Bundles {
  readonly #withEmail: boolean;
  /** By key, the least recently used first. */
  readonly #loaded = new Map<string, LoadedBundle>();
  /** The existing virtual modules, by the names that bundles use to import them. */
  readonly #provided = new Set<string>();
  #count = 0;

  constructor(options: { withEmail: boolean }) {
    this.#withEmail = options.withEmail;
  }

  /**
   * The bundle, loaded if necessary. `stage` is called when a stage begins. Throws `invalid_config`
   * when the code throws, and NEEDS_EMAIL when the code can only be loaded with React Email.
   * Undefined when the code is not available here.
   */
  async get(ref: BundleRef, stage: (name: 'modules' | 'bundle') => void): Promise<LoadedBundle | undefined> {
    const known = this.#loaded.get(ref.key);
    if (known) {
      this.#loaded.delete(ref.key);
      this.#loaded.set(ref.key, known);
      return known;
    }
    if (ref.code === undefined) return undefined;
    const bundle: LoadedBundle = {
      specifier: `segflow-bundle-${++this.#count}`,
      code: ref.code,
      config: undefined,
    };
    await this.#import(bundle, stage);
    this.#loaded.set(ref.key, bundle);
    for (const key of this.#loaded.keys()) {
      if (this.#loaded.size <= KEPT) break;
      this.#loaded.delete(key);
    }
    return bundle;
  }

  async #import(bundle: LoadedBundle, stage: (name: 'modules' | 'bundle') => void): Promise<void> {
    const { specifier } = bundle;
    stage('modules');
    // Loaded here, so that the watchdog does not count the loading as the author's time.
    const { code, modules } = await linkHostImports(bundle.code);
    await this.#provide(modules);
    Bun.plugin({
      name: specifier,
      setup(build) {
        build.module(specifier, () => ({ contents: withoutMap(code), loader: 'js' }));
      },
    });
    stage('bundle');
    try {
      const module = (await import(specifier)) as { default?: unknown };
      bundle.config = module.default;
    } catch (error) {
      if (!this.#withEmail) throw NEEDS_EMAIL;
      throw new SegflowError('invalid_config', `the configuration cannot be loaded: ${messageOf(error)}`, {
        details: [await problemOf(bundle, error)],
        cause: error,
      });
    }
  }

  /**
   * Provides host modules. React Email takes about 50 MB and half a second. Flows and segments do
   * not need React Email, although their bundle imports it, so a child that runs only those gets
   * stand-ins for the components.
   */
  async #provide(modules: ReadonlyMap<string, string>): Promise<void> {
    const missing = [...modules].filter(([specifier]) => !this.#provided.has(specifier));
    const isReal = (name: string) => this.#withEmail || !isEmailModule(name);
    const real = await loadHostModules(missing.map(([, name]) => name).filter(isReal));
    const exportsFor = (name: string): ModuleExports =>
      real[name] ?? Object.fromEntries(exportsOf(name).map((it) => [it, standIn]));
    for (const [specifier, name] of missing) {
      this.#provided.add(specifier);
      Bun.plugin({
        name: specifier,
        setup(build) {
          build.module(specifier, () => ({ exports: exportsFor(name), loader: 'object' }));
        },
      });
    }
  }
}

/** Thrown when stand-ins for React Email's components are not enough. */
export const NEEDS_EMAIL = new Error('the bundle needs React Email');

// --- internal ---

/**
 * Bun would map some stack traces automatically, by its own rules. All are mapped in one place
 * instead: see stack.
 */
function withoutMap(code: string): string {
  const at = code.lastIndexOf(`\n${SOURCE_MAP_LINE}`);
  return at < 0 ? code : code.slice(0, at + 1);
}
