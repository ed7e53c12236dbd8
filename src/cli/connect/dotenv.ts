import { existsSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The variables of the `.env` file in `folder`, with `${NAME}` expanded from the file and from
 * `environment`. Returns the file's own values even where the environment has others; the caller
 * decides which value wins.
 */
export async function readDotenv(
  folder: string,
  environment: Record<string, string | undefined> = process.env,
): Promise<Record<string, string>> {
  // c12 is slow to load, and most folders have no .env.
  if (!existsSync(join(folder, '.env'))) return {};
  const { loadDotenv } = await import('c12');
  const raw = await loadDotenv({ cwd: folder, interpolate: false, env: {} });
  const known = Object.fromEntries(
    Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  // The environment is only for expansion; its variables that the file also sets would hide the
  // file's values.
  for (const name of Object.keys(raw)) delete known[name];
  const filled = await loadDotenv({ cwd: folder, interpolate: true, env: known });
  return Object.fromEntries(Object.keys(raw).map((key) => [key, filled[key] ?? '']));
}

/**
 * Sets in this process the unset variables from the `.env` files in `folders`, the most important
 * folder first.
 */
export async function loadDotenvInto(environment: NodeJS.ProcessEnv, folders: string[]): Promise<void> {
  for (const folder of folders) {
    for (const [name, value] of Object.entries(await readDotenv(folder, environment)))
      environment[name] ??= value;
  }
}
