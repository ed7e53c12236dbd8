import { bind, urlOf } from '../bind.ts';
import type { App } from './app.ts';

export interface ListenOptions {
  host: string;
  /** The port; 0 takes any free port. */
  port: number;
  /** How long `stop` waits for requests in flight, milliseconds. Default 10,000. */
  graceMs?: number;
}

export interface Listening {
  /** `http://127.0.0.1:3000`. */
  url: string;
  port: number;
  /**
   * Accepts no more requests, lets requests in flight finish for up to `graceMs`, then closes every
   * connection.
   */
  stop(): Promise<void>;
}

/** A request may be silent this long, because an answer with `wait=true` takes time. */
const IDLE_SECONDS = 120;

/** Serves `app`. Throws `port_in_use`, or `invalid_input` when the host or port cannot be used at all. */
export async function listen(app: App, options: ListenOptions): Promise<Listening> {
  const { host, port, graceMs = 10_000 } = options;
  const server = await bind({ host, port, serve: (address) => serve(app, address, port) });
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

function serve(app: App, hostname: string, port: number): Bun.Server<undefined> {
  return Bun.serve({
    hostname,
    port,
    idleTimeout: IDLE_SECONDS,
    // The app counts the bytes itself, so that a body that is too large gets the same kind of
    // answer as every other refusal.
    maxRequestBodySize: Number.MAX_SAFE_INTEGER,
    development: false,
    reusePort: false,
    fetch: (request) => app.fetch(request),
  });
}

async function stop(server: Bun.Server<undefined>, graceMs: number): Promise<void> {
  // This also closes the idle connections.
  const drained = server.stop();
  const timer = setTimeout(() => void server.stop(true), graceMs);
  await drained;
  clearTimeout(timer);
}
