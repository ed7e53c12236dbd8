import { dirname } from 'node:path';
import { bundleConfig } from '../../config/bundle/bundle.ts';
import { captureEnvironment } from '../../config/environment.ts';
import { SegflowError } from '../../core/errors.ts';
import type { Bundle, Problem } from '../../engine/ports/manifest.ts';
import { createHost, type HostOptions, type ProcessHost } from '../../host/pool/pool.ts';
import { loadDotenvInto } from '../connect/dotenv.ts';

/*
 * A config's code runs in a child process first, with the same limits as on a server. Code that
 * never ends or takes all the memory is stopped and reported, and Ctrl-C ends the command at any
 * time.
 */

export interface CheckOptions {
  /** The time limit of one part, a quarter of the total limit. Default 5 s, as on a server. */
  timeoutMs?: number;
}

/** Finds all semantic problems of a compiled config. */
export async function checkConfig(bundle: Bundle, options: CheckOptions = {}): Promise<Problem[]> {
  try {
    await inChild((host) => host.inspect(bundle), options);
    return [];
  } catch (error) {
    if (!SegflowError.is(error) || error.code !== 'invalid_config' || !Array.isArray(error.details))
      throw error;
    return error.details as Problem[];
  }
}

/**
 * Checks code that is about to run in this process: throws `invalid_config` if it does not come to
 * an end, or ends its process. Reports no other problems.
 */
export async function checkEnds(path: string, options: CheckOptions = {}): Promise<void> {
  const { id, code, environmentNames } = await bundleConfig(path);
  if (code === '') return;
  const variables = { ...process.env };
  await loadDotenvInto(variables, [dirname(path)]);
  const bundle = { id, code, environment: captureEnvironment(environmentNames, variables).values };
  try {
    // The code will print this output again.
    await inChild((host) => host.load(bundle), { ...options, log: () => {} });
  } catch (error) {
    const ended = SegflowError.is(error) && SegflowError.is(error.cause);
    if (ended || !SegflowError.is(error) || error.code !== 'invalid_config') throw error;
  }
}

// --- internal ---

async function inChild<T>(work: (host: ProcessHost) => Promise<T>, options: HostOptions): Promise<T> {
  // As on a server: the .env file beside the config may be for development.
  const environment = { ...process.env, NODE_ENV: 'production' };
  await using host = createHost({ processes: 1, environment, ...options });
  using _ = endingChildren(host);
  return await work(host);
}

/**
 * Kills the child when this process exits: a child in an endless loop does not notice the exit, and
 * not every system ends it.
 */
function endingChildren(host: ProcessHost): Disposable {
  const end = (signal: NodeJS.Signals) => {
    for (const pid of host.pids()) process.kill(pid, 'SIGKILL');
    process.kill(process.pid, signal);
  };
  for (const signal of SIGNALS) process.once(signal, end);
  return {
    [Symbol.dispose]() {
      for (const signal of SIGNALS) process.off(signal, end);
    },
  };
}

const SIGNALS: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
