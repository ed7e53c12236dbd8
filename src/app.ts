import { access, constants, mkdir, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { systemClock } from './core/clock.ts';
import { parseDuration } from './core/duration.ts';
import { messageOf, SegflowError } from './core/errors.ts';
import { parseAddress } from './email/address.ts';
import { createMailProvider } from './email/providers/create.ts';
import { Engine } from './engine/engine.ts';
import type { Log } from './engine/ports/log.ts';
import { createHost } from './host/pool/pool.ts';
import { instanceSecret } from './instance-secret.ts';
import { readOrCreateSecret } from './secret-file.ts';
import { createApp } from './server/app.ts';
import { createBackend } from './server/backend/engine-backend.ts';
import { listen } from './server/listen.ts';
import { parseDatabaseUrl } from './store/mysql/url.ts';
import { openStore } from './store/open.ts';

export interface ServerOptions {
  port: number;
  host: string;
  /** Folder of the embedded store, the keys and the file provider's mail. Created if missing. */
  dataDir: string;
  /**
   * A MySQL or MariaDB database that replaces the embedded store; several processes may share it.
   */
  databaseUrl?: string | undefined;
  /** Refuse a database with an outdated schema instead of migrating it. */
  noMigrate?: boolean | undefined;
  /** Write all mail to `.eml` files in this folder, whatever the config says. */
  outbox?: string | undefined;
  environment: Record<string, string | undefined>;
  version: string;
  log: Log;
  /** Serve the data even though it was moved elsewhere. */
  force?: boolean | undefined;
  /**
   * Serve the data even though the secret of the pushed environment is lost; see instanceSecret.
   */
  newSecret?: boolean | undefined;
}

export interface RunningServer {
  url: string;
  apiKey: { value: string; isNew: boolean };
  /** The state at the start. */
  inForce: ServerSummary;
  /**
   * Stops accepting requests, finishes the requests in flight, ends the child processes, closes the
   * store.
   */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface ServerSummary {
  /** The kind of database: `embedded store`, `MariaDB 10.11.14`. */
  store: string;
  /** The database's place: a folder, or a URL without user and password. */
  place: string;
  /** Null before the first push. */
  deployment: { id: string; activatedAt: number } | null;
  /** The folder that all mail is written to instead of being sent. */
  outbox: string | null;
  /**
   * Set while the provider is asked about each message before sending, because the data came from a
   * backup.
   */
  restored: { backedUpAt: number; askUntil: number } | null;
}

/**
 * The composition root of `segflow serve`: store, host, engine and HTTP server, started in this
 * order and stopped in reverse. A failed start closes everything that it had opened.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { environment, log } = options;
  const dataDir = await usableFolder(options.dataDir, 'the data folder', '--data');
  const outbox =
    options.outbox === undefined ? undefined : await usableFolder(options.outbox, 'the outbox', '--outbox');
  const settleAfterMs = durationSetting(environment, 'SEGFLOW_SETTLE_AFTER');
  const leaseMs = durationSetting(environment, 'SEGFLOW_LEASE');

  await using started = new AsyncDisposableStack();
  const store = started.adopt(
    await openStore({
      ...(options.databaseUrl === undefined ? { dataDir } : { url: options.databaseUrl }),
      clock: systemClock,
      force: options.force ?? false,
      noMigrate: options.noMigrate ?? false,
    }),
    (it) => it.close(),
  );
  const apiKey = environment.SEGFLOW_API_KEY
    ? { value: environment.SEGFLOW_API_KEY, isNew: false }
    : await readOrCreateSecret(join(dataDir, 'api-key'));
  const newSecret = options.newSecret ?? false;
  const secrets = await instanceSecret({ store, dataDir, environment, log, newSecret });
  const host = started.adopt(createHost({ environment, log: (line) => log.info(line) }), (it) => it.close());
  const engine = new Engine({
    store,
    host,
    providerOf: (settings) =>
      createMailProvider(settings, {
        dataDir,
        environment,
        ...(outbox === undefined ? {} : { outbox }),
      }),
    parseAddress,
    secrets,
    environment,
    clock: systemClock,
    log,
    settleAfterMs,
    leaseMs,
    nodeName: `${hostname()} (${process.pid})`,
  });
  await engine.start();
  started.defer(() => engine.stop());
  const active = await store.activeDeployment();
  const inForce: ServerSummary = {
    store: store.product,
    place: options.databaseUrl === undefined ? dataDir : parseDatabaseUrl(options.databaseUrl).shown,
    deployment: active ? { id: active.id, activatedAt: active.activatedAt ?? active.createdAt } : null,
    outbox: outbox ?? null,
    restored: (await store.restored()) ?? null,
  };

  let stopping = false;
  const backend = createBackend({
    engine,
    version: options.version,
    storeName: inForce.store,
    notReady: () => (stopping ? 'the server is stopping' : undefined),
  });
  const app = createApp({
    backend,
    apiKey: apiKey.value,
    version: options.version,
    now: () => engine.now(),
    log: (line) => log.error(line),
  });
  const listener = await listen(app, { host: options.host, port: options.port });
  started.defer(() => listener.stop());

  const instanceFile = join(dataDir, 'instance.json');
  await writeFile(instanceFile, `${JSON.stringify({ url: listener.url, pid: process.pid })}\n`, {
    mode: 0o600,
  });
  started.defer(() => rm(instanceFile, { force: true }));

  const running = started.move();
  let closed: Promise<void> | undefined;
  const close = () => {
    stopping = true;
    closed ??= running.disposeAsync();
    return closed;
  };
  return { url: listener.url, apiKey, inForce, close, [Symbol.asyncDispose]: close };
}

// --- internal ------------------------------------------------------------------------------------

/**
 * The folder's absolute path; the folder is created if missing. Refusing the start is better than
 * failing every email later.
 */
async function usableFolder(path: string, what: string, flag: string): Promise<string> {
  const folder = resolve(path);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await access(folder, constants.W_OK);
  } catch (error) {
    throw new SegflowError('invalid_input', `${what} ${folder} cannot be used: ${messageOf(error)}`, {
      hint: `Choose a folder that this user may write, with ${flag}.`,
      cause: error,
    });
  }
  return folder;
}

function durationSetting(environment: Record<string, string | undefined>, name: string): number | undefined {
  const text = environment[name];
  if (text === undefined || text === '') return undefined;
  const ms = parseDuration(text);
  if (ms === undefined) {
    throw new SegflowError('invalid_input', `${name} must be a duration such as 30s, got "${text}"`);
  }
  return ms;
}
