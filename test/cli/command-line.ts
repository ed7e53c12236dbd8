import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ENTRY = [process.execPath, join(import.meta.dir, '..', '..', 'bin', 'segflow.ts')];

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
  /** stdout as JSON. */
  json(): unknown;
}

/** An empty folder to run commands in, with a HOME of its own; removed on disposal. */
export async function emptyFolder() {
  const path = await mkdtemp(join(tmpdir(), 'segflow-cli-'));
  return {
    path,
    /** Runs `segflow ...args` here, with no environment but PATH, HOME (this folder) and `environment`. */
    segflow: (
      args: string[],
      options: { environment?: Record<string, string>; input?: string; cwd?: string } = {},
    ): Promise<Ran> => run(args, path, options),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}

async function run(
  args: string[],
  home: string,
  options: { environment?: Record<string, string>; input?: string; cwd?: string },
): Promise<Ran> {
  const child = Bun.spawn([...ENTRY, ...args], {
    cwd: options.cwd ?? home,
    env: { PATH: process.env.PATH ?? '', HOME: home, ...options.environment },
    stdin: new Blob([options.input ?? '']),
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, stdout, stderr, json: () => JSON.parse(stdout) };
}
