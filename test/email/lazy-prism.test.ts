import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lazyPrism } from '../../bin/lazy-prism.ts';
import { runOk } from '../helpers/run-cli.ts';

setDefaultTimeout(180_000);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'segflow-prism-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** What the entry prints, bundled with or without the plugin. */
async function output(plugins: Bun.BunPlugin[]): Promise<{ early: boolean; html: Record<string, string> }> {
  const outdir = join(folder, plugins.length > 0 ? 'lazy' : 'eager');
  await Bun.build({
    entrypoints: [join(import.meta.dir, 'code-blocks.tsx')],
    target: 'bun',
    outdir,
    plugins,
  });
  const env = { ...process.env } as Record<string, string>;
  return JSON.parse(
    (await runOk([process.execPath, join(outdir, 'code-blocks.js')], { cwd: folder, env })).stdout,
  );
}

test('code blocks are the same to the byte, and the highlighter is set up when the first is rendered', async () => {
  const lazy = await output([lazyPrism]);
  const eager = await output([]);
  expect(eager.early).toBe(true);
  expect(lazy.early).toBe(false);
  expect(Object.keys(eager.html).length).toBeGreaterThan(10);
  expect(Object.values(eager.html).every((html) => html.includes('<span'))).toBe(true);
  expect(lazy.html).toEqual(eager.html);
});
