import { expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFileProvider } from '../../src/email/providers/file.ts';
import { createPostmarkProvider } from '../../src/email/providers/postmark.ts';
import { eventMessageId, stepMessageId } from '../../src/engine/ingest/message-id.ts';
import type { MailProvider, OutgoingEmail } from '../../src/engine/ports/mail.ts';
import { startPostmark } from '../helpers/postmark.ts';

const STEP = { campaignId: 'welcome', userId: 'ada', entry: 1, enteredAt: 1_000, position: 0 };
const EVENT = { id: 7, userId: 'ada', name: 'purchase', createdAt: 1_000, transactionId: 'receipt' };

const sent = stepMessageId('instance', STEP);
const enteredAnew = stepMessageId('instance', { ...STEP, enteredAt: 2_000 });
const others = [
  stepMessageId('instance', { ...STEP, position: 1 }),
  stepMessageId('instance', { ...STEP, entry: 2 }),
  stepMessageId('instance', { ...STEP, userId: 'bob' }),
  stepMessageId('instance', { ...STEP, campaignId: 'other' }),
  stepMessageId('another', STEP),
];

test('postmark finds a message by its occasion', async () => {
  await using postmark = await startPostmark();
  await check(createPostmarkProvider({ apiKey: postmark.token, url: postmark.url }));
});

test('a folder of mail finds a message by its occasion', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'segflow-occasions-'));
  try {
    const provider = createFileProvider({ directory: join(directory, 'mail') });
    expect(await provider.find([sent], 'occasion')).toEqual(new Map());
    await check(provider);
  } finally {
    await rm(directory, { recursive: true });
  }
});

test('an event with its own id is the same one wherever it is stored', () => {
  const id = (changes: object) => eventMessageId('instance', { ...EVENT, messageId: 'order-1', ...changes });
  expect(id({ id: 8, createdAt: 2_000 })).toBe(id({}));
  const different = [
    id({}),
    id({ messageId: 'order-2' }),
    id({ messageId: null }),
    id({ messageId: null, id: 8 }),
    id({ messageId: null, createdAt: 2_000 }),
    id({ transactionId: 'invoice' }),
    id({ userId: 'bob' }),
  ];
  expect(new Set(different).size).toBe(different.length);
});

// --- internal ---

async function check(provider: MailProvider): Promise<void> {
  const [result] = await provider.send([mail(sent)]);
  const providerId = result?.status === 'sent' ? result.providerId : '';
  expect(await provider.find([sent, enteredAnew, ...others])).toEqual(new Map([[sent, providerId]]));
  expect(await provider.find([sent, enteredAnew, ...others], 'occasion')).toEqual(
    new Map([
      [sent, providerId],
      [enteredAnew, providerId],
    ]),
  );
}

function mail(id: string): OutgoingEmail {
  return {
    id,
    kind: 'campaign',
    from: 'hello@example.com',
    to: 'ada@example.com',
    subject: 'Hello',
    html: '<p>Hello</p>',
    text: 'Hello',
    tag: 'hello',
  };
}
