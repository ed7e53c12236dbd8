import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import type { Browser, Page } from 'playwright-core';
import { chromiumPath, launchChromium } from '../helpers/chromium.ts';
import { CONFIG, type Previewed, previewed, WELCOME } from './previewed.ts';

const inBrowser = test.skipIf(chromiumPath() === undefined);

setDefaultTimeout(180_000);

let browser: Browser | undefined;
beforeAll(async () => {
  if (chromiumPath() !== undefined) browser = await launchChromium();
});
afterAll(() => browser?.close());

inBrowser('shows the first email; a click shows another, and the back button the first', async () => {
  await using it = await opened();
  const { page } = it;
  await heading(page, 'Welcome, ada!');
  await emailText(page, 'Hello ada');
  expect(await page.locator('#preheader').textContent()).toBe('Good to have you here.');
  expect(await page.locator('#addresses').textContent()).toContain('Harbour <hello@harbour.example>');
  expect(await page.locator('#size').textContent()).toMatch(/^\d+\.\d kB.*102 kB$/);

  const list = page.getByRole('navigation', { name: 'Templates and transactions' });
  expect(await list.getByRole('heading').allTextContents()).toEqual(['Templates2', 'Transactions1']);
  await list.getByRole('link', { name: /receipt/ }).click();
  await heading(page, 'Your receipt');
  await emailText(page, 'Paid 49.9 in 2026');
  expect(page.url()).toBe(`${it.url}/transaction/receipt`);
  await page.goBack();
  await heading(page, 'Welcome, ada!');
  await emailText(page, 'Hello ada');
});

inBrowser('shows the email on desktop and phone, as text and as source; the address says which', async () => {
  await using it = await opened('/template/welcome-email?view=phone');
  const { page } = it;
  await emailText(page, 'Hello ada');
  expect(await frameWidth(page)).toBe(375);
  await page.getByRole('tab', { name: 'Desktop' }).click();
  await page.locator('.sheet:not(.phone) iframe:not(.arriving)').waitFor();
  expect(await frameWidth(page)).toBe(900);

  await page.getByRole('tab', { name: 'Text' }).click();
  expect(await page.locator('.plain').textContent()).toContain('First of many.');
  expect(page.url()).toEndWith('?view=text');
  await page.getByRole('tab', { name: 'Source' }).click();
  expect(await page.locator('.source').textContent()).toContain('<html');
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.getByRole('button', { name: 'Copy' }).click();
  await page.getByRole('button', { name: 'Copied' }).waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toBe((await page.locator('.source').textContent()) ?? '');
  expect(copied).toContain('First of many.');
});

inBrowser('runs no script of an email and asks nobody for anything', async () => {
  await using it = await opened('/', {
    'emails/Welcome.tsx': WELCOME.replace(
      '<Text>',
      '<div dangerouslySetInnerHTML={{ __html: hostile }} /><Text>',
    ).concat(
      'const hostile = "<script>document.title = 1</script>" +\n',
      '  "<img src=\\"data:,\\" alt=\\"\\" onerror=\\"parent.document.title = 1\\">";\n',
    ),
  });
  const { page, requests } = it;
  await heading(page, 'Welcome, ada!');
  await emailText(page, 'First of many.');
  expect(await page.frameLocator('iframe').locator('body script').count()).toBe(1);
  expect(await page.frameLocator('iframe').locator('head title').count()).toBe(0);
  expect(await page.title()).toStartWith('Welcome, ada!');
  expect(requests.filter((url) => !url.startsWith(it.url) && !url.startsWith('about:'))).toEqual([]);
});

inBrowser('a saved file shows at once; selection, view and scroll stay', async () => {
  const long = '<Text>Row</Text>'.repeat(80);
  await using it = await opened('/template/weekly-digest?view=phone', {
    'emails/Digest.tsx': `import { Body, Html, Text } from '@react-email/components';
      export default () => <Html><Body>${long}</Body></Html>;`,
  });
  const { page } = it;
  await emailText(page, 'Row');
  await page.locator('#stage').evaluate((stage) => {
    stage.scrollTop = 700;
  });
  it.save('emails/Digest.tsx', it.read('emails/Digest.tsx').replace('Row', 'Line'));
  await emailText(page, 'Line');
  expect(await page.locator('#stage').evaluate((stage) => stage.scrollTop)).toBe(700);
  expect(page.url()).toEndWith('/template/weekly-digest?view=phone');

  it.save('emails/New.tsx', WELCOME.replaceAll('Welcome', 'New'));
  it.save(
    'segflow.config.ts',
    CONFIG.replace('import type', "import New from './emails/New';\nimport type").replace(
      'templates: {',
      "templates: { 'new-email': { subject: 'New', component: New },",
    ),
  );
  await page.getByRole('link', { name: /new-email/ }).click();
  await emailText(page, 'Hello ada');
});

inBrowser(
  'a file that does not compile shows its line over the email; saving it right recovers',
  async () => {
    await using it = await opened();
    const { page } = it;
    await emailText(page, 'Hello ada');
    it.save('emails/Welcome.tsx', WELCOME.replace('</Text>', '</Txt>'));
    const alert = page.getByRole('alert');
    await alert.waitFor();
    expect(await alert.textContent()).toContain('emails/Welcome.tsx:13');
    expect(await alert.locator('.frame .hit').textContent()).toContain('First of many.</Txt>');
    await emailText(page, 'Hello ada');
    it.save('emails/Welcome.tsx', WELCOME.replace('First', 'Second'));
    await emailText(page, 'Second of many.');
    await alert.waitFor({ state: 'detached' });
  },
);

inBrowser('an email that throws shows where; problems of the config are all listed', async () => {
  await using it = await opened('/template/weekly-digest', {
    'segflow.config.ts': CONFIG.replace(
      'transactions: {',
      "campaigns: { a: { segments: ['nobody'], behavior: 'static', flow: function* () {} } },\n  transactions: {",
    ),
    'emails/Digest.tsx':
      'export default function Digest({ user }: any) {\n  return <p>{user.cart.items.length}</p>;\n}\n',
  });
  const { page } = it;
  const alert = page.getByRole('alert');
  await alert.waitFor();
  expect(await alert.locator('.message').textContent()).toContain('user.cart.items');
  expect(await alert.locator('.stack span:not(.far)').first().textContent()).toContain('emails/Digest.tsx:2');
  // What is wrong with an email stands with the email, and at its place in the list.
  const problems = page.getByRole('region', { name: 'Problems of the config' });
  expect(await problems.locator('.problem').allTextContents()).toEqual([
    expect.stringContaining('emailProvider.config.apiKey'),
    expect.stringContaining('campaigns.a.segments[0]'),
  ]);
  await page.getByRole('link', { name: /weekly-digest.*Cannot be rendered/ }).waitFor();
});

inBrowser(
  'edited sample data is rendered, complained about while it is no JSON, kept, and reset',
  async () => {
    await using it = await opened('/transaction/receipt');
    const { page } = it;
    await emailText(page, 'Paid 49.9 in 2026');
    await page.getByRole('button', { name: 'Sample data' }).click();
    await page.getByLabel('Event').fill('{"attributes": {"value": 12}, "createdAt": "2030-03-01T00:00:00Z"}');
    await emailText(page, 'Paid 12 in 2030');
    await page.getByLabel('Event').fill('{"attributes": {"value": }}');
    await page
      .locator('#data-event-complaint')
      .filter({ hasText: /JSON|Unexpected/ })
      .waitFor();
    expect(await page.getByLabel('Event').getAttribute('aria-invalid')).toBe('true');
    await page.getByLabel('Event').fill('{"attributes": {"value": 13}}');
    await emailText(page, 'Paid 13 in 2026');

    await page.reload();
    await emailText(page, 'Paid 13 in 2026');
    await page.getByRole('button', { name: 'Sample data' }).click();
    await page.getByRole('button', { name: 'Reset' }).click();
    await emailText(page, 'Paid 49.9 in 2026');
  },
);

inBrowser('works by keyboard: arrows, search, views', async () => {
  await using it = await opened();
  const { page } = it;
  await heading(page, 'Welcome, ada!');
  await page.keyboard.press('ArrowDown');
  await heading(page, "Noor's week");
  await page.keyboard.press('ArrowDown');
  await heading(page, 'Your receipt');
  await page.keyboard.press('ArrowUp');
  await heading(page, "Noor's week");

  await page.keyboard.press('/');
  await page.keyboard.type('rece');
  expect(await page.getByRole('link', { name: /digest|welcome/ }).count()).toBe(0);
  await page.keyboard.press('Enter');
  await page.keyboard.press('ArrowDown');
  await heading(page, 'Your receipt');
  expect(await page.evaluate(() => document.activeElement?.getAttribute('data-id'))).toBe('receipt');
  await page.keyboard.press('3');
  await page.locator('.plain').filter({ hasText: 'Paid' }).waitFor();
  await page.getByRole('tab', { name: 'Text' }).focus();
  await page.keyboard.press('ArrowRight');
  await page.locator('.source').waitFor();
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('tab-source');
});

inBrowser('warns of an email that Gmail clips', async () => {
  await using it = await opened('/template/weekly-digest', {
    'emails/Digest.tsx': `export default () => <p>${'x'.repeat(103 * 1024)}</p>;`,
  });
  await it.page.locator('.size.clipped').filter({ hasText: 'Gmail will clip this email' }).waitFor();
});

inBrowser('on a phone the list opens over the email, and nothing is wider than the screen', async () => {
  await using it = await opened('/', {}, { width: 390, height: 844 });
  const { page } = it;
  await emailText(page, 'Hello ada');
  expect(await page.getByRole('link', { name: /receipt/ }).isVisible()).toBe(false);
  await page.getByRole('button', { name: 'Show the list' }).click();
  await page.getByRole('link', { name: /receipt/ }).click();
  await heading(page, 'Your receipt');
  await page.getByRole('link', { name: /receipt/ }).waitFor({ state: 'hidden' });
  for (const view of ['Desktop', 'Phone', 'Text', 'Source']) {
    await page.getByRole('tab', { name: view }).click();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
    expect(await page.locator('#stage').evaluate((stage) => stage.scrollWidth - stage.clientWidth)).toBe(0);
  }
});

// --- internal ---

interface Opened extends Previewed {
  page: Page;
  requests: string[];
}

async function opened(
  path = '/',
  files: Record<string, string> = {},
  viewport = { width: 1440, height: 900 },
): Promise<Opened> {
  const it = await previewed(files);
  const context = await browser!.newContext({ viewport });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const requests: string[] = [];
  const errors: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto(it.url + path);
  return {
    ...it,
    page,
    requests,
    async [Symbol.asyncDispose]() {
      await context.close();
      await it[Symbol.asyncDispose]();
      expect(errors).toEqual([]);
    },
  };
}

async function heading(page: Page, name: string): Promise<void> {
  await page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
}

/** Waits until the email on show has the text. */
async function emailText(page: Page, text: string): Promise<void> {
  const frame = page.frameLocator('iframe:not(.arriving)');
  await frame.locator('body').filter({ hasText: text }).waitFor();
}

async function frameWidth(page: Page): Promise<number> {
  return page.locator('iframe:not(.arriving)').evaluate((frame) => frame.clientWidth);
}
