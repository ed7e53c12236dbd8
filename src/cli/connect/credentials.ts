import { chmod, mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Credentials, credentialsPath } from './settings.ts';

/** Writes the credentials file, readable only by its owner from the start. Returns its path. */
export async function writeCredentials(
  credentials: Credentials,
  environment: Record<string, string | undefined>,
): Promise<string> {
  const path = credentialsPath(environment);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  // The folder and file may already exist with wider modes.
  await chmod(dirname(path), 0o700);
  const draft = `${path}.${process.pid}.tmp`;
  await writeFile(draft, `${JSON.stringify(credentials, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  await rename(draft, path);
  return path;
}
