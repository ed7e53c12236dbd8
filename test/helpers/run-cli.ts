import { evidence } from './evidence.ts';

export interface RunOptions {
  /** The working folder. */
  cwd: string;
  /** All of the environment. */
  env: Record<string, string>;
  input?: string;
  /** Default 150 s; a command that takes longer is killed and the promise rejects. */
  timeoutMs?: number;
}

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a command to its end, whatever its exit code. */
export async function runCli(command: string[], options: RunOptions): Promise<Ran> {
  const { cwd, env, input = '', timeoutMs = 150_000 } = options;
  const child = Bun.spawn(command, {
    cwd,
    env,
    stdin: new Blob([input]),
    stdout: 'pipe',
    stderr: 'pipe',
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  });
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  evidence(`${command.join(' ')} (${child.signalCode ?? `exit code ${code}`})`, () => `${stdout}${stderr}`);
  if (child.signalCode) {
    throw new Error(`${command.join(' ')} was ended by ${child.signalCode}:\n${stdout}${stderr}`);
  }
  return { code, stdout, stderr };
}

/** Runs a command that is to succeed; rejects, with all it said, when it does not. */
export async function runOk(command: string[], options: RunOptions): Promise<Ran> {
  const ran = await runCli(command, options);
  if (ran.code !== 0) {
    throw new Error(`${command.join(' ')} ended with exit code ${ran.code}:\n${ran.stdout}${ran.stderr}`);
  }
  return ran;
}
