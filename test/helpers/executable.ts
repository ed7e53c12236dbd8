import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { waitFor } from './wait-for.ts';

export const ROOT = join(import.meta.dir, '..', '..');
const PATH = join(ROOT, 'dist', 'segflow');
const SOURCES = ['src', 'bin', 'templates', 'package.json', 'package-lock.json'];

/** Path of the compiled executable. Under `npm test` it was built before; else it is built when missing or older than its sources. */
export async function executable(): Promise<string> {
  const given = process.env.SEGFLOW_TEST_EXECUTABLE;
  if (given) return given;
  await using _lock = await lockBuild();
  if (isStale()) await build();
  return PATH;
}

// --- internal ---

async function build(): Promise<void> {
  const child = Bun.spawn([process.execPath, 'bin/build.ts'], { cwd: ROOT, stdout: 'pipe', stderr: 'pipe' });
  const [output, errors, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  if (code !== 0) throw new Error(`bin/build.ts failed with exit code ${code}:\n${output}${errors}`);
}

function isStale(): boolean {
  if (!existsSync(PATH)) return true;
  const built = statSync(PATH).mtimeMs;
  return SOURCES.some((name) => newest(join(ROOT, name)) > built);
}

function newest(path: string): number {
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.mtimeMs;
  return Math.max(stats.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

/** One builder at a time among all processes; a lock whose owner is gone is taken over. */
async function lockBuild(): Promise<AsyncDisposable> {
  const lock = join(ROOT, 'dist', '.build-lock');
  const owner = join(lock, 'pid');
  mkdirSync(join(ROOT, 'dist'), { recursive: true });
  await waitFor(
    'another build to end',
    () => {
      try {
        mkdirSync(lock);
        writeFileSync(owner, String(process.pid));
        return true;
      } catch {
        if (existsSync(owner) && !isAlive(Number(readFileSync(owner, 'utf8')))) {
          rmSync(lock, { recursive: true, force: true });
        }
        return false;
      }
    },
    { timeoutMs: 180_000, everyMs: 100 },
  );
  return {
    async [Symbol.asyncDispose]() {
      rmSync(lock, { recursive: true, force: true });
    },
  };
}

function isAlive(pid: number): boolean {
  if (!pid) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
