import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp } from '../../src/server/app.ts';
import { type Listening, listen } from '../../src/server/listen.ts';
import { chromiumPath, launchChromium } from '../helpers/chromium.ts';
import { MemoryBackend } from '../server/memory-backend.ts';

/** What each runtime does with the built SDK; the last line it prints, or the value it gives, is compared. */
const SCRIPT = (sdkUrl: string) => `
import { Client, SegflowApiError } from '${sdkUrl}';
async function journey(url, retriesOfNobody) {
  const client = new Client({ url, apiKey: 'a-key' });
  const created = await client.createUser('ann/1', { username: 'ann', email: 'ann@example.com' });
  await client.updateUser('ann/1', { username: null });
  const event = await client.emit('ann/1', 'login', { timestamp: 1 }, { messageId: 'm' });
  const user = await client.getUser('ann/1');
  const batch = await client.batch([{ type: 'event', userId: 'nobody', name: 'x' }]);
  const unknown = await client.getUser('nobody').catch((error) => error);
  const aborted = await client.status({ signal: AbortSignal.abort(new Error('mine')) }).catch((error) => error.message);
  const nobody = await new Client({ url: 'http://127.0.0.1:1', apiKey: 'k', retries: retriesOfNobody })
    .status().catch((error) => error.code);
  await client.deleteUser('ann/1');
  return {
    created: created.created, duplicate: event.event.duplicate, attributes: user.attributes,
    rejected: batch.rejected, unknown: [unknown instanceof SegflowApiError, unknown.status, unknown.code], aborted, nobody,
  };
}
`;

const EXPECTED = {
  created: true,
  duplicate: false,
  attributes: { email: 'ann@example.com' },
  rejected: 1,
  unknown: [true, 404, 'user_not_found'],
  aborted: 'mine',
  nobody: 'unreachable',
};

let folder: string;
let sdk: string;
let server: Listening;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'segflow-sdk-'));
  const built = await Bun.build({
    entrypoints: [join(import.meta.dir, '../../src/client/sdk.ts')],
    target: 'browser',
    minify: true,
  });
  sdk = await built.outputs[0]!.text();
  const app = createApp({ backend: new MemoryBackend(), apiKey: 'a-key', version: '1.2.3' });
  server = await listen(app, { host: '127.0.0.1', port: 0 });
});

afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

test('the built SDK stands alone: no imports, nothing of Node or Bun, and it is small', () => {
  expect(new Bun.Transpiler({ loader: 'js' }).scanImports(sdk)).toEqual([]);
  for (const word of ['require(', 'process.', 'Buffer', 'Bun.', 'node:']) expect(sdk).not.toContain(word);
  expect(sdk.length).toBeLessThan(12_000);
});

describe('the built SDK runs', () => {
  test.each([
    ['Node', 'node'],
    ['Bun', process.execPath],
  ])(
    'in %s',
    async (_name, runtime) => {
      await writeFile(join(folder, 'sdk.mjs'), sdk);
      const file = join(folder, 'main.mjs');
      const url = JSON.stringify(server.url);
      await writeFile(
        file,
        `${SCRIPT('./sdk.mjs')}\nconsole.log(JSON.stringify(await journey(${url}, 0)));\n`,
      );
      const child = Bun.spawn([runtime, file], {
        stdout: 'pipe',
        stderr: 'pipe',
        env: { PATH: process.env.PATH ?? '' },
      });
      const [out, errors, code] = await Promise.all([
        new Response(child.stdout).text(),
        new Response(child.stderr).text(),
        child.exited,
      ]);
      expect([code, errors]).toEqual([0, '']);
      expect(JSON.parse(out)).toEqual(EXPECTED);
    },
    180_000,
  );

  test.skipIf(chromiumPath() === undefined)(
    'in Chromium, on a page of another origin and in a worker',
    async () => {
      const script = SCRIPT('/sdk.js');
      const sources: Record<string, [type: string, text: string]> = {
        '/': [
          'text/html',
          `<!doctype html><script type="module">${script}\nwindow.journey = journey;</script>`,
        ],
        '/sdk.js': ['text/javascript', sdk],
        '/worker.js': [
          'text/javascript',
          `${script}\nonmessage = async ({ data }) => postMessage(await journey(data, 0));`,
        ],
      };
      const files = Bun.serve({
        port: 0,
        hostname: '127.0.0.1',
        fetch: (request) => {
          const [type, text] = sources[new URL(request.url).pathname] ?? ['text/plain', ''];
          return new Response(text, { headers: { 'content-type': type } });
        },
      });
      const browser = await launchChromium();
      try {
        const tab = await browser.newPage();
        await tab.goto(`http://127.0.0.1:${files.port}/`);
        const onPage = await tab.evaluate<unknown>(`window.journey(${JSON.stringify(server.url)}, 0)`);
        expect(onPage).toEqual(EXPECTED);
        const inWorker = await tab.evaluate<unknown>(`new Promise((resolve, reject) => {
          const worker = new Worker('/worker.js', { type: 'module' });
          worker.onmessage = ({ data }) => resolve(data);
          worker.onerror = ({ message }) => reject(new Error(message));
          worker.postMessage(${JSON.stringify(server.url)});
        })`);
        expect(inWorker).toEqual(EXPECTED);
      } finally {
        await browser.close();
        await files.stop(true);
      }
    },
    180_000,
  );
});
