import { expect } from 'bun:test';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromiumPath, launchChromium } from '../helpers/chromium.ts';
import { type Project, project } from '../helpers/project.ts';
import { test } from '../helpers/witnessed-test.ts';

// A build of the executable may come first.
test.skipIf(chromiumPath() === undefined)(
  'the executable alone previews the project it scaffolds: every email, its source, an error, the recovery',
  async () => {
    await using machine = await project();
    await machine.run(['init']);
    await using preview = await previewOf(machine);
    await using browser = await launchChromium();
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(preview.url);
    const email = page.frameLocator('iframe:not(.arriving)').locator('body');

    const links = page.getByRole('navigation').getByRole('link');
    await links.first().waitFor();
    const count = await links.count();
    expect(count).toBeGreaterThanOrEqual(4);
    // Every one was rendered for its line in the list.
    await links
      .locator('.line')
      .filter({ hasText: /\w/ })
      .nth(count - 1)
      .waitFor();
    expect(await page.locator('#list a.fails').count()).toBe(0);
    await links.last().click();
    await page.locator('#list li:last-child a[aria-current]').waitFor();
    await email.filter({ hasText: /\w/ }).waitFor();
    await page.getByRole('tab', { name: 'Source' }).click();
    await page.locator('.source .row:nth-child(20)').waitFor();
    await page.getByRole('tab', { name: 'Desktop' }).click();

    const folder = join(machine.path, 'emails');
    const file = join(folder, readdirSync(folder).find((name) => name.endsWith('.tsx')) ?? '');
    const good = readFileSync(file, 'utf8');
    writeFileSync(file, `${good}\n<broken`);
    await page.getByRole('alert').locator('.frame .hit').waitFor();
    writeFileSync(file, good);
    await page.getByRole('alert').waitFor({ state: 'detached' });
    await email.filter({ hasText: /\w/ }).waitFor();
    expect(errors).toEqual([]);
  },
);

// --- internal ---

/** Runs `segflow preview` until it says where it is; disposal ends it, and it must end well. */
async function previewOf(machine: Project): Promise<{ url: string } & AsyncDisposable> {
  const child = Bun.spawn([machine.program, 'preview', '--port', '0', '--json'], {
    cwd: machine.path,
    env: machine.env,
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'ignore',
  });
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let output = '';
  while (!output.includes('\n')) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`preview ended with ${await child.exited}`);
    output += value;
  }
  return {
    url: (JSON.parse(output) as { url: string }).url,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      expect(await child.exited).toBe(0);
    },
  };
}
