import { messageOf, SegflowError } from '../core/errors.ts';
import type { App } from './app.ts';

export interface ListenOptions {
  host: string;
  /** 0 for any free one. */
  port: number;
  /** Milliseconds that `stop` gives requests in flight. Default 10,000. */
  graceMs?: number;
}

export interface Listening {
  /** `http://127.0.0.1:3000`. */
  url: string;
  port: number;
  /** Accepts no more, lets requests in flight finish for up to `graceMs`, then closes every connection. */
  stop(): Promise<void>;
}

/** A request may be silent this long: an answer with `wait=true` takes its time. */
const IDLE_SECONDS = 120;

/** Serves `app`. Throws `port_in_use`, or `invalid_input` when the address cannot be used at all. */
export async function listen(app: App, options: ListenOptions): Promise<Listening> {
  const { host, port, graceMs = 10_000 } = options;
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new SegflowError('invalid_input', `the port must be a whole number from 0 to 65535, got ${port}`, {
      hint: 'Port 0 takes any free one.',
    });
  }
  const server = serve(app, host, port);
  let stopped: Promise<void> | undefined;
  return {
    url: urlOf(host, server.port ?? port),
    port: server.port ?? port,
    stop() {
      stopped ??= stop(server, graceMs);
      return stopped;
    },
  };
}

function serve(app: App, host: string, port: number): Bun.Server<undefined> {
  try {
    return Bun.serve({
      hostname: host,
      port,
      idleTimeout: IDLE_SECONDS,
      // The app counts for itself, so that what is too large is answered like every other refusal.
      maxRequestBodySize: Number.MAX_SAFE_INTEGER,
      development: false,
      reusePort: false,
      fetch: (request) => app.fetch(request),
    });
  } catch (error) {
    throw refusal(error, host, port);
  }
}

async function stop(server: Bun.Server<undefined>, graceMs: number): Promise<void> {
  // Closes the idle connections too.
  const drained = server.stop();
  const timer = setTimeout(() => void server.stop(true), graceMs);
  await drained;
  clearTimeout(timer);
}

function refusal(error: unknown, host: string, port: number): SegflowError {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') {
    return new SegflowError('port_in_use', `port ${port} of ${host} is in use`, {
      hint: 'Another Segflow may be running. Stop what uses the port, or choose another with --port.',
      cause: error,
    });
  }
  return new SegflowError('invalid_input', `cannot listen on ${host}, port ${port}: ${messageOf(error)}`, {
    hint:
      code === 'EACCES'
        ? 'Ports below 1024 need more rights: choose another with --port.'
        : 'The host must be an address of this machine: 127.0.0.1, or 0.0.0.0 for all of them.',
    cause: error,
  });
}

/** The address to call: a wildcard is reached by loopback. */
function urlOf(host: string, port: number): string {
  if (host === '0.0.0.0' || host === '') return `http://127.0.0.1:${port}`;
  if (host === '::') return `http://[::1]:${port}`;
  return host.includes(':') ? `http://[${host}]:${port}` : `http://${host}:${port}`;
}
