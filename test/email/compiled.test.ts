import { expect, test } from 'bun:test';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import PostalMime from 'postal-mime';
import { startPostmark } from '../helpers/postmark.ts';

test('rendering and both providers work in an executable, in a folder without modules', async () => {
  await using build = await temporaryFolder();
  await using empty = await temporaryFolder();
  await using postmark = await startPostmark();
  const outfile = join(build.path, 'mail');
  await Bun.build({
    entrypoints: [join(import.meta.dir, 'compiled-entry.tsx')],
    target: 'bun',
    format: 'esm',
    splitting: true,
    bytecode: true,
    minify: true,
    define: { 'process.env.NODE_ENV': '"production"' },
    compile: { outfile },
  });

  const child = Bun.spawn([outfile], {
    cwd: empty.path,
    env: { POSTMARK_API_URL: postmark.url },
    stdout: 'pipe',
    stderr: 'inherit',
  });
  const output = await new Response(child.stdout).text();
  expect(await child.exited).toBe(0);
  const saw = JSON.parse(output) as Record<string, unknown>;

  expect(saw.different).toEqual([]);
  expect(saw.documents).toBeGreaterThan(6);
  expect(saw.error).toBe('broken template');
  expect(saw.cause).toContain('in the components');
  expect(saw.text).toContain('Get Started https://your-platform.com/get-started');
  expect(saw.results).toEqual([
    {
      name: 'postmark',
      sent: { status: 'sent', providerId: postmark.accepted[0]?.MessageID },
      found: [['msg_1', postmark.accepted[0]?.MessageID]],
    },
    {
      name: 'file',
      sent: { status: 'sent', providerId: 'msg_1.eml' },
      found: [['msg_1', 'msg_1.eml']],
    },
  ]);
  expect(await readdir(empty.path)).toEqual(['outbox']);
  const written = await PostalMime.parse(await readFile(join(empty.path, 'outbox', 'msg_1.eml')));
  expect(written.subject).toBe('Welcome 🎉');
  expect(written.html?.trim()).toBe(postmark.accepted[0]?.message.HtmlBody);
}, 240_000);

async function temporaryFolder() {
  const path = await mkdtemp(join(tmpdir(), 'segflow-compiled-'));
  return {
    path,
    async [Symbol.asyncDispose]() {
      await rm(path, { recursive: true, force: true });
    },
  };
}
