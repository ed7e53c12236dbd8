import { captureEnvironment } from '../config/environment.ts';

/**
 * Returns the values of environment variables as a push from `folder` would capture them. The
 * project's `.env` is read again each time. A variable that the process has from `.env` follows the
 * file; a variable that was set otherwise takes precedence over the file.
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
  // Uses a copy of the environment, so that the process's stays unchanged.
  return loadDotenv({ cwd: folder, fileName: '.env', env: {}, interpolate: true }).catch(() => ({}));
}
