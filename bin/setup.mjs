// Sets up a clean clone: the npm packages, including Bun's binary. Plain Node.js.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
export const EXECUTABLE = join(ROOT, 'dist', process.platform === 'win32' ? 'segflow.exe' : 'segflow');

/** A failure whose message is enough for the reader, without a stack. */
export class SetupError extends Error {}

/**
 * Installs the packages of the lock file unless node_modules already holds them. Throws SetupError.
 */
export async function installPackages(log) {
  const reason = whyInstall();
  if (reason) {
    log(`installing npm packages (${reason})`);
    const npm = npmCommand();
    const result = await run(npm.command, [...npm.args, 'ci', '--no-audit', '--no-fund'], {
      timeoutMs: 600_000,
    });
    if (result.code !== 0) {
      throw new SetupError(`npm ci failed (${ending(result)}):\n${lastLines(result.output, 25)}`);
    }
  }
  await completeBun(log);
}

/** The Bun version that the lock file pins. */
export function bunPath() {
  return join(ROOT, 'node_modules', 'bun', 'bin', 'bun.exe');
}

/** Builds dist/segflow and the npm package. Throws SetupError. */
export async function build() {
  if (!existsSync(join(ROOT, 'bin', 'build.ts'))) throw new SetupError('bin/build.ts is missing');
  const result = await run(bunPath(), [join('bin', 'build.ts')], { timeoutMs: 600_000 });
  if (result.code !== 0) {
    throw new SetupError(`the build failed (${ending(result)}):\n${lastLines(result.output, 40)}`);
  }
  if (!existsSync(EXECUTABLE)) throw new SetupError(`the build ended well but left no ${EXECUTABLE}`);
}

/**
 * Runs a command to its end, in its own process group so that a time-out ends its children too.
 * Never throws: a command that cannot start ends with code 127. `onOutput` receives the output as
 * it comes; stdin is empty.
 */
export function run(command, args, { cwd = ROOT, env = process.env, timeoutMs, onOutput } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    running.add(child);
    let output = '';
    let timedOut = false;
    const take = (chunk) => {
      output += chunk;
      onOutput?.(String(chunk));
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    const timer =
      timeoutMs &&
      setTimeout(() => {
        timedOut = true;
        killGroup(child, 'SIGKILL');
      }, timeoutMs);
    const end = (result) => {
      clearTimeout(timer);
      running.delete(child);
      resolve({ ...result, output, timedOut });
    };
    child.on('error', (error) => {
      output += `${error.message}\n`;
      end({ code: 127, signal: null });
    });
    child.on('close', (code, signal) => end({ code, signal }));
  });
}

/** How a command of `run` ended, in words. */
export function ending({ code, signal, timedOut }) {
  if (timedOut) return 'timed out';
  return signal ? `killed by ${signal}` : `exit code ${code}`;
}

export function lastLines(text, count) {
  return text.trimEnd().split('\n').slice(-count).join('\n');
}

// --- internal ---

const running = new Set();

// An interrupted run leaves nothing behind.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, () => {
    for (const child of running) killGroup(child, 'SIGKILL');
    process.kill(process.pid, signal);
  });
}

function killGroup(child, signal) {
  try {
    process.kill(process.platform === 'win32' ? child.pid : -child.pid, signal);
  } catch {
    // The process has already ended.
  }
}

function whyInstall() {
  const wanted = readLock(join(ROOT, 'package-lock.json'));
  const installed = readLock(join(ROOT, 'node_modules', '.package-lock.json'));
  if (!wanted) throw new SetupError('package-lock.json is missing: this is not a complete checkout');
  if (!installed) return 'none are there yet';
  for (const [path, entry] of Object.entries(wanted.packages)) {
    if (path === '' || entry.optional || entry.devOptional || entry.peer) continue;
    const found = installed.packages[path];
    if (!found) return `${path.replace('node_modules/', '')} is missing`;
    if (found.version !== entry.version) return `${path.replace('node_modules/', '')} is ${found.version}`;
  }
  return undefined;
}

function readLock(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

// npm may be configured to run no install scripts; then Bun's own script, which puts the platform's
// binary in place, runs here.
async function completeBun(log) {
  if (bunRuns()) return;
  log('putting the Bun binary in place');
  const result = await run(process.execPath, ['install.js'], { cwd: join(ROOT, 'node_modules', 'bun') });
  if (!bunRuns()) {
    throw new SetupError(
      `Bun does not run on ${process.platform}-${process.arch} (${ending(result)}):\n${lastLines(result.output, 10)}`,
    );
  }
}

function bunRuns() {
  return spawnSync(bunPath(), ['--version'], { stdio: 'ignore' }).status === 0;
}

// Under `npm test`, the same npm; otherwise the npm on the PATH.
function npmCommand() {
  const path = process.env.npm_execpath;
  if (path?.endsWith('npm-cli.js')) return { command: process.execPath, args: [path] };
  return { command: process.platform === 'win32' ? 'npm.cmd' : 'npm', args: [] };
}
