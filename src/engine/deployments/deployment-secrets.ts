import { hash53 } from '../../core/hash.ts';
import { canonicalJson } from '../../core/json.ts';
import type { DeploymentRow } from '../ports/deployments.ts';
import type { Bundle, ProviderSettings } from '../ports/manifest.ts';
import type { Store } from '../ports/store.ts';
import type { SecretBox } from './secret-box.ts';

/**
 * Encrypts a deployment's captured environment and its mail settings. The settings are stored so
 * that a start need not run the code to learn them; they are those that the code produced in the
 * environment of the server that accepted the push.
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

  /** `provider` is undefined when the code would see a different environment now. */
  async open(
    row: Pick<DeploymentRow, 'environment'>,
  ): Promise<{ environment: Record<string, string>; provider: ProviderSettings | undefined }> {
    const { environment, provider, seen } = (await this.#box.open(row.environment)) as Sealed;
    return { environment, provider: seen === this.#seenBy(environment) ? provider : undefined };
  }

  /** A hash of the environment variables that the code reads, with their values on this server. */
  #seenBy(captured: Record<string, string>): string {
    return hash53(
      canonicalJson(
        Object.entries(captured).map(([name, value]) => [name, this.#environment[name] ?? value]),
      ),
    );
  }
}

/**
 * Lets the store be served with another secret: every deployment loses its environment and its
 * stored mail settings.
 */
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
  /** A hash of the environment variables that the code read when `provider` was made. */
  seen: string;
}
