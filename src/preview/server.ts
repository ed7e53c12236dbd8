import { isIP } from 'node:net';
import { dirname, resolve } from 'node:path';
import type { Server } from 'bun';
import { bind, urlOf } from '../bind.ts';
import { bundleConfig } from '../config/bundle/bundle.ts';
import { SegflowError } from '../core/errors.ts';
import { createHost } from '../host/pool/pool.ts';
import { projectEnvironment } from './environment.ts';
import { previewHandler } from './http.ts';
import { openProject } from './project.ts';

export interface PreviewOptions {
  configPath: string;
  /** The first port to try; 0 takes any free port. */
  port: number;
  host: string;
  log: (line: string) => void;
}

export interface RunningPreview {
  url: string;
  close(): Promise<void>;
}

/** Serves the preview of a config until closed. Throws `port_in_use` when neither the port nor the next 20 are free. */
export async function startPreview(options: PreviewOptions): Promise<RunningPreview> {
  const { configPath, log } = options;
  // Requests in progress are useless once the server closes, and may never end.
  const host = createHost({ graceMs: 0 });
  const environment = projectEnvironment(dirname(resolve(configPath)));
  const project = await openProject({ configPath, host, bundle: bundleConfig, environment, log });
  try {
    const server = await listen(options, previewHandler(project, ownHost(options.host)));
    return {
      // Not "localhost" for 127.0.0.1: another program may have the port on ::1, which a browser
      // tries first.
      url: urlOf(options.host, server.port ?? options.port),
      async close() {
        await server.stop(true);
        await Promise.all([project.close(), host.close()]);
      },
    };
  } catch (error) {
    await Promise.all([project.close(), host.close()]);
    throw error;
  }
}

const PORTS_TO_TRY = 20;

async function listen(
  { port, host, log }: PreviewOptions,
  fetch: (request: Request) => Promise<Response>,
): Promise<Server<undefined>> {
  const last = port === 0 ? 0 : Math.min(port + PORTS_TO_TRY, 65_535);
  for (let candidate = port; candidate <= last; candidate++) {
    try {
      const server = await bind({
        host,
        port: candidate,
        // A client of the change stream may receive nothing for a long time.
        serve: (hostname) => Bun.serve({ port: candidate, hostname, idleTimeout: 0, fetch }),
      });
      if (candidate !== port) log(`Port ${port} is taken; using ${candidate}`);
      return server;
    } catch (error) {
      if (!(error instanceof SegflowError) || error.code !== 'port_in_use') throw error;
    }
  }
  throw new SegflowError('port_in_use', `The ports ${port} to ${last} are taken`, {
    hint: 'Choose another with --port',
  });
}

// DNS rebinding needs a name that its owner can later point to 127.0.0.1; an address or a local
// name cannot be pointed elsewhere.
function ownHost(bound: string): (name: string) => boolean {
  return (name) =>
    name === bound ||
    name === 'localhost' ||
    name.endsWith('.localhost') ||
    isIP(name.replace(/^\[|\]$/g, '')) !== 0;
}
