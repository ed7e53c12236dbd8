import { captureEnvironment } from '../config/environment.ts';

/**
 * Gives the values of environment variables as a push from `folder` would capture them. The project's `.env` is read anew each
 * time: a variable that the process has from it already follows the file; one that was set otherwise wins over the file.
 */
export function projectEnvironment(
  folder: string,
): (names: readonly string[]) => Promise<Record<string, string>> {
  const atStart = readDotenv(folder);
  return async (names) => {
    const fromFile = await readDotenv(folder);
    const before = await atStart;
    const set = Object.entries(process.env).filter(([name, value]) => value !== before[name]);
    return captureEnvironment(names, { ...fromFile, ...Object.fromEntries(set) }).values;
  };
}

// --- internal ---

async function readDotenv(folder: string): Promise<Record<string, string | undefined>> {
  const { loadDotenv } = await import('c12');
  // On an environment of its own: the process's stays as it is.
  return loadDotenv({ cwd: folder, fileName: '.env', env: {}, interpolate: true }).catch(() => ({}));
}
