import {
  copyFileSync,
  cpSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { evidence, isWitnessed } from './evidence.ts';
import { executable, ROOT } from './executable.ts';
import { processesOf } from './processes.ts';
import { type Ran, runCli, runOk } from './run-cli.ts';
import { type Serve, startServe } from './serve.ts';
import { rowsOfFile } from './store-rows.ts';

type Environment = Record<string, string>;

/**
 * A machine with nothing but the executable: an empty folder with the executable alone, a project folder, an empty home, and
 * a PATH on which there is nothing. `fixture` names a folder of test/fixtures to copy into the project folder.
 */
export async function project(options: { fixture?: string; env?: Environment } = {}): Promise<Project> {
  const source = await executable();
  // Real: a process tells its program's path without symbolic links.
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'segflow-binary-')));
  const made = new Project(root, options.env ?? {});
  mkdirSync(made.path);
  mkdirSync(made.home);
  placeAlone(source, made.program);
  if (options.fixture) {
    cpSync(join(ROOT, 'test', 'fixtures', options.fixture), made.path, { recursive: true });
  }
  return made;
}

export class Project implements AsyncDisposable {
  readonly root: string;
  readonly path: string;
  readonly home: string;
  readonly program: string;
  readonly env: Environment;

  constructor(root: string, env: Environment) {
    this.root = root;
    this.path = join(root, 'project');
    this.home = join(root, 'home');
    this.program = join(root, 'segflow');
    // The marker lets the test runner find a process that was left behind.
    const marker = process.env.SEGFLOW_TEST_RUN;
    this.env = {
      PATH: '/nonexistent',
      HOME: this.home,
      ...(marker ? { SEGFLOW_TEST_RUN: marker } : {}),
      ...env,
    };
  }

  /** Runs a command of the executable in the project folder; it must succeed. */
  run(args: string[], options: { env?: Environment; input?: string } = {}): Promise<Ran> {
    return runOk([this.program, ...args], this.#options(options));
  }

  /** Runs a command whatever its exit code. */
  try(args: string[], options: { env?: Environment; input?: string } = {}): Promise<Ran> {
    return runCli([this.program, ...args], this.#options(options));
  }

  /** Runs a command with --json and gives what it prints. */
  async json<T>(args: string[], options: { env?: Environment } = {}): Promise<T> {
    return JSON.parse((await this.run([...args, '--json'], options)).stdout) as T;
  }

  serve(options: { env?: Environment; args?: string[] } = {}): Promise<Serve> {
    return startServe({
      program: this.program,
      cwd: this.path,
      env: { ...this.env, ...options.env },
      ...(options.args ? { args: options.args } : {}),
    });
  }

  /** The `.eml` files of an outbox folder in the project, by the order of their names. */
  emails(folder = 'outbox'): { file: string; text: string }[] {
    const path = join(this.path, folder);
    return readdirSync(path)
      .filter((name) => name.endsWith('.eml'))
      .sort()
      .map((name) => ({ file: join(path, name), text: readFileSync(join(path, name), 'utf8') }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const left = processesOf(this.program);
    for (const { pid } of left) process.kill(pid, 'SIGKILL');
    if (isWitnessed()) {
      const rows = rowsOfFile(join(this.path, '.segflow', 'segflow.db'));
      evidence(`the store in ${this.path}`, () => rows);
    }
    rmSync(this.root, { recursive: true, force: true });
    if (left.length > 0) {
      throw new Error(`left behind: ${left.map(({ pid, command }) => `${pid} ${command}`).join('; ')}`);
    }
  }

  #options(options: { env?: Environment; input?: string }) {
    return {
      cwd: this.path,
      env: { ...this.env, ...options.env },
      ...(options.input === undefined ? {} : { input: options.input }),
    };
  }
}

// --- internal ---

/** A link where the file system allows one: the executable is 100 MB. */
function placeAlone(source: string, target: string): void {
  try {
    linkSync(source, target);
  } catch {
    copyFileSync(source, target);
  }
}
