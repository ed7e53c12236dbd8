import { join } from 'node:path';
import type { Accepted } from '../helpers/postmark-messages.ts';
import { type Project, project } from '../helpers/project.ts';
import type { Serve } from '../helpers/serve.ts';
import { waitFor } from '../helpers/wait-for.ts';
import type { Store } from './stores.ts';

/** `up`: takes requests. `stopped`: SIGSTOP. `down`: ended. `changing`: on its way from one to another. */
type Condition = 'up' | 'stopped' | 'down' | 'changing';

interface Node {
  name: string;
  serve: Serve | undefined;
  condition: Condition;
  /** What its former processes printed. */
  past: string;
}

const API_KEY = 'chaos';
const TOKEN = 'test-token';

export interface ClusterOptions {
  store: Store;
  nodes: number;
  /** For the servers. */
  env: Record<string, string>;
  fixture: string;
}

/** `segflow serve` processes on one database (or one on the embedded store), and a loopback Postmark in a process of its own. */
export class Cluster implements AsyncDisposable {
  readonly nodes: Node[];
  readonly machine: Project;
  readonly postmarkUrl: string;
  #postmark: Bun.Subprocess;
  #env: Record<string, string>;
  #killNow = () => {
    for (const { serve } of this.nodes) if (serve) kill(serve.pid, 'SIGKILL');
    this.#postmark.kill('SIGKILL');
  };

  private constructor(
    machine: Project,
    postmark: { process: Bun.Subprocess; url: string },
    nodes: { count: number; env: Record<string, string> },
  ) {
    this.machine = machine;
    this.#postmark = postmark.process;
    this.postmarkUrl = postmark.url;
    this.#env = nodes.env;
    this.nodes = Array.from({ length: nodes.count }, (_, index) => ({
      name: `node-${index}`,
      serve: undefined,
      condition: 'down',
      past: '',
    }));
    process.once('exit', this.#killNow);
  }

  static async start(options: ClusterOptions): Promise<Cluster> {
    const machine = await project({ fixture: options.fixture });
    const postmark = await startPostmarkProcess(join(machine.root, 'accepted.jsonl'));
    const url = await options.store.database();
    const env = {
      SEGFLOW_API_KEY: API_KEY,
      SEGFLOW_SECRET: 'a secret that all processes share',
      POSTMARK_API_URL: postmark.url,
      ...(url === undefined ? {} : { DATABASE_URL: url }),
      ...options.env,
    };
    const cluster = new Cluster(machine, postmark, { count: options.nodes, env });
    try {
      await Promise.all(cluster.nodes.map((_, index) => cluster.bringUp(index)));
      await cluster.push();
      return cluster;
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** A process that takes requests, by chance; undefined when there is none at the moment. */
  target(): Serve | undefined {
    const up = this.nodes.filter(({ condition }) => condition === 'up');
    return up[Math.floor(Math.random() * up.length)]?.serve;
  }

  async push(): Promise<void> {
    const server = this.target()!;
    await this.machine.run(['push'], {
      env: { SEGFLOW_URL: server.url, SEGFLOW_API_KEY: API_KEY, POSTMARK_API_KEY: TOKEN },
    });
  }

  async bringUp(index: number): Promise<void> {
    const node = this.nodes[index]!;
    if (node.condition !== 'down') return;
    node.condition = 'changing';
    for (let attempt = 1; ; attempt++) {
      try {
        node.serve = await this.machine.serve({ env: this.#env, args: ['--data', node.name] });
        break;
      } catch (error) {
        // While the database is away a server does not start: systemd would try again, too.
        node.past += `${error}\n`;
        if (attempt === 40) throw error;
        await Bun.sleep(250);
      }
    }
    node.condition = 'up';
  }

  /** Ends it; SIGTERM waits until it has. Returns whether it was up. */
  async bringDown(index: number, signal: 'SIGKILL' | 'SIGTERM'): Promise<boolean> {
    const node = this.nodes[index]!;
    if (node.condition !== 'up') return false;
    node.condition = 'changing';
    const exit = await node.serve!.kill(signal);
    node.past += `${node.serve!.logs()}\n--- ${signal}\n`;
    node.serve = undefined;
    node.condition = 'down';
    if (signal === 'SIGTERM' && exit.code !== 0) {
      throw new Error(`${node.name} ended with ${exit.signal ?? exit.code} on SIGTERM`);
    }
    return true;
  }

  /** Holds the process still for a time, as a suspended machine would. */
  async hold(index: number, forMs: number): Promise<void> {
    const node = this.nodes[index]!;
    if (node.condition !== 'up') return;
    const pid = node.serve!.pid;
    node.condition = 'stopped';
    process.kill(pid, 'SIGSTOP');
    await Bun.sleep(forMs);
    process.kill(pid, 'SIGCONT');
    node.condition = 'up';
  }

  /** Scripts what goes wrong at Postmark. */
  async fault(fault: object): Promise<void> {
    await fetch(`${this.postmarkUrl}/_control`, { method: 'POST', body: JSON.stringify(fault) });
  }

  async accepted(): Promise<{ accepted: Accepted[]; duplicates: string[] }> {
    const response = await fetch(`${this.postmarkUrl}/_control`);
    return (await response.json()) as { accepted: Accepted[]; duplicates: string[] };
  }

  /** All that any process printed. */
  logs(): string {
    return this.nodes.map(({ name, past, serve }) => `=== ${name}\n${past}${serve?.logs() ?? ''}`).join('\n');
  }

  /** What went wrong with a process that nobody ended. */
  async died(): Promise<string[]> {
    const found: string[] = [];
    for (const { name, serve } of this.nodes) {
      const exit = serve && (await Promise.race([serve.exited, Bun.sleep(0)]));
      if (exit) found.push(`${name} ended by itself with ${exit.signal ?? exit.code}`);
    }
    return found;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const node of this.nodes) {
      const { serve } = node;
      if (!serve) continue;
      kill(serve.pid, 'SIGCONT');
      await serve.kill('SIGTERM').catch(() => undefined);
    }
    process.removeListener('exit', this.#killNow);
    this.#postmark.kill('SIGKILL');
    await this.#postmark.exited;
    await this.machine[Symbol.asyncDispose]();
  }
}

// --- internal ---

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended.
  }
}

async function startPostmarkProcess(file: string): Promise<{ process: Bun.Subprocess; url: string }> {
  const script = join(import.meta.dir, '..', 'helpers', 'postmark-server.ts');
  const child = Bun.spawn([process.execPath, script, '--token', TOKEN, '--file', file], {
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'inherit',
  });
  let printed = '';
  const reading = (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of child.stdout) printed += decoder.decode(chunk, { stream: true });
  })();
  const url = await waitFor('Postmark to be ready', () => /^http\S+$/m.exec(printed)?.[0]);
  void reading;
  return { process: child, url };
}
