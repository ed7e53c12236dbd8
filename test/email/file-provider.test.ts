import { describe, expect, test } from 'bun:test';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { simpleParser } from 'mailparser';
import PostalMime from 'postal-mime';
import { createMailProvider } from '../../src/email/providers/create.ts';
import { createFileProvider } from '../../src/email/providers/file.ts';
import type { OutgoingEmail } from '../../src/engine/ports/mail.ts';
import type { ProviderSettings } from '../../src/engine/ports/manifest.ts';

const LONG_LINE = `<p>${'a very long line of HTML without a break; '.repeat(200)}</p>`;

describe('a file', () => {
  test.each([
    ['plain', {}],
    [
      'emoji and other scripts',
      { subject: 'Grüße 🎉 あなたへ — “now”', text: 'Grüße 🎉\nあなた', html: '<b>あなた 🎉</b>' },
    ],
    ['a long subject', { subject: `${'Ünglaublich lang '.repeat(30)}end` }],
    ['long lines', { html: LONG_LINE, text: 'w'.repeat(5_000) }],
    ['dots, froms and trailing spaces', { text: '.\n..\nFrom me to you \n=3D\n-- \n' }],
    ['a name that needs quotes', { from: '"Segflow, Inc." <hello@segflow.io>' }],
    ['a name that needs encoding', { from: 'Jörg <hello@segflow.io>', replyTo: 'Hilfe <hilfe@segflow.io>' }],
  ])('is read back by two parsers as it was written: %s', async (_name, changes) => {
    await using folder = await temporaryFolder();
    const email = mail('msg_1', changes);
    expect(await createFileProvider({ directory: folder.path }).send([email])).toEqual([
      { status: 'sent', providerId: 'msg_1.eml' },
    ]);
    const content = await readFile(join(folder.path, 'msg_1.eml'));

    const [one, two] = [await simpleParser(content), await PostalMime.parse(content)];
    expect(one.subject).toBe(email.subject);
    expect(two.subject).toBe(email.subject);
    expect(lines(one.text)).toBe(lines(email.text));
    expect(lines(two.text)).toBe(lines(email.text));
    expect(lines(one.html || '')).toBe(email.html);
    expect(lines(two.html)).toBe(email.html);
    expect(two.to).toEqual([{ name: '', address: email.to }]);
    expect(two.from).toEqual({ name: nameOf(email.from), address: 'hello@segflow.io' });
    expect(two.replyTo ?? []).toHaveLength(email.replyTo === undefined ? 0 : 1);
    expect(one.headers.get('x-segflow-message')).toBe('msg_1');
    expect(one.headers.get('x-segflow-tag')).toBe('welcome-email');
    expect(one.messageId).toBe('<msg_1@segflow.io>');
    expect(one.date?.getTime()).toBeGreaterThan(0);

    const raw = content.toString('latin1');
    expect(raw).toContain('multipart/alternative');
    // RFC 5322, 2.1.1 and 2.3: lines of at most 998 characters, which CRLF ends.
    expect(Math.max(...raw.split('\r\n').map((line) => line.length))).toBeLessThanOrEqual(998);
    expect(raw.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
  });

  test('holds no header that a subject or a name smuggled in', async () => {
    await using folder = await temporaryFolder();
    const subject = 'Hello\r\nBcc: everyone@example.com\r\n\r\n<script>';
    const from = 'A\r\nBcc: everyone@example.com <hello@segflow.io>';
    await createFileProvider({ directory: folder.path }).send([
      mail('msg_1', { subject, from, tag: 'x\r\nBcc: y@z.io' }),
    ]);
    const parsed = await PostalMime.parse(await readFile(join(folder.path, 'msg_1.eml')));
    expect(parsed.bcc ?? []).toEqual([]);
    expect(parsed.headers.map(({ key }) => key)).not.toContain('bcc');
    expect(parsed.subject).toBe('Hello Bcc: everyone@example.com <script>');
  });
});

describe('the folder', () => {
  test('is made, and holds one file a message and nothing else', async () => {
    await using folder = await temporaryFolder();
    const directory = join(folder.path, 'a', 'b');
    const provider = createFileProvider({ directory });
    const emails = Array.from({ length: 40 }, (_, index) => mail(`msg_${index}`));
    const results = await provider.send(emails);
    expect(results).toEqual(emails.map(({ id }) => ({ status: 'sent', providerId: `${id}.eml` })));
    expect((await readdir(directory)).sort()).toEqual(emails.map(({ id }) => `${id}.eml`).sort());
  });

  test('a message that is sent again keeps its first file; what a crash left is overwritten', async () => {
    await using folder = await temporaryFolder();
    const provider = createFileProvider({ directory: folder.path });
    await writeFile(join(folder.path, '.msg_1.eml.tmp'), 'half of a mes');
    await provider.send([mail('msg_1')]);
    const { mtimeMs } = await stat(join(folder.path, 'msg_1.eml'));
    const again = await provider.send([mail('msg_1', { subject: 'again' }), mail('msg_2')]);
    expect(again.map(({ status }) => status)).toEqual(['sent', 'sent']);
    expect((await stat(join(folder.path, 'msg_1.eml'))).mtimeMs).toBe(mtimeMs);
    expect((await readdir(folder.path)).sort()).toEqual(['msg_1.eml', 'msg_2.eml']);
    expect(await readFile(join(folder.path, 'msg_1.eml'), 'utf8')).toContain('Subject: Hello');
  });

  test('find tells which messages have their file', async () => {
    await using folder = await temporaryFolder();
    const provider = createFileProvider({ directory: join(folder.path, 'outbox') });
    expect(await provider.find(['msg_1'])).toEqual(new Map());
    await provider.send([mail('msg_1')]);
    expect(await provider.find(['msg_1', 'msg_2'])).toEqual(new Map([['msg_1', 'msg_1.eml']]));
  });

  test('a folder that cannot be written is a reason to try again', async () => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, 'file'), '');
    const provider = createFileProvider({ directory: join(folder.path, 'file', 'outbox') });
    expect(await provider.send([mail('msg_1')])).toEqual([
      { status: 'retry', reason: expect.stringContaining(folder.path) },
    ]);
  });

  test('an id that would leave the folder is not followed', async () => {
    await using folder = await temporaryFolder();
    const provider = createFileProvider({ directory: join(folder.path, 'outbox') });
    expect(await provider.send([mail('../escaped')])).toMatchObject([{ status: 'retry' }]);
    expect(await readdir(folder.path)).toEqual(['outbox']);
  });

  test('its files are for the owner alone', async () => {
    await using folder = await temporaryFolder();
    await chmod(folder.path, 0o755);
    await createFileProvider({ directory: folder.path }).send([mail('msg_1')]);
    expect((await stat(join(folder.path, 'msg_1.eml'))).mode & 0o777).toBe(0o600);
  });
});

describe('createMailProvider', () => {
  const fromAddress = 'hello@segflow.io';

  test('puts the file provider under the data folder, and where it says when that is absolute', async () => {
    await using folder = await temporaryFolder();
    const made = async (directory: string | undefined) => {
      const config =
        directory === undefined ? { name: 'file' as const } : { name: 'file' as const, directory };
      const provider = createMailProvider({ config, fromAddress }, { dataDir: folder.path, environment: {} });
      await provider.send([mail('msg_1')]);
    };
    await made(undefined);
    await made('sent/mail');
    await made(join(folder.path, 'absolute'));
    for (const directory of ['outbox', 'sent/mail', 'absolute']) {
      expect(await readdir(join(folder.path, directory))).toEqual(['msg_1.eml']);
    }
  });

  test('an outbox takes everything, whatever the config says', async () => {
    await using folder = await temporaryFolder();
    const settings: ProviderSettings = { config: { name: 'postmark', apiKey: '' }, fromAddress };
    const outbox = join(folder.path, 'outbox');
    const provider = createMailProvider(settings, { dataDir: folder.path, environment: {}, outbox });
    expect(provider.name).toBe('file');
    expect(await provider.send([mail('msg_1')])).toMatchObject([{ status: 'sent' }]);
    expect(await readdir(outbox)).toEqual(['msg_1.eml']);
  });
});

function mail(id: string, changes: Partial<OutgoingEmail> = {}): OutgoingEmail {
  return {
    id,
    kind: 'campaign',
    from: 'hello@segflow.io',
    to: 'john@example.com',
    subject: 'Hello',
    html: '<p>Hello</p>',
    text: 'Hello',
    tag: 'welcome-email',
    ...changes,
  };
}

/** With line breaks as they are in memory, and without those at the end, which parsers treat as they like. */
function lines(text: string | undefined): string {
  return (text ?? '').replaceAll('\r\n', '\n').replace(/\n+$/, '');
}

function nameOf(sender: string): string {
  return /^"?([^<>"]*?)"?\s*</.exec(sender)?.[1] ?? '';
}

async function temporaryFolder() {
  const path = await mkdtemp(join(tmpdir(), 'segflow-mail-'));
  return {
    path,
    async [Symbol.asyncDispose]() {
      await rm(path, { recursive: true, force: true });
    },
  };
}
