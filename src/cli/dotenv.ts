/**
 * The variables of the `.env` file in `folder`, with `${NAME}` filled in from it and from `environment`. The file's own
 * values, whatever the environment says; the caller decides which wins.
 */
export async function readDotenv(
  folder: string,
  environment: Record<string, string | undefined> = process.env,
): Promise<Record<string, string>> {
  const { existsSync } = await import('node:fs');
  const { join } = await import('node:path');
  // c12 takes a while to load, and most folders have no .env.
  if (!existsSync(join(folder, '.env'))) return {};
  const { loadDotenv } = await import('c12');
  const raw = await loadDotenv({ cwd: folder, interpolate: false, env: {} });
  const known = Object.fromEntries(
    Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  const filled = await loadDotenv({
    cwd: folder,
    interpolate: true,
    env: omit(known, Object.keys(raw)),
  });
  return Object.fromEntries(Object.keys(raw).map((key) => [key, filled[key] ?? '']));
}

function omit(object: Record<string, string>, keys: string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)));
}
