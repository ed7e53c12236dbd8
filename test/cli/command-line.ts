import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { executable } from '../helpers/executable.ts';
import { type Ran, runCli } from '../helpers/run-cli.ts';

export interface Output extends Ran {
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
    ): Promise<Output> => run(args, path, options),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}

async function run(
  args: string[],
  home: string,
  options: { environment?: Record<string, string>; input?: string; cwd?: string },
): Promise<Output> {
  const { cwd = home, environment = {}, input = '' } = options;
  // A PATH on which there is nothing: the executable needs no other program.
  const env = { PATH: '/nonexistent', HOME: home, ...environment };
  const ran = await runCli([await executable(), ...args], { cwd, env, input });
  return { ...ran, json: () => JSON.parse(ran.stdout) };
}
