import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SegflowError } from './core/errors.ts';
import { forgetEnvironments } from './engine/deployments/deployment-secrets.ts';
import { createSecretBox, type SecretBox } from './engine/deployments/secret-box.ts';
import { EVERYTHING } from './engine/engine.ts';
import type { Log } from './engine/ports/log.ts';
import type { Store } from './engine/ports/store.ts';
import { readOrCreateSecret } from './secret-file.ts';

/**
 * The secret that encrypts the captured environments: SEGFLOW_SECRET, or the secret in the data
 * folder, which is created if missing. Throws `invalid_input` if this secret did not encrypt the
 * active configuration: a server without the right secret could do nothing before the next push,
 * and on a shared store would keep its share of the work from the other processes. With `newSecret`
 * the old secret is considered lost: the values that it encrypted are discarded, and everything is
 * paused, because flows would run without their environment.
 */
export async function instanceSecret(options: {
  store: Store;
  dataDir: string;
  environment: Record<string, string | undefined>;
  log: Log;
  newSecret: boolean;
}): Promise<SecretBox> {
  const { store, environment, log, newSecret } = options;
  const path = join(options.dataDir, 'secret');
  const given = environment.SEGFLOW_SECRET;
  const { value, isNew } = given ? { value: given, isNew: false } : await readOrCreateSecret(path);
  const box = await createSecretBox(value);
  const active = await store.activeDeployment();
  try {
    if (active) await box.open(active.environment);
  } catch (cause) {
    const missing = 'the secret that the pushed configuration was encrypted with';
    const problem = isNew ? `${missing} is missing` : `${given ? 'SEGFLOW_SECRET' : path} is not ${missing}`;
    if (newSecret) {
      await store.putPause({
        campaignId: EVERYTHING,
        cause: 'secret_lost',
        reason: 'the secret was lost: push, then resume',
        pausedAt: await store.now(),
      });
      await forgetEnvironments(store, box);
      log.warn(
        `${problem}: the environment captured by pushes is discarded, and everything is paused. Next: segflow push, then segflow resume`,
      );
    } else {
      if (isNew) await rm(path, { force: true });
      throw new SegflowError('invalid_input', problem, {
        hint: `Set SEGFLOW_SECRET to its value on the server that took the push, or copy the file secret of that server's data folder to ${path}. If the secret is lost: segflow serve --new-secret, then segflow push and segflow resume.`,
        cause,
      });
    }
  }
  if (isNew && store.leases) {
    log.warn(
      `A secret was created in ${path}: every process on this database needs the same secret, as SEGFLOW_SECRET.`,
    );
  }
  return box;
}
