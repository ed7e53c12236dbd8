import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Journey, Status } from '../../src/protocol/api.ts';
import { type Postmark, startPostmark } from '../helpers/postmark.ts';
import { type Project, project } from '../helpers/project.ts';
import type { Serve } from '../helpers/serve.ts';
import { createDatabase, type TestDatabase } from '../store/database.ts';
import { type Observed, type Trace, traceOf } from './every-command-trace.ts';

/*
 * People who go through the campaigns of test/fixtures/every-command on a server that is killed now and then. What they do is told by
 * how far they have come, not by the time, so it is the same however often the server dies; what was not acknowledged is done again.
 */

const PEOPLE = ['ada', 'bob'];
const CAMPAIGNS = ['waits', 'acts', 'chance', 'again', 'seed', 'started', 'aged'];
/** On a machine that is busy with other things, each life takes a multiple of its time. */
const DEADLINE_MS = 420_000;

/** What happens besides, in the midst of it: a push of changed code, or a campaign that fails until it is paused. */
export type Besides = 'push' | 'failures';

export class World implements AsyncDisposable {
  readonly postmark: Postmark;
  readonly machine: Project;
  readonly #hooked: Observed['hooked'] = [];
  readonly #hook: Bun.Server<undefined>;
  readonly #stack: AsyncDisposableStack;
  readonly #done = new Set<string>();
  #server: Serve | undefined;
  #isDone = false;

  constructor(parts: { postmark: Postmark; machine: Project; stack: AsyncDisposableStack }) {
    this.postmark = parts.postmark;
    this.machine = parts.machine;
    this.#stack = parts.stack;
    this.#hook = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      fetch: async (request) => {
        const userId = new URL(request.url).pathname.slice(1);
        this.#hooked.push({ userId, key: await request.text() });
        return new Response(`hello ${userId}`);
      },
    });
    this.#stack.defer(() => this.#hook.stop(true));
  }

  /**
   * Plays it all to the end. The server is started with each of `crashes` in turn (values of SEGFLOW_CRASH_AT), each of which must
   * kill it, then without any.
   */
  async play(crashes: string[] = [], besides?: Besides): Promise<Trace> {
    const deadline = Date.now() + DEADLINE_MS;
    for (const crash of crashes) {
      if ((await this.#live(crash, besides, deadline)) === 'killed') continue;
      throw new Error(`everything was done before the server came to ${crash}`);
    }
    await this.#live(undefined, besides, deadline);
    return this.#trace();
  }

  /** The same, with a server that is killed at `crash` whenever it is started, until it has nothing left to do; and how often it was. */
  async playKilledAlways(crash: string): Promise<{ trace: Trace; kills: number }> {
    const deadline = Date.now() + DEADLINE_MS;
    let kills = 0;
    while ((await this.#live(crash, undefined, deadline)) === 'killed') kills++;
    return { trace: await this.#trace(), kills };
  }

  /** Pushes the configuration. */
  async push(server: Serve): Promise<void> {
    const env = { SEGFLOW_URL: server.url, SEGFLOW_API_KEY: server.apiKey, ...this.#secrets() };
    await this.machine.run(['push'], { env });
  }

  serve(env: Record<string, string> = {}): Promise<Serve> {
    return this.machine.serve({ env: { POSTMARK_API_URL: this.postmark.url, ...this.#secrets(), ...env } });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // One that was left in the midst of it would be killed on its way to an orderly end.
    if (this.#isDone) await this.#server?.[Symbol.asyncDispose]();
    else if (this.#server) await this.#server.kill('SIGKILL');
    await this.#stack.disposeAsync();
  }

  #trace(): Promise<Trace> {
    return traceOf({ people: PEOPLE, postmark: this.postmark, hooked: this.#hooked }, this.#server!);
  }

  #secrets() {
    return { POSTMARK_API_KEY: this.postmark.token, HOOK_URL: `http://127.0.0.1:${this.#hook.port}` };
  }

  /** One life of the server: until everything is done, or `crash` has killed it. */
  async #live(
    crash: string | undefined,
    besides: Besides | undefined,
    deadline: number,
  ): Promise<'done' | 'killed'> {
    let server: Serve;
    try {
      server = await this.serve(crash === undefined ? {} : { SEGFLOW_CRASH_AT: crash });
    } catch (error) {
      if (crash !== undefined && String(error).includes('SIGKILL before it was ready')) return 'killed';
      throw error;
    }
    this.#server = server;
    let ended = false;
    void server.exited.then(() => {
      ended = true;
    });
    while (!ended) {
      if (Date.now() > deadline) throw new Error(`not done in time: ${await this.#progress(server)}`);
      try {
        this.#isDone = await this.#goOn(server, besides);
        if (this.#isDone) return 'done';
      } catch (error) {
        // An answer that is an error is a defect; a connection that broke is what is expected of a server that dies.
        if (/^Error: [A-Z]+ \S+: \d{3} /.test(String(error))) throw error;
        await Promise.race([server.exited, Bun.sleep(5_000)]);
        if (!ended) throw error;
      }
      await Bun.sleep(60);
    }
    const { signal } = await server.exited;
    if (crash === undefined || signal !== 'SIGKILL')
      throw new Error(`the server ended by itself (${signal})`);
    await server.childrenGone();
    return 'killed';
  }

  /** Does what it is time to do; true once nothing is left to do or to happen. */
  async #goOn(server: Serve, besides: Besides | undefined): Promise<boolean> {
    await this.#once('enter', () => server.json('POST', '/v1/batch', { operations: PEOPLE.map(userOf) }));
    for (const id of PEOPLE) {
      for (const n of [1, 2, 3])
        await this.#once(`${id} visits ${n}`, () => emit(server, id, 'visit', { n }));
    }
    let ended = true;
    for (const id of PEOPLE) {
      const journey = await server.json<Journey>('GET', `/v1/users/${id}`);
      const waits = journey.runs.find(({ campaign }) => campaign === 'waits');
      const open = waits?.steps.find(({ endedAt }) => endedAt === null);
      if (open?.kind === 'event' && open.key === 'purchase') {
        if (besides === 'push') await this.#once('push', () => this.#pushChanged(server));
        if (besides === 'failures')
          await this.#once('failures', () => server.json('POST', '/v1/batch', { operations: BREAKING }));
        await this.#once(`${id} buys`, () => emit(server, id, 'purchase', { n: 1 }));
        await this.#once(`${id} buys again`, () => emit(server, id, 'purchase', { n: 2 }));
      }
      if (open?.kind === 'race' && open.key === 'bought, late') {
        await this.#once(`${id} buys once more`, () => emit(server, id, 'purchase', { n: 3 }));
      }
      if (open?.kind === 'segment' && open.key === 'members') {
        await this.#once(`${id} joins`, () =>
          server.json('PUT', `/v1/users/${id}`, { attributes: { member: true } }),
        );
      }
      const over = journey.runs.filter(({ endedAt }) => endedAt !== null);
      if (over.length === CAMPAIGNS.length - 1)
        await this.#once(`${id} finishes`, () => emit(server, id, 'finish', { n: 1 }));
      ended &&= over.length === CAMPAIGNS.length;
    }
    if (!ended) return false;
    const { pending, messages } = await server.json<Status>('GET', '/v1/status');
    return pending === 0 && !messages.queued && !messages.sending && !messages.unknown;
  }

  /** Does it until it has been acknowledged. */
  async #once(name: string, act: () => Promise<unknown>): Promise<void> {
    if (this.#done.has(name)) return;
    await act();
    this.#done.add(name);
  }

  async #pushChanged(server: Serve): Promise<void> {
    writeFileSync(join(this.machine.path, 'version.ts'), 'export const VERSION = 2;\n');
    await this.push(server);
  }

  async #progress(server: Serve): Promise<string> {
    const journeys = await Promise.all(PEOPLE.map((id) => server.json<Journey>('GET', `/v1/users/${id}`)));
    const open = journeys.flatMap(({ id, runs }) =>
      runs.map(
        ({ campaign, status, reason, steps }) =>
          `${id} ${campaign} ${status} ${reason} ${JSON.stringify(steps.at(-1))}`,
      ),
    );
    return `\n${open.join('\n')}`;
  }
}

/** A configuration that is in force, on a store of the given kind. */
export interface Prepared extends AsyncDisposable {
  /** A world of its own in which it is in force. */
  world(): Promise<World>;
}

/** The instance is pushed to once, and each world begins with a copy of it. */
export async function prepare(serverUrl?: string): Promise<Prepared> {
  const source = await open(serverUrl);
  const server = await source.world.serve();
  await source.world.push(server);
  await server.kill('SIGTERM');
  return {
    async world() {
      const { world, database } = await open(serverUrl);
      cpSync(join(source.world.machine.path, '.segflow'), join(world.machine.path, '.segflow'), {
        recursive: true,
      });
      if (database && source.database) await copyTables(source.database, database);
      return world;
    },
    [Symbol.asyncDispose]: () => source.world[Symbol.asyncDispose](),
  };
}

// --- internal ---

const BREAKING = Array.from({ length: 20 }, (_, index) => ({
  type: 'user',
  id: `breaking-${index}`,
  attributes: { email: `breaking-${index}@example.com`, breaks: true },
}));

async function open(serverUrl: string | undefined): Promise<{ world: World; database?: TestDatabase }> {
  const stack = new AsyncDisposableStack();
  const database = serverUrl === undefined ? undefined : stack.use(await createDatabase(serverUrl));
  const postmark = stack.use(await startPostmark());
  // A server that was killed holds its slots until its lease has run out.
  const stored = database && { DATABASE_URL: database.url, SEGFLOW_LEASE: '1s' };
  const env = { SEGFLOW_SETTLE_AFTER: '100ms', ...stored };
  const machine = stack.use(await project({ fixture: 'every-command', env }));
  return { world: new World({ postmark, machine, stack }), ...(database && { database }) };
}

async function copyTables(from: TestDatabase, to: TestDatabase): Promise<void> {
  const [tables] = await from.pool.query<import('mysql2').RowDataPacket[]>(
    'select table_schema as folder, table_name as name from information_schema.tables where table_schema = database()',
  );
  for (const { folder, name } of tables) {
    await to.pool.query(`create table ${name} like ${folder}.${name}`);
    await to.pool.query(`insert into ${name} select * from ${folder}.${name}`);
  }
}

function userOf(id: string) {
  return { type: 'user', id, attributes: { email: `${id}@example.com` } };
}

function emit(server: Serve, userId: string, name: string, attributes: { n: number }): Promise<unknown> {
  const messageId = `${userId}-${name}-${attributes.n}`;
  return server.json('POST', '/v1/events', { userId, name, attributes, messageId });
}
