import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SegflowError } from './core/errors.ts';
import type { Log } from './engine/log.ts';
import type { Store } from './engine/ports/store.ts';
import { createSecretBox, type SecretBox } from './engine/secret-box.ts';
import { readOrCreateSecret } from './secret-file.ts';

/**
 * What the captured environments are encrypted with: SEGFLOW_SECRET, or the secret in the data folder, made when there is none. Throws
 * `invalid_input` when that is not what the configuration in force was encrypted with: a server without it could do nothing, and on a
 * shared store would keep its share of the work from the others.
 */
export async function instanceSecret(options: {
  store: Store;
  dataDir: string;
  environment: Record<string, string | undefined>;
  log: Log;
}): Promise<SecretBox> {
  const { store, environment, log } = options;
  const path = join(options.dataDir, 'secret');
  const given = environment.SEGFLOW_SECRET;
  const { value, isNew } = given ? { value: given, isNew: false } : await readOrCreateSecret(path);
  const box = await createSecretBox(value);
  const active = await store.activeDeployment();
  try {
    if (active) await box.open(active.environment);
  } catch (cause) {
    if (isNew) await rm(path, { force: true });
    const missing = 'the secret that the pushed configuration was encrypted with';
    throw new SegflowError(
      'invalid_input',
      isNew ? `${missing} is missing` : `${given ? 'SEGFLOW_SECRET' : path} is not ${missing}`,
      {
        hint: `Set SEGFLOW_SECRET to what it was where it was pushed, or copy the file secret of the data folder there to ${path}.`,
        cause,
      },
    );
  }
  if (isNew && store.leases) {
    log.warn(
      `A secret was made in ${path}: every process on this database needs the same, as SEGFLOW_SECRET.`,
    );
  }
  return box;
}
