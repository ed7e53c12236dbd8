import { existsSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The variables of the `.env` file in `folder`, with `${NAME}` filled in from it and from `environment`. The file's own
 * values, whatever the environment says; the caller decides which wins.
 */
export async function readDotenv(
  folder: string,
  environment: Record<string, string | undefined> = process.env,
): Promise<Record<string, string>> {
  // c12 takes a while to load, and most folders have no .env.
  if (!existsSync(join(folder, '.env'))) return {};
  const { loadDotenv } = await import('c12');
  const raw = await loadDotenv({ cwd: folder, interpolate: false, env: {} });
  const known = Object.fromEntries(
    Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  // Values of the environment are there to fill in with; those the file has too would hide the file's.
  for (const name of Object.keys(raw)) delete known[name];
  const filled = await loadDotenv({ cwd: folder, interpolate: true, env: known });
  return Object.fromEntries(Object.keys(raw).map((key) => [key, filled[key] ?? '']));
}

/** Sets in this process the variables of the `.env` files in `folders`, the most important first, that are not set. */
export async function loadDotenvInto(environment: NodeJS.ProcessEnv, folders: string[]): Promise<void> {
  for (const folder of folders) {
    for (const [name, value] of Object.entries(await readDotenv(folder, environment)))
      environment[name] ??= value;
  }
}
