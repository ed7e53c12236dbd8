import { dirname } from 'node:path';
import { bundleConfig } from '../../config/bundle/bundle.ts';
import { captureEnvironment } from '../../config/environment.ts';
import { SegflowError } from '../../core/errors.ts';
import type { Bundle, Problem } from '../../engine/ports/manifest.ts';
import { createHost, type HostOptions, type ProcessHost } from '../../host/pool/pool.ts';
import { loadDotenvInto } from '../connect/dotenv.ts';

/*
 * A config's code is run in a child process first, as a server does it and with the same limits: code that never ends, or takes all the memory, is
 * stopped and told of, and Ctrl-C ends the command meanwhile.
 */

export interface CheckOptions {
  /** How long one part may take, a quarter of what the whole may. Default 5 s, as on a server. */
  timeoutMs?: number;
}

/** All that is wrong with the meaning of a compiled config. */
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
 * For code that is about to be run in this process: throws `invalid_config` when it does not come to an end, or ends its process. What else may be
 * wrong with it is not told.
 */
export async function checkEnds(path: string, options: CheckOptions = {}): Promise<void> {
  const { id, code, environmentNames } = await bundleConfig(path);
  if (code === '') return;
  const variables = { ...process.env };
  await loadDotenvInto(variables, [dirname(path)]);
  const bundle = { id, code, environment: captureEnvironment(environmentNames, variables).values };
  try {
    // What it prints it will print again.
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

/** A child in an endless loop notices nothing: where the system does not end it with this process, this does. */
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
