import { hash53 } from '../../core/hash.ts';
import { canonicalJson } from '../../core/json.ts';
import type { DeploymentRow } from '../ports/deployments.ts';
import type { Bundle, ProviderSettings } from '../ports/manifest.ts';
import type { Store } from '../ports/store.ts';
import type { SecretBox } from './secret-box.ts';

/**
 * What is kept encrypted with a deployment: the captured environment, and how it sends mail, so that a start need not run the code to
 * know. The settings are those that the code made in the environment of the server that took the push.
 */
export class DeploymentSecrets {
  #box: SecretBox;
  #environment: Record<string, string | undefined>;

  /** @param environment the server's own: what is set there has precedence over what was captured. */
  constructor(box: SecretBox, environment: Record<string, string | undefined> = {}) {
    this.#box = box;
    this.#environment = environment;
  }

  seal(bundle: Bundle, provider: ProviderSettings): Promise<string> {
    const sealed: Sealed = {
      environment: bundle.environment,
      provider,
      seen: this.#seenBy(bundle.environment),
    };
    return this.#box.seal(sealed);
  }

  /** `provider` is undefined where the code would see another environment than it saw then. */
  async open(
    row: Pick<DeploymentRow, 'environment'>,
  ): Promise<{ environment: Record<string, string>; provider: ProviderSettings | undefined }> {
    const { environment, provider, seen } = (await this.#box.open(row.environment)) as Sealed;
    return { environment, provider: seen === this.#seenBy(environment) ? provider : undefined };
  }

  /** What the code reads of the environment here, as a hash. */
  #seenBy(captured: Record<string, string>): string {
    return hash53(
      canonicalJson(
        Object.entries(captured).map(([name, value]) => [name, this.#environment[name] ?? value]),
      ),
    );
  }
}

/** Lets the store be served with another secret: no deployment has an environment any more, nor says how it sends mail. */
export async function forgetEnvironments(store: Store, box: SecretBox): Promise<void> {
  const nothing: Sealed = { environment: {}, provider: undefined, seen: '' };
  const environment = await box.seal(nothing);
  for (const { id } of await store.listDeployments(Number.MAX_SAFE_INTEGER)) {
    const row = await store.deployment(id);
    if (row) await store.putDeployment({ ...row, environment });
  }
}

// --- internal ------------------------------------------------------------------------------------

interface Sealed {
  environment: Record<string, string>;
  provider: ProviderSettings | undefined;
  /** What the code read of the environment when `provider` was made, as a hash. */
  seen: string;
}
