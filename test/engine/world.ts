import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleConfig } from '../../src/config/bundle/bundle.ts';
import { parseDuration } from '../../src/core/duration.ts';
import { messageOf } from '../../src/core/errors.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { parseAddress } from '../../src/email/address.ts';
import { createMailProvider } from '../../src/email/providers/create.ts';
import type { DeploymentChoice } from '../../src/engine/deployments/deployments.ts';
import { createSecretBox } from '../../src/engine/deployments/secret-box.ts';
import { Engine } from '../../src/engine/engine.ts';
import type { IngestOperation, OperationResult } from '../../src/engine/ingest/operations.ts';
import type { Host } from '../../src/engine/ports/host.ts';
import type { Store } from '../../src/engine/ports/store.ts';
import { parseJournal } from '../../src/flow/journal/journal.ts';
import { createHost } from '../../src/host/pool/pool.ts';
import { openStore } from '../../src/store/open.ts';
import type { SimulatedClock } from '../../src/testing/simulated-clock.ts';
import { testClock } from '../helpers/clock.ts';
import { type Postmark, startPostmark } from '../helpers/postmark.ts';
import { EmptyStores } from '../store/database.ts';

export type StoreName = 'sqlite' | 'mariadb' | 'mysql';

/** The servers that are there to test with. */
const SERVERS = { mariadb: process.env.SEGFLOW_TEST_MARIADB_URL, mysql: process.env.SEGFLOW_TEST_MYSQL_URL };

/** What a world is on that does not say: the test runner runs these tests once for each store. */
const usual = (process.env.SEGFLOW_TEST_STORE ?? 'sqlite') as StoreName;

/** Kept until the process ends: the servers of the tests are thrown away after them. */
const databases: { [name in StoreName]?: EmptyStores } = {};

/** One process that has the database to itself: the time stands still, and leases would run out. */
async function openWorldStore(name: StoreName, clock: SimulatedClock): Promise<Store> {
  const server = name === 'sqlite' ? undefined : SERVERS[name];
  if (server === undefined) return openStore({ memory: true, clock });
  databases[name] ??= new EmptyStores(server);
  return { ...(await databases[name].open(clock)).store, leases: undefined };
}

/** A whole engine over an empty store, the real host and a loopback Postmark, on a clock that stands still. */
export async function engineWorld(
  options: {
    clock?: SimulatedClock;
    store?: StoreName /** How long a flow or an email may take. */;
    timeoutMs?: number;
  } = {},
): Promise<World> {
  const clock = options.clock ?? testClock();
  const postmark = await startPostmark();
  const store = await openWorldStore(options.store ?? usual, clock);
  const patience = options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs };
  const host = createHost({ processes: 1, log: () => {}, ...patience });
  const world = new World({ clock, postmark, store, host });
  await world.start();
  return world;
}

/** A config with one template `hello`; the parts are TypeScript source. */
export function configOf(parts: {
  segments?: string;
  campaigns?: string;
  transactions?: string;
  templates?: string;
}): string {
  return `
    import * as schema from 'segflow/schema';
    import { and, eq, gt, sql } from 'drizzle-orm';
    const component = ({ user }) => <p>Hello {user.name}</p>;
    export default {
      emailProvider: { config: { name: 'postmark', apiKey: process.env.POSTMARK_API_KEY }, fromAddress: 'hello@example.com' },
      templates: { hello: { subject: 'Hello', component }, ${parts.templates ?? ''} },
      segments: { everyone: { evaluator: (db) => db.select({ id: schema.users.id }).from(schema.users) }, ${parts.segments ?? ''} },
      campaigns: { ${parts.campaigns ?? ''} },
      transactions: { ${parts.transactions ?? ''} },
    };`;
}

/** An evaluator, as source, of the users whose attribute `key` is true. */
export function flagged(key: string): string {
  return `{ evaluator: (db) => db.select({ id: schema.users.id }).from(schema.users).where(sql\`\${schema.users.attributes}->'$.${key}' = true\`) }`;
}

export class World implements AsyncDisposable {
  readonly clock: SimulatedClock;
  readonly postmark: Postmark;
  readonly store: Store;
  readonly host: Host;
  readonly errors: string[] = [];
  engine!: Engine;

  constructor(parts: { clock: SimulatedClock; postmark: Postmark; store: Store; host: Host }) {
    this.clock = parts.clock;
    this.postmark = parts.postmark;
    this.store = parts.store;
    this.host = parts.host;
  }

  async start(): Promise<void> {
    this.engine = new Engine({
      store: this.store,
      host: this.host,
      clock: this.clock,
      providerOf: (settings) =>
        createMailProvider(settings, {
          dataDir: tmpdir(),
          environment: { POSTMARK_API_URL: this.postmark.url },
        }),
      parseAddress,
      secrets: await createSecretBox('test'),
      log: {
        info() {},
        warn: (message) => this.errors.push(message),
        error: (message, cause) => this.errors.push(`${message}${cause ? ` (${messageOf(cause)})` : ''}`),
      },
      settleAfterMs: 60_000,
    });
    await this.engine.start();
  }

  /** Bundles and pushes a config given as source. */
  async push(source: string, choice: DeploymentChoice = {}) {
    return this.engine.activate(await this.prepare(source), choice);
  }

  /** Bundles and checks a config given as source. */
  async prepare(source: string) {
    const directory = await mkdtemp(join(tmpdir(), 'segflow-config-'));
    try {
      await symlink(join(import.meta.dir, '../../node_modules'), join(directory, 'node_modules'));
      const path = join(directory, 'segflow.config.tsx');
      await writeFile(path, source);
      return await this.prepareFile(path);
    } finally {
      await rm(directory, { recursive: true });
    }
  }

  async pushFile(path: string) {
    return this.engine.activate(await this.prepareFile(path));
  }

  async prepareFile(path: string) {
    const { code, problems } = await bundleConfig(path);
    if (problems.length > 0) throw new Error(problems.map(({ message }) => message).join('\n'));
    const environment = { POSTMARK_API_KEY: this.postmark.token };
    return this.engine.deployments.prepare({ code, environment });
  }

  async submit(...operations: IngestOperation[]): Promise<OperationResult[]> {
    return this.engine.ingest.submit({ operations });
  }

  async add(id: string, attributes: JsonObject = {}): Promise<void> {
    await this.submit({
      type: 'user',
      id,
      attributes: { email: `${id}@example.com`, ...attributes },
      mode: 'upsert',
    });
    await this.settle();
  }

  async emit(userId: string, name: string, attributes: JsonObject = {}): Promise<void> {
    await this.submit({ type: 'event', userId, name, attributes });
    await this.settle();
  }

  /** Resolves once nothing is left to do at the present time. */
  async settle(): Promise<void> {
    await this.engine.settled();
  }

  /** Lets time pass, in the steps in which there is something to do. */
  async advance(duration: string): Promise<void> {
    const end = this.clock.now() + parseDuration(duration)!;
    await this.settle();
    for (
      let next = this.clock.sleeping[0];
      next !== undefined && next <= end;
      next = this.clock.sleeping[0]
    ) {
      this.clock.set(Math.max(next, this.clock.now()));
      await this.settle();
    }
    this.clock.set(end);
    await this.settle();
  }

  /** What left, as "template → address". */
  get mail(): string[] {
    return this.postmark.accepted.map(({ message }) => `${message.Tag} → ${message.To}`);
  }

  async segmentsOf(userId: string): Promise<string[]> {
    return (await this.store.memberships([userId])).map(({ segmentId }) => segmentId).sort();
  }

  /** The user's runs, latest first, with the steps in words. */
  async runsOf(userId: string) {
    return (await this.store.runsOfUser(userId, 100)).map((run) => ({
      campaign: run.campaignId,
      entry: run.entry,
      status: run.status,
      reason: run.reason,
      steps: parseJournal(run.journal).entries.map(({ kind, key }) => `${kind} ${key}`),
    }));
  }

  /** A process that ends and another that starts on the same store. */
  async restart(): Promise<void> {
    await this.engine.stop();
    await this.start();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.engine.stop();
    await this.host.close();
    await this.store.close();
    await this.postmark[Symbol.asyncDispose]();
  }
}
