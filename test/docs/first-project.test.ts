import { expect, setDefaultTimeout, test } from 'bun:test';
import { join } from 'node:path';
import { type Project, project } from '../helpers/project.ts';
import { type Serve, startServe } from '../helpers/serve.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { commandsIn } from './command-lines.ts';
import { type Block, blocksOf } from './pages.ts';

setDefaultTimeout(300_000);

const README = blockWith('README.md', 'segflow init');
const QUICKSTART = [
  blockWith('docs/quickstart.md', 'segflow init'),
  blockWith('docs/quickstart.md', 'segflow serve'),
];

test.each([
  ['README.md', [README]],
  ['docs/quickstart.md', QUICKSTART],
])('the first project of %s works as it is typed', async (_page, blocks) => {
  await using folder = await project();
  await using typist = new Typist(folder);
  for (const block of blocks) {
    for (const line of block.text.split('\n')) await typist.type(line, block);
  }
  const subjects = folder.emails('shop/outbox').map(({ text }) => /^Subject: (.*)$/m.exec(text)?.[1]);
  expect(subjects.sort()).toEqual(['A thank-you, Ada', 'Order confirmed, Ada!', 'Welcome to Acme, Ada!']);
});

// --- internal ---

/** Somebody who types the lines of an example, with the server in a second terminal. */
class Typist implements AsyncDisposable {
  #project: Project;
  #folder: string;
  #server: Serve | undefined;

  constructor(folder: Project) {
    this.#project = folder;
    this.#folder = folder.path;
  }

  async type(line: string, block: Block): Promise<void> {
    for (const { words } of commandsIn(line, block)) await this.#run(words);
    const entered = /&& cd (\S+)/.exec(line)?.[1];
    if (entered) this.#folder = join(this.#folder, entered);
  }

  async #run([name = '', ...args]: string[]): Promise<void> {
    const { program, env } = this.#project;
    if (name === 'serve') {
      this.#server = await startServe({ program, cwd: this.#folder, env, args });
      return;
    }
    if (name === 'preview') return this.#preview(args);
    const child = Bun.spawn([program, name, ...args], {
      cwd: this.#folder,
      env,
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'pipe',
    });
    const [out, err, code] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ]);
    expect({ command: name, code, err: code === 0 ? '' : err }).toEqual({ command: name, code: 0, err: '' });
    if (name === 'emit') await this.#settled();
    if (name === 'user')
      for (const word of ['ada', 'welcome-campaign', 'big-spenders']) expect(out).toContain(word);
  }

  /** Until the mail that the last command caused has become files. */
  async #settled(): Promise<void> {
    await waitFor('the mail to be written', async () => {
      const { pending, messages, runs } = await this.#server!.json<{
        pending: number;
        messages: Record<string, number>;
        runs: Record<string, number>;
      }>('GET', '/v1/status');
      return pending === 0 && !messages.queued && !messages.sending && !runs.pending && !runs.running;
    });
  }

  async #preview(args: string[]): Promise<void> {
    const { program, env } = this.#project;
    const child = Bun.spawn([program, 'preview', ...args], {
      cwd: this.#folder,
      env,
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'ignore',
    });
    const decoder = new TextDecoder();
    let out = '';
    for await (const chunk of child.stdout) {
      out += decoder.decode(chunk, { stream: true });
      if (out.includes('ready at')) child.kill('SIGTERM');
    }
    expect(out).toContain('Preview is ready at http://127.0.0.1:');
    expect(await child.exited).toBe(0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]();
  }
}

function blockWith(page: string, text: string): Block {
  const block = blocksOf(page).find(({ language, text: own }) => language === 'sh' && own.includes(text));
  if (!block) throw new Error(`${page} has no shell example with "${text}"`);
  return block;
}
